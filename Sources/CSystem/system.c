#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

int cs_allocate_behind(int descriptor, off_t length) {
#ifdef __linux__
    struct stat status;
    if (fstat(descriptor, &status) != 0) return errno;
    int result;
    do result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, status.st_size, length);
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno == ENOSYS ? ENOTSUP : errno;
#else
    (void)descriptor, (void)length;
    return ENOTSUP;
#endif
}

void cs_forbid_dumps(void) {
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
