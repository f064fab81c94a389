#include "CPostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define FUNCTIONS(X) \
    X(PQbackendPID) \
    X(PQcancel) \
    X(PQclear) \
    X(PQcmdStatus) \
    X(PQcmdTuples) \
    X(PQconnectPoll) \
    X(PQconnectStartParams) \
    X(PQconnectdb) \
    X(PQconnectionNeedsPassword) \
    X(PQconninfoFree) \
    X(PQconninfoParse) \
    X(PQconsumeInput) \
    X(PQerrorMessage) \
    X(PQexec) \
    X(PQfinish) \
    X(PQflush) \
    X(PQfreeCancel) \
    X(PQfreemem) \
    X(PQgetCancel) \
    X(PQgetResult) \
    X(PQgetisnull) \
    X(PQgetlength) \
    X(PQgetvalue) \
    X(PQhost) \
    X(PQisBusy) \
    X(PQnfields) \
    X(PQnotifies) \
    X(PQntuples) \
    X(PQport) \
    X(PQresultErrorField) \
    X(PQresultErrorMessage) \
    X(PQresultStatus) \
    X(PQsendQuery) \
    X(PQsendQueryParams) \
    X(PQsetErrorVerbosity) \
    X(PQsetNoticeProcessor) \
    X(PQsetnonblocking) \
    X(PQsocket) \
    X(PQsslInUse) \
    X(PQstatus)

static struct {
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
} library;

static const char *failure;
static char reason[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
#ifdef __APPLE__
    const char *names[] = {
        "libpq.5.dylib", "/opt/homebrew/opt/libpq/lib/libpq.5.dylib", "/usr/local/opt/libpq/lib/libpq.5.dylib"};
#else
    const char *names[] = {"libpq.so.5"};
#endif
    void *handle = NULL;
    for (size_t i = 0; !handle && i < sizeof names / sizeof *names; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (!handle) {
        snprintf(
            reason, sizeof reason, "libpq can't be loaded; Debian's package is libpq5 (%s)", dlerror());
        failure = reason;
        return;
    }
#define X(name) \
    if (!(*(void **)&library.name = dlsym(handle, #name))) { \
        failure = "libpq is too old: PostgreSQL 12 or later is required"; \
        return; \
    }
    FUNCTIONS(X)
#undef X
}

const char *cpostgres_load(void) {
    pthread_once(&once, load);
    return failure;
}

static void ignore_notice(void *argument, const char *message) {
    (void)argument;
    (void)message;
}

void cpostgres_silence_notices(PGconn *connection) {
    library.PQsetNoticeProcessor(connection, ignore_notice, NULL);
}

// libpq's own names, which Swift calls directly.
#pragma GCC visibility push(hidden)

int PQbackendPID(const PGconn *conn) { return library.PQbackendPID(conn); }
int PQcancel(PGcancel *cancel, char *errbuf, int errbufsize) { return library.PQcancel(cancel, errbuf, errbufsize); }
void PQclear(PGresult *res) { library.PQclear(res); }
char *PQcmdStatus(PGresult *res) { return library.PQcmdStatus(res); }
char *PQcmdTuples(PGresult *res) { return library.PQcmdTuples(res); }
PostgresPollingStatusType PQconnectPoll(PGconn *conn) { return library.PQconnectPoll(conn); }
PGconn *PQconnectStartParams(
    const char *const *keywords, const char *const *values, int expand_dbname) {
    return library.PQconnectStartParams(keywords, values, expand_dbname);
}
PGconn *PQconnectdb(const char *conninfo) { return library.PQconnectdb(conninfo); }
int PQconnectionNeedsPassword(const PGconn *conn) { return library.PQconnectionNeedsPassword(conn); }
void PQconninfoFree(PQconninfoOption *connOptions) { library.PQconninfoFree(connOptions); }
PQconninfoOption *PQconninfoParse(const char *conninfo, char **errmsg) { return library.PQconninfoParse(conninfo, errmsg); }
int PQconsumeInput(PGconn *conn) { return library.PQconsumeInput(conn); }
char *PQerrorMessage(const PGconn *conn) { return library.PQerrorMessage(conn); }
PGresult *PQexec(PGconn *conn, const char *query) { return library.PQexec(conn, query); }
void PQfinish(PGconn *conn) { library.PQfinish(conn); }
int PQflush(PGconn *conn) { return library.PQflush(conn); }
void PQfreeCancel(PGcancel *cancel) { library.PQfreeCancel(cancel); }
void PQfreemem(void *ptr) { library.PQfreemem(ptr); }
PGcancel *PQgetCancel(PGconn *conn) { return library.PQgetCancel(conn); }
PGresult *PQgetResult(PGconn *conn) { return library.PQgetResult(conn); }
int PQgetisnull(const PGresult *res, int tup_num, int field_num) { return library.PQgetisnull(res, tup_num, field_num); }
int PQgetlength(const PGresult *res, int tup_num, int field_num) { return library.PQgetlength(res, tup_num, field_num); }
char *PQgetvalue(const PGresult *res, int tup_num, int field_num) { return library.PQgetvalue(res, tup_num, field_num); }
char *PQhost(const PGconn *conn) { return library.PQhost(conn); }
int PQisBusy(PGconn *conn) { return library.PQisBusy(conn); }
int PQnfields(const PGresult *res) { return library.PQnfields(res); }
PGnotify *PQnotifies(PGconn *conn) { return library.PQnotifies(conn); }
int PQntuples(const PGresult *res) { return library.PQntuples(res); }
char *PQport(const PGconn *conn) { return library.PQport(conn); }
char *PQresultErrorField(const PGresult *res, int fieldcode) { return library.PQresultErrorField(res, fieldcode); }
char *PQresultErrorMessage(const PGresult *res) { return library.PQresultErrorMessage(res); }
ExecStatusType PQresultStatus(const PGresult *res) { return library.PQresultStatus(res); }
int PQsendQuery(PGconn *conn, const char *query) { return library.PQsendQuery(conn, query); }
int PQsendQueryParams(
    PGconn *conn, const char *command, int nParams, const Oid *paramTypes, const char *const *paramValues,
    const int *paramLengths, const int *paramFormats, int resultFormat) {
    return library.PQsendQueryParams(
        conn, command, nParams, paramTypes, paramValues, paramLengths, paramFormats, resultFormat);
}
PGVerbosity PQsetErrorVerbosity(PGconn *conn, PGVerbosity verbosity) { return library.PQsetErrorVerbosity(conn, verbosity); }
int PQsetnonblocking(PGconn *conn, int arg) { return library.PQsetnonblocking(conn, arg); }
int PQsocket(const PGconn *conn) { return library.PQsocket(conn); }
int PQsslInUse(PGconn *conn) { return library.PQsslInUse(conn); }
ConnStatusType PQstatus(const PGconn *conn) { return library.PQstatus(conn); }

#pragma GCC visibility pop
