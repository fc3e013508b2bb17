/* SPDX-License-Identifier: MIT
 *
 * What fork() means to the engine. Modules with locks or per-process state register three hooks; they run around every
 * fork() in order of registration (prepare: in reverse).
 */
#ifndef PORTABLE_COMMON_FORK_H
#define PORTABLE_COMMON_FORK_H

struct fork_hooks {
    void (*prepare)(void); /* in the parent, before: take locks */
    void (*parent)(void);  /* in the parent, after: give them back */
    void (*child)(void);   /* in the child: make locks new, forget what belongs to the parent's other threads */
};

/* Registers hooks for the life of the process; each may be NULL. Call once per module, from its one-time set-up. */
void fork_register(const struct fork_hooks *hooks);

/* Counts the forks between the first process and this one: state that remembers another number is the parent's. */
unsigned fork_generation(void);

#endif
