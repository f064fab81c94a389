// ncurses as Swift can use it. Every macro, global and signal handler of C stops here.
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

// The screen. One thread calls these: the process's main thread.

/// Takes the terminal on standard input and output over, whatever TERM names. NULL: ncurses does not know it.
SCREEN *cn_open(void);
/// Gives the terminal back as it was.
void cn_close(SCREEN *screen);
/// Writes bytes to the terminal as they are, behind ncurses' back.
void cn_write(const char *bytes, size_t count);

int cn_columns(void);
int cn_lines(void);
int cn_colors(void);
/// Reads the terminal's size, and tells ncurses when it is another one.
void cn_resize(void);

/// Defines how a pair of colours looks; -1 is the terminal's own colour.
void cn_define_pair(int pair, int foreground, int background);
/// Sets how what is written next looks.
void cn_style(int pair, int isBold, int isReverse, int isDim);
/// Writes UTF-8 text at a place.
void cn_put(int row, int column, const char *text);
void cn_place_cursor(int row, int column, int isVisible);
void cn_show(void);
/// Forgets what the terminal shows, so that all of it is drawn anew.
void cn_forget(void);

/// The sequence that the terminal's description has for a key, by its name in terminfo. NULL: none.
const char *cn_declared_key(const char *name);

// Signals.

/// From now on SIGWINCH, SIGCONT, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 and SIGALRM write their number as a byte to `descriptor`.
void cn_watch_signals(int descriptor);
void cn_unwatch_signals(void);
/// From now on a crash first writes `reset` to the terminal and restores the modes that it has now.
void cn_guard_crashes(const char *reset, size_t count);
/// From now on a crash also writes what the file `kept` holds to `original`. Both -1: no more.
void cn_tell_on_crash(int kept, int original);
/// Stops the process group as the terminal's own suspend key would. Returns when it is continued.
void cn_stop(void);
/// While the terminal is lent to another program, its suspend key stops this process without ncurses drawing.
void cn_lend(int isLent);

// Other programs.

/// Starts a program that it looks for in PATH, with default signals and no descriptor but the three given. -1: it can't be started.
pid_t cn_spawn(char *const words[], char *const variables[], int input, int output, int errors);

#endif
