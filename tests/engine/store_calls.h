/* SPDX-License-Identifier: MIT
 *
 * Calls of the key store to the system, to SQLite and to libcrypto that fail on demand. The linker puts the functions
 * below in the place of the real ones (see the Makefile), for what the engine and the test themselves call. What is
 * asked for holds for the thread that asks.
 */
#ifndef TESTS_ENGINE_STORE_CALLS_H
#define TESTS_ENGINE_STORE_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "common/libctx.h"

/* type, name, parameters, arguments, what a failing call gives */
#define PLAIN_CALLS(X)                                                                                                 \
    X(void *, malloc, (size_t size), (size), NULL)                                                                     \
    X(void *, calloc, (size_t count, size_t size), (count, size), NULL)                                                \
    X(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)                                                              \
    X(int, chmod, (const char *path, mode_t mode), (path, mode), -1)                                                   \
    X(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)                                                   \
    X(int, link, (const char *from, const char *to), (from, to), -1)                                                   \
    X(int, rename, (const char *from, const char *to), (from, to), -1)                                                 \
    X(int, stat, (const char *path, struct stat *info), (path, info), -1)                                              \
    X(int, lstat, (const char *path, struct stat *info), (path, info), -1)                                             \
    X(int, faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags), -1)                    \
    X(int, mkostemp, (char *path, int flags), (path, flags), -1)                                                       \
    X(char *, getcwd, (char *path, size_t size), (path, size), NULL)                                                   \
    X(int, close, (int fd), (fd), (__real_close(fd), errno = calls.code, -1))                                          \
    X(int, pthread_cond_timedwait, (pthread_cond_t * cond, pthread_mutex_t * mutex, const struct timespec *until),     \
      (cond, mutex, until), calls.code)                                                                                \
    X(int, sqlite3_threadsafe, (void), (), 0)                                                                          \
    X(int, sqlite3_prepare_v2, (sqlite3 * db, const char *sql, int size, sqlite3_stmt **statement, const char **tail), \
      (db, sql, size, statement, tail), calls.code)                                                                    \
    X(int, sqlite3_prepare_v3,                                                                                         \
      (sqlite3 * db, const char *sql, int size, unsigned flags, sqlite3_stmt **statement, const char **tail),          \
      (db, sql, size, flags, statement, tail), calls.code)                                                             \
    X(int, sqlite3_bind_blob, (sqlite3_stmt * statement, int at, const void *data, int size, void (*end)(void *)),     \
      (statement, at, data, size, end), calls.code)                                                                    \
    X(int, sqlite3_bind_text, (sqlite3_stmt * statement, int at, const char *text, int size, void (*end)(void *)),     \
      (statement, at, text, size, end), calls.code)                                                                    \
    X(int, sqlite3_bind_int64, (sqlite3_stmt * statement, int at, sqlite3_int64 value), (statement, at, value),        \
      calls.code)                                                                                                      \
    X(int, sqlite3_exec,                                                                                               \
      (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *context, char **message),       \
      (db, sql, row, context, message), calls.code)                                                                    \
    X(int, sqlite3_backup_step, (sqlite3_backup * backup, int pages), (backup, pages), calls.code)                     \
    X(int, sqlite3_wal_checkpoint_v2, (sqlite3 * db, const char *name, int mode, int *frames, int *done),              \
      (db, name, mode, frames, done), calls.code)                                                                      \
    X(const unsigned char *, sqlite3_column_text, (sqlite3_stmt * row, int column), (row, column), calls.text)         \
    X(OSSL_LIB_CTX *, libctx_get, (void), (), NULL)                                                                    \
    X(const EVP_MD *, libctx_digest, (const WCHAR *name), (name), NULL)                                                \
    X(SECURITY_STATUS, libctx_random, (void *out, size_t size), (out, size), NTE_FAIL)                                 \
    X(EVP_CIPHER *, EVP_CIPHER_fetch, (OSSL_LIB_CTX * context, const char *name, const char *properties),              \
      (context, name, properties), NULL)                                                                               \
    X(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), NULL)                                                          \
    X(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)                                                                  \
    X(int, EVP_EncryptInit_ex2,                                                                                        \
      (EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *nonce,           \
       const OSSL_PARAM parameters[]),                                                                                 \
      (ctx, cipher, key, nonce, parameters), 0)                                                                        \
    X(int, EVP_DecryptInit_ex2,                                                                                        \
      (EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *nonce,           \
       const OSSL_PARAM parameters[]),                                                                                 \
      (ctx, cipher, key, nonce, parameters), 0)                                                                        \
    X(int, EVP_EncryptUpdate,                                                                                          \
      (EVP_CIPHER_CTX * ctx, unsigned char *out, int *done, const unsigned char *in, int size),                        \
      (ctx, out, done, in, size), 0)                                                                                   \
    X(int, EVP_DecryptUpdate,                                                                                          \
      (EVP_CIPHER_CTX * ctx, unsigned char *out, int *done, const unsigned char *in, int size),                        \
      (ctx, out, done, in, size), 0)                                                                                   \
    X(int, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX * ctx, unsigned char *out, int *done), (ctx, out, done), 0)            \
    X(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * ctx, int type, int number, void *data), (ctx, type, number, data),   \
      0)                                                                                                               \
    X(int, EVP_DigestInit_ex2, (EVP_MD_CTX * ctx, const EVP_MD *digest, const OSSL_PARAM parameters[]),                \
      (ctx, digest, parameters), 0)                                                                                    \
    X(int, EVP_DigestUpdate, (EVP_MD_CTX * ctx, const void *data, size_t size), (ctx, data, size), 0)                  \
    X(int, EVP_DigestFinal_ex, (EVP_MD_CTX * ctx, unsigned char *hash, unsigned *size), (ctx, hash, size), 0)          \
    X(int, EVP_Digest,                                                                                                 \
      (const void *data, size_t count, unsigned char *hash, unsigned *size, const EVP_MD *type, ENGINE *engine),       \
      (data, count, hash, size, type, engine), 0)                                                                      \
    X(EVP_KDF *, EVP_KDF_fetch, (OSSL_LIB_CTX * context, const char *name, const char *properties),                    \
      (context, name, properties), NULL)                                                                               \
    X(EVP_KDF_CTX *, EVP_KDF_CTX_new, (EVP_KDF * kdf), (kdf), NULL)

