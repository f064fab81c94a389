// libpq as Swift can use it.
#ifndef CPOSTGRES_H
#define CPOSTGRES_H

#include <libpq-fe.h>

/// Gives a connection a processor of notices that says nothing: the default one writes them to standard error.
static inline void cp_silence_notices(PGconn *connection);

static inline void cp_ignore_notice(void *argument, const char *message) {
    (void)argument;
    (void)message;
}

static inline void cp_silence_notices(PGconn *connection) {
    PQsetNoticeProcessor(connection, cp_ignore_notice, NULL);
}

#endif
