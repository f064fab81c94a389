// ncurses for Swift. Macros, globals and signal handlers stay in C.
#ifndef CNCURSES_H
#define CNCURSES_H

#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <ncurses.h>
#include <stddef.h>
#include <sys/types.h>

// The screen. Call these on the main thread only.

/// Takes over the terminal on standard input and output. NULL: ncurses doesn't know TERM.
SCREEN *cn_open(void);
/// Restores the terminal.
void cn_close(SCREEN *screen);
/// Writes bytes to the terminal, bypassing ncurses.
void cn_write(const char *bytes, size_t count);

int cn_columns(void);
int cn_lines(void);
int cn_colors(void);
/// Reads the terminal's size and tells ncurses if it has changed.
void cn_resize(void);

/// Defines a color pair; -1 is the terminal's default color.
void cn_define_pair(int pair, int foreground, int background);
/// Sets the style of the following text.
void cn_style(int pair, int isBold, int isReverse, int isDim);
/// Writes UTF-8 text.
void cn_put(int row, int column, const char *text);
void cn_place_cursor(int row, int column, int isVisible);
void cn_show(void);
/// Redraws the whole screen with the next refresh.
void cn_invalidate(void);

/// A key's escape sequence by its terminfo name. NULL: none.
const char *cn_declared_key(const char *name);

// Signals.

/// Writes the number of each SIGWINCH, SIGCONT, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 and SIGALRM as a
/// byte to `descriptor`.
void cn_watch_signals(int descriptor);
void cn_unwatch_signals(void);
/// On a crash, writes `reset` to the terminal and restores the modes that it has now.
void cn_guard_crashes(const char *reset, size_t count);
/// On a crash, also copies the file `captured` to `original`. -1 for both: stops doing so.
void cn_copy_on_crash(int captured, int original);
/// Stops the process group like the terminal's suspend key. Returns when it is continued.
void cn_stop(void);
/// While another program uses the terminal, lets its suspend key stop this process without ncurses drawing.
void cn_lend(int isLent);

// Other programs.

/// Starts a program found in PATH, with default signals and only the given descriptors. -1: it can't be started.
pid_t cn_spawn(char *const words[], char *const variables[], int input, int output, int errors);

#endif
