/* SPDX-License-Identifier: MIT
 *
 * AES and 3DES against vectors of NIST (../vectors): in one call, and in pieces that chain by the handle.
 */
#include "cipher_support.h"
#include "vector_support.h"

#define VECTORS   "../vectors/"
#define MAX_BYTES 512

static NCRYPT_PROV_HANDLE provider;
static const WCHAR *mode;
static bool takes_pieces;

struct record {
    NCRYPT_KEY_HANDLE key;
    DWORD block, size;
    uint8_t iv[16], plain[MAX_BYTES], cipher[MAX_BYTES];
};

static bool has(const struct vector *vector, const char *name)
{
    for (size_t i = 0; i < vector->fields; i++) {
        if (strcmp(vector->field[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Of three keys the third may be the first one again: then it is a key of the algorithm with two, too. */
static NCRYPT_KEY_HANDLE make_des(const struct vector *vector)
{
    uint8_t bytes[24];

    CHECK(vector_bytes(vector, "KEY1", bytes, 8) == 8);
    CHECK(vector_bytes(vector, "KEY2", bytes + 8, 8) == 8);
    CHECK(vector_bytes(vector, "KEY3", bytes + 16, 8) == 8);
    if (memcmp(bytes, bytes + 16, 8) == 0) {
        return import_cipher_key(provider, u"3DES_112", bytes, 16);
    }
    return import_cipher_key(provider, u"3DES", bytes, 24);
}

static void read_record(const struct vector *vector, struct record *record)
{
    uint8_t bytes[32];

    memset(record, 0, sizeof *record);
    record->block = has(vector, "KEY1") ? 8 : 16;
    record->key = record->block == 8
                      ? make_des(vector)
                      : import_cipher_key(provider, u"AES", bytes, vector_bytes(vector, "KEY", bytes, sizeof bytes));
    if (has(vector, "IV")) {
        CHECK(vector_bytes(vector, "IV", record->iv, 16) == record->block);
    }
    record->size = (DWORD)vector_bytes(vector, "PLAINTEXT", record->plain, MAX_BYTES);
    CHECK(vector_bytes(vector, "CIPHERTEXT", record->cipher, MAX_BYTES) == record->size && record->size > 0);
    CHECK_STATUS(set_mode(record->key, mode), ERROR_SUCCESS);
}

static void check_whole(struct record *record)
{
    uint8_t iv[16], out[MAX_BYTES];
    NCRYPT_CIPHER_PADDING_INFO info = cipher_info(NCRYPT_CIPHER_NO_PADDING_FLAG, iv, record->block);
    DWORD written = 0;

    memcpy(iv, record->iv, sizeof iv);
    CHECK_STATUS(encrypt_by(record->key, record->plain, record->size, &info, out, sizeof out, &written), ERROR_SUCCESS);
    CHECK(written == record->size && memcmp(out, record->cipher, record->size) == 0);
    memcpy(iv, record->iv, sizeof iv);
    CHECK_STATUS(decrypt_by(record->key, out, record->size, &info, out, record->size, &written), ERROR_SUCCESS);
    CHECK(written == record->size && memcmp(out, record->plain, record->size) == 0);
}

/* Pieces of one block, or of CFB one, two, three bytes and so on. */
static void check_pieces(struct record *record, bool decrypt)
{
    const uint8_t *from = decrypt ? record->cipher : record->plain, *to = decrypt ? record->plain : record->cipher;
    uint8_t out[MAX_BYTES];
    DWORD at = 0, piece = takes_pieces ? 0 : record->block;

    CHECK_STATUS(set_iv(record->key, record->iv, record->block), ERROR_SUCCESS);
    while (at < record->size) {
        DWORD written = 0;

        piece += takes_pieces;
        piece = piece < record->size - at ? piece : record->size - at;
        CHECK_STATUS(
            (decrypt ? decrypt_by : encrypt_by)(record->key, from + at, piece, NULL, out + at, piece, &written),
            ERROR_SUCCESS);
        if (!CHECK(written == piece)) {
            return;
        }
        at += piece;
    }
    CHECK(memcmp(out, to, record->size) == 0);
}

static void check_record(const struct vector *vector)
{
    static struct record record;

    if (vector->section[0] == 'E' && vector->section[1] == 'C') {
        mode = ECB;
    } else if (vector->section[0] == 'C') {
        mode = vector->section[1] == 'B' ? CBC : CFB;
    }
    takes_pieces = mode[13] == u'F';
    read_record(vector, &record);
    check_whole(&record);
    check_pieces(&record, false);
    check_pieces(&record, true);
    free_handle(record.key);
}

static void test_aes(void)
{
    mode = ECB;
    CHECK(vectors_read(VECTORS "aes_ecb.txt", check_record) == 218);
    mode = CBC;
    CHECK(vectors_read(VECTORS "aes_cbc.txt", check_record) == 218);
    mode = CFB;
    CHECK(vectors_read(VECTORS "aes_cfb8.txt", check_record) == 218);
}

static void test_des(void)
{
    mode = ECB;
    CHECK(vectors_read(VECTORS "tdes_ecb.txt", check_record) == 40);
    mode = CBC;
    CHECK(vectors_read(VECTORS "tdes_cbc.txt", check_record) == 40);
    mode = CFB;
    CHECK(vectors_read(VECTORS "tdes_cfb8.txt", check_record) == 40);
}

static void test_publications(void)
{
    CHECK(vectors_read(VECTORS "sp800_38a.txt", check_record) == 9);
    CHECK(vectors_read(VECTORS "sp800_67.txt", check_record) == 1);
}

int main(void)
{
    home_make();
    provider = open_provider();
    RUN(test_aes);
    RUN(test_des);
    RUN(test_publications);
    free_handle(provider);
    check_no_handles();
    return test_result("ncrypt_cipher_vectors");
}
