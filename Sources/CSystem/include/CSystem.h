#pragma once

#include <sys/types.h>

// System functions that Swift can't call: variadic, or not imported.

// Allocates `length` bytes of disk space past a file's end without changing its size. Returns 0 or an errno; ENOTSUP if
// the system or the file system doesn't support it.
int cs_allocate_behind(int descriptor, off_t length);

// Prevents core dumps, and keeps the user's other processes from reading this one's memory. Programs that this process
// executes aren't affected.
void cs_forbid_dumps(void);

// Lets all threads share two heaps. By default, glibc gives each thread a heap of its own, whose freed memory no other
// thread can reuse. This saves 2 MB in the inspector and the recorder.
void cs_limit_heaps(void);

// Decodes a body with the content coding "gzip", "deflate" or "br" into `output`. Returns the number of bytes, or -1 if
// it is damaged, larger than `capacity`, in another coding, or if the library (libz, libbrotlidec) is missing.
ssize_t cs_decode(
    const char *coding, const unsigned char *input, size_t length, unsigned char *output, size_t capacity);
