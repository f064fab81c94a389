#define _GNU_SOURCE
#include "CSystem.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
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

void cs_limit_heaps(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2);
#endif
}

// zlib's stream, as its stable ABI defines it.
struct stream {
    const unsigned char *next_in;
    unsigned avail_in;
    unsigned long total_in;
    unsigned char *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *(*zalloc)(void *, unsigned, unsigned);
    void (*zfree)(void *, void *);
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
};

static ssize_t inflate_all(const unsigned char *input, size_t length, unsigned char *output, size_t capacity) {
    void *library = dlopen("libz.so.1", RTLD_NOW);
    if (!library) return -1;
    int (*begin)(struct stream *, int, const char *, int) = dlsym(library, "inflateInit2_");
    int (*step)(struct stream *, int) = dlsym(library, "inflate");
    int (*end)(struct stream *) = dlsym(library, "inflateEnd");
    struct stream stream;
    memset(&stream, 0, sizeof stream);
    // 15 + 32: the largest window, with zlib's or gzip's header.
    if (!begin || !step || !end || begin(&stream, 15 + 32, "1.2.11", sizeof stream) != 0) return -1;
    stream.next_in = input;
    stream.avail_in = (unsigned)length;
    stream.next_out = output;
    stream.avail_out = (unsigned)capacity;
    int result = step(&stream, 4);
    ssize_t count = result == 1 ? (ssize_t)stream.total_out : -1;
    end(&stream);
    return count;
}

static ssize_t unbrotli(const unsigned char *input, size_t length, unsigned char *output, size_t capacity) {
    void *library = dlopen("libbrotlidec.so.1", RTLD_NOW);
    if (!library) return -1;
    int (*decode)(size_t, const unsigned char *, size_t *, unsigned char *) = dlsym(library, "BrotliDecoderDecompress");
    size_t count = capacity;
    return decode && decode(length, input, &count, output) == 1 ? (ssize_t)count : -1;
}

ssize_t cs_decode(
    const char *coding, const unsigned char *input, size_t length, unsigned char *output, size_t capacity) {
    if (strcmp(coding, "br") == 0) return unbrotli(input, length, output, capacity);
    if (strcmp(coding, "gzip") == 0 || strcmp(coding, "deflate") == 0) return inflate_all(input, length, output, capacity);
    return -1;
}
