/* SPDX-License-Identifier: MIT
 *
 * Each stretch inside libcurl. No fork() comes meanwhile, and no SIGPIPE: before 7.87, libcurl let OpenSSL write to the
 * socket by itself, which raises the signal where the server has closed it, and a program may have its default action.
 */
#include <openssl/err.h>
#include <time.h>

#include "webservices/http_curl.h"

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

/* It does not wait: one that was sent to the process may be another thread's by now. */
static void take_signal(void)
{
    sigset_t pipe;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
#ifdef __APPLE__ /* has no such call; the signal is this thread's unless somebody sent it by hand */
    int taken;

    (void)sigwait(&pipe, &taken);
#else
    (void)sigtimedwait(&pipe, NULL, &(struct timespec){0, 0});
#endif
}

void http_enter(struct http_visit *visit)
{
    sigset_t pipe;

    ncx_library_enter();
    ERR_set_mark();
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    visit->was_pending = is_pending();
    visit->blocked = pthread_sigmask(SIG_BLOCK, &pipe, &visit->before) == 0;
}

void http_leave(const struct http_visit *visit)
{
    if (visit->blocked) {
        if (!visit->was_pending && is_pending()) {
            take_signal();
        }
        (void)pthread_sigmask(SIG_SETMASK, &visit->before, NULL);
    }
    ERR_pop_to_mark();
    ncx_library_leave();
}
