/* SPDX-License-Identifier: MIT
 *
 * The engine's own library context, and the hooks around fork().
 */
#include "common/libctx.h"

#include <openssl/err.h>

#include "common/fork.h"
#include "ncrypt_support.h"

static void test_libctx(void)
{
    uint8_t random[2][32] = {{0}};

    CHECK(libctx_get() != NULL && libctx_get() == libctx_get());
    CHECK(EVP_MD_get_size(libctx_digest(u"SHA256")) == 32);
    CHECK(EVP_MD_get_size(libctx_digest(u"SHA1")) == 20);
    CHECK(EVP_MD_get_size(libctx_digest(u"SHA3-512")) == 64);
    CHECK(libctx_digest(u"sha256") == NULL);
    CHECK(libctx_digest(u"") == NULL);
    CHECK(libctx_digest(u"SHA2560") == NULL);
    CHECK_STATUS(libctx_random(random[0], 32), ERROR_SUCCESS);
    CHECK_STATUS(libctx_random(random[1], 32), ERROR_SUCCESS);
    CHECK(memcmp(random[0], random[1], 32) != 0);
}

/* In children, before this process makes its context. */
static void configured(const char *text, bool loads)
{
    char path[300], sentence[512];
    FILE *file;
    pid_t pid;

    snprintf(path, sizeof path, "%s/openssl.cnf", home_folder);
    file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    pid = fork();
    if (pid == 0) {
        uint8_t random[8];

        child_begins();
        setenv("NCRYPT_EXT_OPENSSL_CONF", path, 1);
        CHECK((libctx_get() != NULL) == loads);
        if (!loads) {
            CHECK(ncx_error_detail(NTE_PROVIDER_DLL_FAIL, sentence, sizeof sentence) > 0);
            CHECK(strstr(sentence, path) != NULL);
            CHECK(libctx_digest(u"SHA256") == NULL);
            CHECK_STATUS(libctx_random(random, sizeof random), NTE_PROVIDER_DLL_FAIL);
        } else {
            CHECK(libctx_digest(u"SHA256") != NULL);
        }
        CHECK(ERR_peek_error() == 0);
        child_ends();
    }
    child_check(pid);
}

static void test_configuration(void)
{
    configured("", true);
    configured("openssl_conf = init\n[init]\nproviders = list\n[list]\ndefault = here\n[here]\nactivate = 1\n", true);
    configured("[[[ this is no configuration", false);
}

/* ---- fork ---- */

static unsigned prepared, in_parent, in_child;

static void on_prepare(void)
{
    prepared++;
}

static void on_parent(void)
{
    in_parent++;
}

static void on_child(void)
{
    in_child++;
}

/* Registering the same hooks twice, as an interrupted set-up does, runs them once. */
static void test_fork_hooks(void)
{
    unsigned generation = fork_generation();
    pid_t pid;

    fork_register(&(struct fork_hooks){on_prepare, on_parent, on_child});
    fork_register(&(struct fork_hooks){on_prepare, on_parent, on_child});
    pid = fork();
    if (pid == 0) {
        child_begins();
        CHECK(prepared == 1 && in_parent == 0 && in_child == 1);
        CHECK(fork_generation() == generation + 1);
        pid = fork();
        if (pid == 0) {
            child_begins();
            CHECK(prepared == 2 && in_child == 2);
            CHECK(fork_generation() == generation + 2);
            child_ends();
        }
        child_check(pid);
        child_ends();
    }
    child_check(pid);
    CHECK(prepared == 1 && in_parent == 1 && in_child == 0);
    CHECK(fork_generation() == generation);
}

int main(void)
{
    home_make();
    RUN(test_configuration);
    RUN(test_libctx);
    RUN(test_fork_hooks);
    return test_result("libctx");
}
