#include "CNcurses.h"

#include <term.h>

const char *cn_declared_key(const char *name) {
    char *sequence = tigetstr((char *)name);
    // -1: not the name of a string capability.
    return sequence == (char *)-1 ? NULL : sequence;
}
