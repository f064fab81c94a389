// libpq for Swift: loaded on first use.
#ifndef CPOSTGRES_H
#define CPOSTGRES_H

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#elif __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#elif __has_include("/opt/homebrew/opt/libpq/include/libpq-fe.h")
#include "/opt/homebrew/opt/libpq/include/libpq-fe.h"
#else
#include "/usr/local/opt/libpq/include/libpq-fe.h"
#endif

/// Loads libpq once per process. Call it before any other function here.
///
/// Returns `NULL`, or a permanent string that says why it can't be loaded.
const char *cpostgres_load(void);

/// Ignores a connection's notices, which libpq writes to standard error by default.
void cpostgres_silence_notices(PGconn *connection);

#endif
