// libcurl for Swift: loaded on first use, without variadic functions.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

/// Loads and initializes libcurl once per process. Call it before any other function here.
///
/// Returns `NULL`, or a permanent string that says why it can't be loaded.
const char *ccurl_load(void);

// curl_easy_setopt and curl_easy_getinfo, one function for each type of argument.
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_bytes(CURL *easy, CURLoption option, const void *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_context(CURL *easy, CURLoption option, void *value);
long ccurl_get_long(CURL *easy, CURLINFO info);
void *ccurl_get_context(CURL *easy);

typedef size_t (*ccurl_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_before_request_callback)(
    void *context, char *remote_address, char *local_address, int remote_port, int local_port);

CURLcode ccurl_set_bytes_callback(CURL *easy, CURLoption option, ccurl_bytes_callback callback);
CURLcode ccurl_set_before_request(CURL *easy, ccurl_before_request_callback callback, void *context);

/// Removes the next finished transfer from `multi`'s queue and sets its result. `NULL`: none.
CURL *ccurl_next_done(CURLM *multi, CURLcode *code);

/// Waits for activity, `curl_multi_wakeup`, or the time-out.
CURLMcode ccurl_multi_wait(CURLM *multi, int milliseconds);

// Return values of a callback that pause or abort a transfer.
static const size_t ccurl_pause_writing = CURL_WRITEFUNC_PAUSE;
static const size_t ccurl_abort_reading = CURL_READFUNC_ABORT;

#endif
