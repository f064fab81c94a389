// libpq as Swift can use it: loaded on first use.
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

/// Loads libpq, once for the process. Call it before anything else here.
///
/// Returns `NULL`, or why it can't be loaded: a text that lasts as long as the process.
const char *cpostgres_load(void);

/// Gives a connection a processor of notices that does nothing: the default one writes them to standard error.
void cpostgres_silence_notices(PGconn *connection);

#endif
