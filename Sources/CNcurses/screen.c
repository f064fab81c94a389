#include "CNcurses.h"

#include <locale.h>
#include <langinfo.h>
#include <string.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PASTE_BEGIN = KEY_MAX + 1, PASTE_END = KEY_MAX + 2 };

SCREEN *cn_open(void) {
    setlocale(LC_ALL, "");
    // Frames are UTF-8. A shell without a locale still runs in a terminal that shows it.
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    use_tioctl(TRUE);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) return NULL;
    set_escdelay(25);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    define_key("\033[200~", PASTE_BEGIN);
    define_key("\033[201~", PASTE_END);
    return screen;
}

void cn_close(SCREEN *screen) {
    curs_set(1);
    // A terminal without a second screen keeps what stands on it: nothing must.
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

void cn_forget(void) { clearok(curscr, TRUE); }

int cn_read(unsigned int *value) {
    wint_t code;
    int kind;
    // A new size is told by SIGWINCH; the key that ncurses makes of it says nothing more.
    do kind = wget_wch(stdscr, &code);
    while (kind == KEY_CODE_YES && code == KEY_RESIZE);
    if (kind == ERR) return CN_NOTHING;
    if (kind == OK) {
        *value = (unsigned int)code;
        return CN_CHARACTER;
    }
    switch (code) {
    case KEY_UP: *value = CN_KEY_UP; break;
    case KEY_DOWN: *value = CN_KEY_DOWN; break;
    case KEY_LEFT: *value = CN_KEY_LEFT; break;
    case KEY_RIGHT: *value = CN_KEY_RIGHT; break;
    case KEY_PPAGE: *value = CN_KEY_PAGE_UP; break;
    case KEY_NPAGE: *value = CN_KEY_PAGE_DOWN; break;
    case KEY_HOME: *value = CN_KEY_HOME; break;
    case KEY_END: *value = CN_KEY_END; break;
    case KEY_BACKSPACE: *value = CN_KEY_BACKSPACE; break;
    case KEY_DC: *value = CN_KEY_DELETE; break;
    case KEY_ENTER: *value = CN_KEY_ENTER; break;
    case KEY_BTAB: *value = CN_KEY_BACK_TAB; break;
    case PASTE_BEGIN: *value = CN_KEY_PASTE_BEGIN; break;
    case PASTE_END: *value = CN_KEY_PASTE_END; break;
    default: *value = CN_KEY_OTHER; break;
    }
    return CN_KEY;
}
