#pragma once

#include <sys/types.h>

// System functions that Swift can't call: variadic, or not imported.

// Allocates `length` bytes of disk space past a file's end without changing its size. Returns 0 or an errno; ENOTSUP if
// the system or file system can't.
int cs_allocate_behind(int descriptor, off_t length);

// Prevents the user's other processes from reading this one's memory, and core dumps. Doesn't apply to executed
// programs.
void cs_forbid_dumps(void);

// Lets all threads share two heaps. By default, glibc gives each thread its own, and no other thread can reuse
// what it frees: 2 MB more in the inspector and the recorder.
void cs_limit_heaps(void);

// Decodes a body with the content coding "gzip", "deflate" or "br" into `output`. Returns the number of bytes, or -1 if
// it is damaged, larger than `capacity`, in another coding, or if the library (libz, libbrotlidec) is missing.
ssize_t cs_decode(
    const char *coding, const unsigned char *input, size_t length, unsigned char *output, size_t capacity);
