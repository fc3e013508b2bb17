/* SPDX-License-Identifier: MIT
 *
 * Each stretch inside libcurl. No fork() comes meanwhile, and no SIGPIPE: before 7.87, libcurl let OpenSSL write to the
 * socket by itself, which raises the signal where the server has closed it, and a program may have its default action.
 */
#include "webservices/http_curl.h"

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void http_enter(struct http_visit *visit)
{
    sigset_t pipe;

    ncx_library_enter();
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    visit->was_pending = is_pending();
    visit->blocked = pthread_sigmask(SIG_BLOCK, &pipe, &visit->before) == 0;
}

void http_leave(const struct http_visit *visit)
{
    if (visit->blocked) {
        if (!visit->was_pending && is_pending()) {
            sigset_t pipe;
            int taken;

            sigemptyset(&pipe);
            sigaddset(&pipe, SIGPIPE);
            (void)sigwait(&pipe, &taken); /* it was sent to this thread, so it is still there */
        }
        (void)pthread_sigmask(SIG_SETMASK, &visit->before, NULL);
    }
    ncx_library_leave();
}