/* The same list without the ones that are written out below. */
enum call {
    CALL_NONE,
#define NUMBER(type, name, parameters, arguments, failure) CALL_##name,
    PLAIN_CALLS(NUMBER)
#undef NUMBER
        CALL_open,
    CALL_read,
    CALL_fsync,
    CALL_write,
    CALL_statfs,
    CALL_getpwuid_r,
    CALL_sqlite3_open_v2,
    CALL_sqlite3_db_config,
    CALL_sqlite3_step,
    CALL_EVP_KDF_derive,
};

#define CALLS_SHORT (-1) /* instead of an error number: read() and write() do a part of the work */

/* The call of this kind that comes after `skip` others fails with this error number or SQLite code; `lasting`: and all
 * later ones. */
static _Thread_local struct {
    enum call call;
    unsigned skip;
    int code;
    bool lasting, struck;
    const unsigned char *text;          /* what sqlite3_column_text() gives */
    const struct timespec *frozen;      /* the time, when it stands still */
    unsigned long file_system, mounted; /* what statfs() says, when it is not 0 */
    const char *home;                   /* what getpwuid_r() says */
} calls;

static bool call_fails(enum call call)
{
    if (calls.call != call || (calls.struck && !calls.lasting)) {
        return false;
    }
    if (calls.skip > 0) {
        calls.skip--;
        return false;
    }
    calls.struck = true;
    errno = calls.code;
    return true;
}

