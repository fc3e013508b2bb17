/* SPDX-License-Identifier: MIT
 *
 * A C test is a program: functions that CHECK things, a main() that RUNs them and returns test_result(). A failed check
 * prints where and what, and the test goes on; the program's exit code says whether anything failed.
 */
#ifndef TESTS_ENGINE_HARNESS_H
#define TESTS_ENGINE_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic unsigned test_checks, test_failures, test_functions; /* tests may check from several threads */

static inline bool test_note(bool good, const char *file, int line, const char *what)
{
    test_checks++;
    if (!good) {
        test_failures++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return good;
}

static inline bool test_note_status(int32_t got, int32_t want, const char *file, int line, const char *what)
{
    test_checks++;
    if (got != want) {
        test_failures++;
        fprintf(stderr, "%s:%d: %s: got 0x%08X, want 0x%08X\n", file, line, what, (unsigned)got, (unsigned)want);
    }
    return got == want;
}

static inline int test_result(const char *name)
{
    printf("%s: %u functions, %u checks, %u failed\n", name, test_functions, test_checks, test_failures);
    return test_failures != 0 || test_checks == 0;
}

#define CHECK(condition)         test_note((condition), __FILE__, __LINE__, #condition)
#define CHECK_STATUS(call, want) test_note_status((call), (want), __FILE__, __LINE__, #call)
#define RUN(function)                                                                                                  \
    do {                                                                                                               \
        test_functions++;                                                                                              \
        function();                                                                                                    \
    } while (0)

#endif
