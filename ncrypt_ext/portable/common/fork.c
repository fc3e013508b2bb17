/* SPDX-License-Identifier: MIT */
#include "common/fork.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define FORK_MAX_MODULES 16

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fork_hooks modules[FORK_MAX_MODULES];
static unsigned module_count;
static unsigned generation;

static void run_prepare(void)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = module_count; i > 0; i--) {
        if (modules[i - 1].prepare != NULL) {
            modules[i - 1].prepare();
        }
    }
}

static void run_parent(void)
{
    for (unsigned i = 0; i < module_count; i++) {
        if (modules[i].parent != NULL) {
            modules[i].parent();
        }
    }
    pthread_mutex_unlock(&lock);
}

static void run_child(void)
{
    generation++;
    for (unsigned i = 0; i < module_count; i++) {
        if (modules[i].child != NULL) {
            modules[i].child();
        }
    }
    pthread_mutex_init(&lock, NULL);
}

static void install(void)
{
    if (pthread_atfork(run_prepare, run_parent, run_child) != 0) {
        abort(); /* out of memory while loading: going on would corrupt a child's store later */
    }
}

/* A module's one-time set-up runs again in the child when the fork came in the middle of it. */
static bool registered(const struct fork_hooks *hooks)
{
    for (unsigned i = 0; i < module_count; i++) {
        if (modules[i].prepare == hooks->prepare && modules[i].parent == hooks->parent &&
            modules[i].child == hooks->child) {
            return true;
        }
    }
    return false;
}

void fork_register(const struct fork_hooks *hooks)
{
    pthread_once(&once, install);
    pthread_mutex_lock(&lock);
    if (!registered(hooks)) {
        if (module_count == FORK_MAX_MODULES) {
            abort(); /* a programming error: one slot per module */
        }
        modules[module_count++] = *hooks;
    }
    pthread_mutex_unlock(&lock);
}

unsigned fork_generation(void)
{
    return generation;
}
