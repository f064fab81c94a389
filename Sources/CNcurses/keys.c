#include "CNcurses.h"

#include <term.h>

const char *cn_declared_key(const char *name) {
    char *sequence = tigetstr((char *)name);
    // -1: it is the name of no string.
    return sequence == (char *)-1 ? NULL : sequence;
}
