#pragma once

#include <sys/types.h>

// Functions of the system that Swift can't call itself: they are variadic, or hidden from it.

// Allocates `length` bytes of disk behind the end of a file, whose size stays as it is. Returns 0, or an error number:
// ENOTSUP where the system or the file system can't.
int cs_allocate_behind(int descriptor, off_t length);

// Keeps the user's other processes from reading this one's memory, and the kernel from dumping it. A program that is
// executed afterwards begins without this.
void cs_forbid_dumps(void);
