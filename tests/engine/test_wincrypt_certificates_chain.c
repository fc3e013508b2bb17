/* SPDX-License-Identifier: MIT
 *
 * Chains put together from certificates that anybody may have made: which issuer, and where it ends.
 */
#include "certificate_support.h"
#include "wincrypt/certificate.h"

#define MANY 40

static struct issued root, leaf;

static struct der der_of(const struct issued *issued)
{
    return (struct der){issued->der, issued->size};
}

/* How many certificates the chain has; `second` is the one behind the leaf. */
static unsigned build(const struct der *candidates, size_t count, struct der *second)
{
    struct der rest = {NULL, 0}, one;
    uint8_t *chain = NULL;
    size_t size = 0;
    unsigned found = 0;

    CHECK_STATUS(certificate_build_chain(der_of(&leaf), candidates, count, &chain, &size), ERROR_SUCCESS);
    rest = (struct der){chain, size};
    while (der_next(&rest, &one)) {
        if (++found == 2) {
            for (size_t i = 0; i < count; i++) {
                *second = der_equal(candidates[i], one) ? candidates[i] : *second;
            }
        }
    }
    CHECK(rest.size == 0);
    free(chain);
    return found;
}

/* Of issuers with one name the one whose key made the signature, unless that is looked for too long. */
static void test_same_names(void)
{
    struct issued made[MANY], right = issue_ec("middle", &root, true);
    struct der candidates[MANY + 1], second = {NULL, 0};

    for (size_t i = 0; i < MANY; i++) {
        made[i] = issue_ec("middle", &root, true);
        candidates[i] = der_of(&made[i]);
    }
    leaf = issue_ec("leaf", &right, false);
    for (size_t before = 0; before <= MANY; before++) {
        struct der moved = candidates[before];

        candidates[before] = der_of(&right);
        CHECK(build(candidates, before + 1, &second) == 2);
        CHECK(der_equal(second, der_of(before < 32 ? &right : &made[0])));
        candidates[before] = moved;
    }
    for (size_t i = 0; i < MANY; i++) {
        issued_free(&made[i]);
    }
    issued_free(&right);
    issued_free(&leaf);
}

static void test_long_line(void)
{
    struct issued made[MANY];
    struct der candidates[MANY], second = {NULL, 0};
    char name[16];

    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "middle %zu", i);
        made[i] = issue_ec(name, i == 0 ? &root : &made[i - 1], true);
        candidates[i] = der_of(&made[i]);
    }
    leaf = issue_ec("leaf", &made[MANY - 1], false);
    CHECK(build(candidates, MANY, &second) == 16);
    CHECK(der_equal(second, candidates[MANY - 1]));
    for (size_t i = 0; i < MANY; i++) {
        issued_free(&made[i]);
    }
    issued_free(&leaf);
}

int main(void)
{
    root = issue_ec("root", NULL, true);
    RUN(test_same_names);
    RUN(test_long_line);
    issued_free(&root);
    return test_result("wincrypt_certificates_chain");
}
