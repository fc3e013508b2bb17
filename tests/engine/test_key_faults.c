/* SPDX-License-Identifier: MIT
 *
 * Every allocation that libcrypto makes for a key operation fails once: the operation fails with a code or does without
 * the memory, never gives half a result, loses nothing (the leak checker looks on), and works the next time.
 */
#include <openssl/crypto.h>

#include "blob_support.h"

/* The allocation to refuse, counted down; 0: none. */
static _Thread_local unsigned long countdown;
static _Thread_local bool refused;

static bool refuse(void)
{
    if (countdown > 0 && --countdown == 0) {
        refused = true;
        return true;
    }
    return false;
}

static void *faulty_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse() ? NULL : malloc(size);
}

static void *faulty_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return refuse() ? NULL : realloc(old, size);
}

static void plain_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* ---- the operations ---------------------------------------------------------------------------------------- */

static struct components rsa_numbers, ec_numbers;
static uint8_t *pkcs8[2];
static size_t pkcs8_size[2];

static const BCRYPT_PSS_PADDING_INFO pss = {u"SHA256", 20};
static const BCRYPT_OAEP_PADDING_INFO oaep = {u"SHA1", (PUCHAR)(uintptr_t)"label", 5};

static SECURITY_STATUS load_and_use(const struct components *numbers, bool validate, const void *padding,
                                    uint32_t flags)
{
    struct material *material = NULL;
    uint8_t out[256];
    uint32_t size = 0;
    SECURITY_STATUS status = material_load(numbers, validate, &material);

    CHECK((material == NULL) == (status != ERROR_SUCCESS));
    if (status == ERROR_SUCCESS) {
        status = material_sign(material, padding, flags, sha256_order17, 32, out, sizeof out, &size);
    }
    if (status == ERROR_SUCCESS) {
        status = material_verify(material, padding, flags, sha256_order17, 32, out, size);
    }
    material_free(material);
    return status;
}

static SECURITY_STATUS use_rsa(void)
{
    return load_and_use(&rsa_numbers, true, &pss, NCRYPT_PAD_PSS_FLAG);
}

static SECURITY_STATUS use_ec(void)
{
    return load_and_use(&ec_numbers, true, NULL, 0);
}

static SECURITY_STATUS use_cipher(void)
{
    struct material *material = NULL;
    uint8_t cipher[128], plain[128];
    uint32_t size = 0;
    SECURITY_STATUS status = material_load(&rsa_numbers, false, &material);

    if (status == ERROR_SUCCESS) {
        status = material_encrypt(material, &oaep, NCRYPT_PAD_OAEP_FLAG, sha256_order17, 32, cipher, 128, &size);
    }
    if (status == ERROR_SUCCESS) {
        status = material_decrypt(material, &oaep, NCRYPT_PAD_OAEP_FLAG, cipher, size, plain, 128, &size);
    }
    if (status == ERROR_SUCCESS) {
        CHECK(size == 32 && memcmp(plain, sha256_order17, 32) == 0);
    }
    material_free(material);
    return status;
}

static SECURITY_STATUS make_ec(void)
{
    struct components numbers;
    struct material *material = NULL;
    SECURITY_STATUS status = material_generate(algorithm_by_name(u"ECDSA_P384"), NULL, 0, &material);

    CHECK((material == NULL) == (status != ERROR_SUCCESS));
    components_init(&numbers);
    if (status == ERROR_SUCCESS) {
        status = material_take_apart(material, true, &numbers);
        CHECK((numbers.block == NULL) == (status != ERROR_SUCCESS));
    }
    components_clear(&numbers);
    material_free(material);
    return status;
}

static SECURITY_STATUS read_pkcs8(size_t index)
{
    const struct blob_format *format = blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB);
    struct components numbers;
    uint32_t usage = 99;
    SECURITY_STATUS status;

    components_init(&numbers);
    status = format->parse(format, pkcs8[index], pkcs8_size[index], &no_parameters, &numbers, &usage);
    CHECK((numbers.block == NULL) == (status != ERROR_SUCCESS) && (usage == 99) == (status != ERROR_SUCCESS));
    components_clear(&numbers);
    return status;
}

static SECURITY_STATUS read_rsa_pkcs8(void)
{
    return read_pkcs8(0);
}

static SECURITY_STATUS read_ec_pkcs8(void)
{
    return read_pkcs8(1);
}

static SECURITY_STATUS write_pkcs8(void)
{
    const struct blob_format *format = blob_format_by_type(NCRYPT_PKCS8_PRIVATE_KEY_BLOB);
    const struct blob_parameters parameters = {.usage = NCRYPT_ALLOW_ALL_USAGES};
    uint8_t out[1024];
    size_t size = 0;

    return format->write(format, &ec_numbers, &parameters, out, sizeof out, &size);
}

/* ---- the test ---------------------------------------------------------------------------------------------- */

static void fail_everywhere(const char *name, SECURITY_STATUS (*operation)(void))
{
    unsigned long n = 0;
    unsigned failures = 0;

    CHECK_STATUS(operation(), ERROR_SUCCESS); /* also warms libcrypto's caches up */
    do {
        SECURITY_STATUS status;

        refused = false;
        countdown = ++n;
        status = operation();
        countdown = 0;
        if (!refused) {
            CHECK_STATUS(status, ERROR_SUCCESS);
        }
        failures += status != ERROR_SUCCESS;
    } while (refused && n < 100000);
    CHECK(!refused && failures > 0);
    CHECK_STATUS(operation(), ERROR_SUCCESS);
    printf("  %s: %lu allocations refused, %u failures\n", name, n - 1, failures);
}

static void set_up(void)
{
    struct material *ec = generate(u"ECDSA_P256", 0);
    struct components whole; /* PKCS#8 has all eight numbers */

    fixed_rsa(&rsa_numbers, 4);
    fixed_rsa(&whole, 8);
    components_init(&ec_numbers);
    CHECK_STATUS(material_take_apart(ec, true, &ec_numbers), ERROR_SUCCESS);
    pkcs8[1] = write_blob(NCRYPT_PKCS8_PRIVATE_KEY_BLOB, &ec_numbers, NCRYPT_ALLOW_ALL_USAGES, &pkcs8_size[1]);
    pkcs8[0] = write_blob(NCRYPT_PKCS8_PRIVATE_KEY_BLOB, &whole, NCRYPT_ALLOW_DECRYPT_FLAG, &pkcs8_size[0]);
    components_clear(&whole);
    material_free(ec);
}

static void test_faults(void)
{
    set_up();
    fail_everywhere("load, sign and verify with RSA", use_rsa);
    fail_everywhere("load, sign and verify with ECDSA", use_ec);
    fail_everywhere("encrypt and decrypt", use_cipher);
    fail_everywhere("generate ECDSA", make_ec);
    fail_everywhere("read PKCS#8, RSA", read_rsa_pkcs8);
    fail_everywhere("read PKCS#8, EC", read_ec_pkcs8);
    fail_everywhere("write PKCS#8", write_pkcs8);
    components_clear(&rsa_numbers);
    components_clear(&ec_numbers);
    free(pkcs8[0]);
    free(pkcs8[1]);
}

int main(void)
{
    if (!CRYPTO_set_mem_functions(faulty_malloc, faulty_realloc, plain_free)) {
        fprintf(stderr, "libcrypto has allocated before main()\n");
        return 1;
    }
    RUN(test_faults);
    return test_result("key_faults");
}