static inline void calls_fail(enum call call, unsigned skip, int code, bool lasting)
{
    memset(&calls, 0, sizeof(calls));
    calls.call = call;
    calls.skip = skip;
    calls.code = code;
    calls.lasting = lasting;
}

/* Back to normal; whether it came to a failure. */
static inline bool calls_end(void)
{
    bool struck = calls.struck;

    memset(&calls, 0, sizeof(calls));
    return struck;
}

#define WRAP(type, name, parameters, arguments, failure)                                                               \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return call_fails(CALL_##name) ? failure : __real_##name arguments;                                            \
    }
PLAIN_CALLS(WRAP)
#undef WRAP

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return call_fails(CALL_open) ? -1 : __real_open(path, flags, mode);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) /* does not wait for the disk: no power fails here */
{
    (void)fd;
    return call_fails(CALL_fsync) ? -1 : 0;
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (call_fails(CALL_read)) {
        return calls.code == CALLS_SHORT ? __real_read(fd, data, size > 5 ? 5 : size) : -1;
    }
    return __real_read(fd, data, size);
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (call_fails(CALL_write)) {
        return calls.code == CALLS_SHORT ? __real_write(fd, data, size > 5 ? 5 : size) : -1;
    }
    return __real_write(fd, data, size);
}

int __real_statfs(const char *path, struct statfs *info);
int __wrap_statfs(const char *path, struct statfs *info);
int __wrap_statfs(const char *path, struct statfs *info)
{
    int result = call_fails(CALL_statfs) ? -1 : __real_statfs(path, info);

    if (calls.file_system != 0) {
        info->f_type = (__typeof__(info->f_type))calls.file_system;
    }
    info->f_flags |= (__typeof__(info->f_flags))calls.mounted;
    return result;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (calls.frozen && clock == CLOCK_REALTIME) {
        *now = *calls.frozen;
        return 0;
    }
    return __real_clock_gettime(clock, now);
}

int __real_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **found);
int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **found);
int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
    int result = __real_getpwuid_r(user, entry, buffer, size, found);

    if (call_fails(CALL_getpwuid_r)) { /* 0: there is no such user */
        *found = NULL;
        return calls.code;
    }
    if (calls.home) {
        entry->pw_dir = strncpy(buffer, calls.home, size);
    }
    return result;
}

int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
    if (call_fails(CALL_sqlite3_open_v2)) {
        *db = NULL;
        return calls.code;
    }
    return __real_sqlite3_open_v2(path, db, flags, vfs);
}

int __real_sqlite3_db_config(sqlite3 *db, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...) /* those with a number and where the setting goes */
{
    va_list arguments;
    int value, *set;

    va_start(arguments, option);
    value = va_arg(arguments, int);
    set = va_arg(arguments, int *);
    va_end(arguments);
    return call_fails(CALL_sqlite3_db_config) ? calls.code : __real_sqlite3_db_config(db, option, value, set);
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement) /* a prepared ROLLBACK cannot fail */
{
    bool rollback = strcmp(sqlite3_sql(statement), "ROLLBACK") == 0;

    return !rollback && call_fails(CALL_sqlite3_step) ? calls.code : __real_sqlite3_step(statement);
}

int __real_EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *out, size_t size, const OSSL_PARAM parameters[]);
int __wrap_EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *out, size_t size, const OSSL_PARAM parameters[]);
int __wrap_EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *out, size_t size, const OSSL_PARAM parameters[])
{
    const OSSL_PARAM *cost = OSSL_PARAM_locate_const(parameters, OSSL_KDF_PARAM_SCRYPT_N);

    if (cost) { /* scrypt in no time, which is wanted hundreds of times; test_store_admin.c takes the time */
        memcpy(cost->data, &(uint64_t){16}, sizeof(uint64_t));
    }
    return call_fails(CALL_EVP_KDF_derive) ? 0 : __real_EVP_KDF_derive(ctx, out, size, parameters);
}

#endif
