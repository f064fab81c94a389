#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

// <curl/typecheck-gcc.h> defines these as macros.
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define FUNCTIONS(X) \
    X(curl_global_init) \
    X(curl_easy_init) \
    X(curl_easy_setopt) \
    X(curl_easy_getinfo) \
    X(curl_easy_pause) \
    X(curl_easy_cleanup) \
    X(curl_slist_append) \
    X(curl_slist_free_all) \
    X(curl_multi_init) \
    X(curl_multi_add_handle) \
    X(curl_multi_remove_handle) \
    X(curl_multi_perform) \
    X(curl_multi_poll) \
    X(curl_multi_wakeup) \
    X(curl_multi_info_read) \
    X(curl_multi_cleanup)

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
    const char *name = "libcurl.4.dylib";
#else
    const char *name = "libcurl.so.4";
#endif
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(
            reason, sizeof reason, "libcurl can't be loaded; Debian's package is libcurl4 (%s)", dlerror());
        failure = reason;
        return;
    }
#define X(name) \
    if (!(*(void **)&library.name = dlsym(handle, #name))) { \
        failure = "libcurl is too old: 7.80 or later is required"; \
        return; \
    }
    FUNCTIONS(X)
#undef X
    if (library.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) failure = "libcurl can't be initialized";
}

const char *ccurl_load(void) {
    pthread_once(&once, load);
    return failure;
}

// libcurl's own names, for functions that Swift can call directly.
#pragma GCC visibility push(hidden)

CURL *curl_easy_init(void) { return library.curl_easy_init(); }
CURLcode curl_easy_pause(CURL *easy, int bitmask) { return library.curl_easy_pause(easy, bitmask); }
void curl_easy_cleanup(CURL *easy) { library.curl_easy_cleanup(easy); }

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
    return library.curl_slist_append(list, text);
}

void curl_slist_free_all(struct curl_slist *list) { library.curl_slist_free_all(list); }
CURLM *curl_multi_init(void) { return library.curl_multi_init(); }
CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) { return library.curl_multi_add_handle(multi, easy); }
CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy) { return library.curl_multi_remove_handle(multi, easy); }
CURLMcode curl_multi_perform(CURLM *multi, int *running) { return library.curl_multi_perform(multi, running); }
CURLMcode curl_multi_wakeup(CURLM *multi) { return library.curl_multi_wakeup(multi); }
CURLMcode curl_multi_cleanup(CURLM *multi) { return library.curl_multi_cleanup(multi); }

#pragma GCC visibility pop

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_bytes(CURL *easy, CURLoption option, const void *value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_context(CURL *easy, CURLoption option, void *value) {
    return library.curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_bytes_callback(CURL *easy, CURLoption option, ccurl_bytes_callback callback) {
    return library.curl_easy_setopt(easy, option, callback);
}

CURLcode ccurl_set_before_request(CURL *easy, ccurl_before_request_callback callback, void *context) {
    CURLcode code = library.curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
    return code ? code : library.curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

long ccurl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return library.curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

void *ccurl_get_context(CURL *easy) {
    char *value = NULL;
    return library.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

CURL *ccurl_next_done(CURLM *multi, CURLcode *code) {
    int left;
    for (CURLMsg *message; (message = library.curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

CURLMcode ccurl_multi_wait(CURLM *multi, int milliseconds) {
    return library.curl_multi_poll(multi, NULL, 0, milliseconds, NULL);
}
