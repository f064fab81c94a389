#include "CNcurses.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int watched[] = {SIGWINCH, SIGCONT, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
static const int crashes[] = {SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE};
enum { WATCHED = sizeof watched / sizeof watched[0], CRASHES = sizeof crashes / sizeof crashes[0] };

static volatile sig_atomic_t wakeup = -1;
static struct sigaction previous[WATCHED];

static void forward(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    int descriptor = wakeup;
    // A full pipe has already woken its reader.
    if (descriptor >= 0 && write(descriptor, &byte, 1) < 0) { /* nothing else is safe here */ }
    errno = saved;
}

void cn_watch_signals(int descriptor) {
    wakeup = descriptor;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = forward;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    // The parent process may have left signals blocked.
    sigset_t all;
    sigemptyset(&all);
    for (int i = 0; i < WATCHED; i++) {
        sigaction(watched[i], &action, &previous[i]);
        sigaddset(&all, watched[i]);
    }
    // A write to a closed pipe reports the error itself.
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

void cn_unwatch_signals(void) {
    for (int i = 0; i < WATCHED; i++) sigaction(watched[i], &previous[i], NULL);
    wakeup = -1;
}

static char resetBytes[512];
static volatile sig_atomic_t resetCount = 0;
static struct termios modes;
static volatile sig_atomic_t hasModes = 0;

static volatile sig_atomic_t capturedStderr = -1;
static volatile sig_atomic_t realStderr = -1;

void cn_copy_on_crash(int captured, int original) {
    realStderr = original;
    capturedStderr = captured;
}

/// Prints the captured standard error, which includes the reason for the crash.
static void copy_stderr(void) {
    if (capturedStderr < 0 || realStderr < 0) return;
    char bytes[1024];
    off_t offset = 0;
    ssize_t count;
    while (offset < 65536 && (count = pread(capturedStderr, bytes, sizeof bytes, offset)) > 0) {
        if (write(realStderr, bytes, (size_t)count) < 0) return;
        offset += count;
    }
}

// Only what is safe in a handler: no ncurses, no allocation.
static void restore(int number) {
    if (resetCount > 0 && write(STDOUT_FILENO, resetBytes, (size_t)resetCount) < 0) { /* the terminal is gone */ }
    if (hasModes) tcsetattr(STDOUT_FILENO, TCSANOW, &modes);
    copy_stderr();
    signal(number, SIG_DFL);
    raise(number);
}

void cn_guard_crashes(const char *reset, size_t count) {
    resetCount = 0;
    if (count > sizeof resetBytes) count = sizeof resetBytes;
    memcpy(resetBytes, reset, count);
    hasModes = tcgetattr(STDOUT_FILENO, &modes) == 0;
    resetCount = (sig_atomic_t)count;

    // A separate stack, to handle a stack overflow.
    static char stack[64 * 1024];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&own, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = restore;
    action.sa_flags = (int)(SA_ONSTACK | SA_NODEFER | SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, NULL);
}

void cn_lend(int isLent) {
    static struct sigaction mine;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    if (isLent) sigaction(SIGTSTP, &action, &mine);
    else sigaction(SIGTSTP, &mine, NULL);
}

void cn_stop(void) {
    cn_lend(1);
    kill(0, SIGTSTP);
    cn_lend(0);
}
