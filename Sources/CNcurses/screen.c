#include "CNcurses.h"

#include <locale.h>
#include <langinfo.h>
#include <string.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

SCREEN *cn_open(void) {
    setlocale(LC_ALL, "");
    // Frames are UTF-8, which terminals show even if the shell has no locale.
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    use_tioctl(TRUE);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) return NULL;
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    // Keys aren't read through ncurses, so it must not check for them while drawing.
    typeahead(-1);
    leaveok(stdscr, FALSE);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    // Until a program has left its screen once, ncurses (mvcur of 6.4) writes each cursor movement separately: a
    // hundred writes a frame. So leave it once, and return immediately.
    endwin();
    refresh();
    return screen;
}

void cn_close(SCREEN *screen) {
    // The rest of a paste must not run as shell commands.
    tcflush(STDIN_FILENO, TCIFLUSH);
    curs_set(1);
    // A terminal without an alternate screen would keep the content.
    erase();
    refresh();
    endwin();
    delscreen(screen);
}

void cn_write(const char *bytes, size_t count) {
    fflush(stdout);
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written <= 0) return;
        bytes += written;
        count -= (size_t)written;
    }
}

int cn_columns(void) { return COLS; }
int cn_lines(void) { return LINES; }
int cn_colors(void) { return has_colors() ? COLORS : 0; }

void cn_resize(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
    if (size.ws_row != LINES || size.ws_col != COLS) resizeterm(size.ws_row, size.ws_col);
}

void cn_define_pair(int pair, int foreground, int background) { init_extended_pair(pair, foreground, background); }

void cn_style(int pair, int isBold, int isReverse, int isDim) {
    attr_t attributes = (isBold ? A_BOLD : 0) | (isReverse ? A_REVERSE : 0) | (isDim ? A_DIM : 0);
    wattr_set(stdscr, attributes, 0, &pair);
}

void cn_put(int row, int column, const char *text) { mvaddstr(row, column, text); }

void cn_place_cursor(int row, int column, int isVisible) {
    curs_set(isVisible ? 1 : 0);
    move(row, column);
}

void cn_show(void) { refresh(); }

void cn_invalidate(void) { clearok(curscr, TRUE); }
