/* SPDX-License-Identifier: MIT
 *
 * What ncrypt.h needs of bcrypt.h (algorithm names, key blob types and headers, padding structures) and the functions
 * that work with public keys in the process. Names, values and layouts are those of the Windows ABI.
 */
#ifndef NCRYPT_EXT_BCRYPT_H
#define NCRYPT_EXT_BCRYPT_H

#include "winstatus.h"
#include "wintypes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef LONG NTSTATUS;

typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;
typedef PVOID BCRYPT_KEY_HANDLE;

/* Parameter lists. */
#define BCRYPTBUFFER_VERSION 0

typedef struct _BCryptBuffer {
    ULONG cbBuffer;
    ULONG BufferType;
    PVOID pvBuffer;
} BCryptBuffer, *PBCryptBuffer;

typedef struct _BCryptBufferDesc {
    ULONG ulVersion;
    ULONG cBuffers;
    PBCryptBuffer pBuffers;
} BCryptBufferDesc, *PBCryptBufferDesc;

/* Padding of signatures and ciphertexts. */
#define BCRYPT_PAD_NONE  0x00000001
#define BCRYPT_PAD_PKCS1 0x00000002
#define BCRYPT_PAD_OAEP  0x00000004
#define BCRYPT_PAD_PSS   0x00000008
#define BCRYPT_PAD_PQDSA 0x00000020

typedef struct _BCRYPT_PKCS1_PADDING_INFO {
    LPCWSTR pszAlgId; /* NULL: the DigestInfo is left out */
} BCRYPT_PKCS1_PADDING_INFO;

typedef struct _BCRYPT_PSS_PADDING_INFO {
    LPCWSTR pszAlgId;
    ULONG cbSalt;
} BCRYPT_PSS_PADDING_INFO;

typedef struct _BCRYPT_OAEP_PADDING_INFO {
    LPCWSTR pszAlgId;
    PUCHAR pbLabel;
    ULONG cbLabel;
} BCRYPT_OAEP_PADDING_INFO;

typedef struct _BCRYPT_PQDSA_PADDING_INFO {
    PUCHAR pbCtx; /* of the caller's choice, 255 bytes at most; NULL: none */
    ULONG cbCtx;
    LPCWSTR pszPrehashAlgId; /* NULL: what is signed is the message itself, else its digest by this hash */
} BCRYPT_PQDSA_PADDING_INFO;

/* Hash algorithms, as padding structures name them. */
#define BCRYPT_MD5_ALGORITHM      u"MD5"
#define BCRYPT_SHA1_ALGORITHM     u"SHA1"
#define BCRYPT_SHA256_ALGORITHM   u"SHA256"
#define BCRYPT_SHA384_ALGORITHM   u"SHA384"
#define BCRYPT_SHA512_ALGORITHM   u"SHA512"
#define BCRYPT_SHA3_256_ALGORITHM u"SHA3-256"
#define BCRYPT_SHA3_384_ALGORITHM u"SHA3-384"
#define BCRYPT_SHA3_512_ALGORITHM u"SHA3-512"
#define BCRYPT_SHAKE128_ALGORITHM u"SHAKE128" /* ML-DSA only */
#define BCRYPT_SHAKE256_ALGORITHM u"SHAKE256"

/* Key algorithms. */
#define BCRYPT_AES_ALGORITHM        u"AES"
#define BCRYPT_3DES_ALGORITHM       u"3DES"
#define BCRYPT_3DES_112_ALGORITHM   u"3DES_112" /* two keys: the first one is the third, too */
#define BCRYPT_RSA_ALGORITHM        u"RSA"
#define BCRYPT_ECDSA_ALGORITHM      u"ECDSA"
#define BCRYPT_ECDSA_P256_ALGORITHM u"ECDSA_P256"
#define BCRYPT_ECDSA_P384_ALGORITHM u"ECDSA_P384"
#define BCRYPT_ECDSA_P521_ALGORITHM u"ECDSA_P521"
#define BCRYPT_ECDH_ALGORITHM       u"ECDH"
#define BCRYPT_ECDH_P256_ALGORITHM  u"ECDH_P256"
#define BCRYPT_ECDH_P384_ALGORITHM  u"ECDH_P384"
#define BCRYPT_ECDH_P521_ALGORITHM  u"ECDH_P521"
#define BCRYPT_DH_ALGORITHM         u"DH"
#define BCRYPT_DSA_ALGORITHM        u"DSA"

/* Chaining of symmetric ciphers. */
#define BCRYPT_CHAIN_MODE_CBC        u"ChainingModeCBC"
#define BCRYPT_CHAIN_MODE_ECB        u"ChainingModeECB"
#define BCRYPT_CHAIN_MODE_CFB        u"ChainingModeCFB"
#define BCRYPT_INITIALIZATION_VECTOR u"IV"
#define BCRYPT_AUTH_TAG_LENGTH       u"AuthTagLength"
#define BCRYPT_MLDSA_ALGORITHM       u"ML-DSA"
#define BCRYPT_MLKEM_ALGORITHM       u"ML-KEM"

/* Algorithms of keys that others are derived from. */
#define BCRYPT_SP800108_CTR_HMAC_ALGORITHM u"SP800_108_CTR_HMAC"
#define BCRYPT_SP80056A_CONCAT_ALGORITHM   u"SP800_56A_CONCAT"
#define BCRYPT_PBKDF2_ALGORITHM            u"PBKDF2"
#define BCRYPT_CAPI_KDF_ALGORITHM          u"CAPI_KDF"
#define BCRYPT_TLS1_1_KDF_ALGORITHM        u"TLS1_1_KDF"
#define BCRYPT_TLS1_2_KDF_ALGORITHM        u"TLS1_2_KDF"
#define BCRYPT_HKDF_ALGORITHM              u"HKDF"

/* Implementations. */
#define MS_PRIMITIVE_PROVIDER u"Microsoft Primitive Provider"

/* Flags. */
#define BCRYPT_NO_KEY_VALIDATION 0x00000008 /* ImportKeyPair */

/* Key derivation functions of agreed secrets, the types of their parameters and their flag. */
#define BCRYPT_KDF_HASH            u"HASH"
#define BCRYPT_KDF_HMAC            u"HMAC"
#define BCRYPT_KDF_TLS_PRF         u"TLS_PRF"
#define BCRYPT_KDF_SP80056A_CONCAT u"SP800_56A_CONCAT"
#define BCRYPT_KDF_RAW_SECRET      u"TRUNCATE" /* the secret itself, its bytes in reverse */
#define BCRYPT_KDF_HKDF            u"HKDF"

#define KDF_HASH_ALGORITHM   0x0 /* UTF-16 with its NUL */
#define KDF_SECRET_PREPEND   0x1
#define KDF_SECRET_APPEND    0x2
#define KDF_HMAC_KEY         0x3
#define KDF_TLS_PRF_LABEL    0x4
#define KDF_TLS_PRF_SEED     0x5
#define KDF_SECRET_HANDLE    0x6
#define KDF_TLS_PRF_PROTOCOL 0x7
#define KDF_ALGORITHMID      0x8
#define KDF_PARTYUINFO       0x9
#define KDF_PARTYVINFO       0xA
#define KDF_SUPPPUBINFO      0xB
#define KDF_SUPPPRIVINFO     0xC
#define KDF_HKDF_INFO        0x14

#define KDF_USE_SECRET_AS_HMAC_KEY_FLAG 0x1

/* The same of keys that others are derived from. */
#define KDF_LABEL             0xD
#define KDF_CONTEXT           0xE
#define KDF_SALT              0xF
#define KDF_ITERATION_COUNT   0x10 /* ULONGLONG */
#define KDF_GENERIC_PARAMETER 0x11 /* in the place of those above but the count, joined as the algorithm joins them */
#define KDF_HKDF_SALT         0x13

#define BCRYPT_CAPI_AES_FLAG 0x00000010

/* Properties of a secret for HKDF: the hash, then one of the others: the salt (which may be NULL), or nothing when the
 * secret is to be the pseudorandom key itself. */
#define BCRYPT_HKDF_HASH_ALGORITHM    u"HkdfHashAlgorithm"
#define BCRYPT_HKDF_SALT_AND_FINALIZE u"HkdfSaltAndFinalize"
#define BCRYPT_HKDF_PRK_AND_FINALIZE  u"HkdfPrkAndFinalize"

/* Curves, for BCRYPT_ECC_CURVE_NAME and the generic algorithms. */
#define BCRYPT_ECC_CURVE_NAME            u"ECCCurveName"
#define BCRYPT_ECC_PARAMETERS            u"ECCParameters"
#define BCRYPT_ECC_CURVE_BRAINPOOLP160R1 u"brainpoolP160r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP160T1 u"brainpoolP160t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP192R1 u"brainpoolP192r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP192T1 u"brainpoolP192t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP224R1 u"brainpoolP224r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP224T1 u"brainpoolP224t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP256R1 u"brainpoolP256r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP256T1 u"brainpoolP256t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP320R1 u"brainpoolP320r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP320T1 u"brainpoolP320t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP384R1 u"brainpoolP384r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP384T1 u"brainpoolP384t1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP512R1 u"brainpoolP512r1"
#define BCRYPT_ECC_CURVE_BRAINPOOLP512T1 u"brainpoolP512t1"
#define BCRYPT_ECC_CURVE_25519           u"curve25519"
#define BCRYPT_ECC_CURVE_NISTP192        u"nistP192"
#define BCRYPT_ECC_CURVE_NISTP224        u"nistP224"
#define BCRYPT_ECC_CURVE_NISTP256        u"nistP256"
#define BCRYPT_ECC_CURVE_NISTP384        u"nistP384"
#define BCRYPT_ECC_CURVE_NISTP521        u"nistP521"
#define BCRYPT_ECC_CURVE_SECP160K1       u"secP160k1"
#define BCRYPT_ECC_CURVE_SECP160R1       u"secP160r1"
#define BCRYPT_ECC_CURVE_SECP160R2       u"secP160r2"
#define BCRYPT_ECC_CURVE_SECP192K1       u"secP192k1"
#define BCRYPT_ECC_CURVE_SECP192R1       u"secP192r1"
#define BCRYPT_ECC_CURVE_SECP224K1       u"secP224k1"
#define BCRYPT_ECC_CURVE_SECP224R1       u"secP224r1"
#define BCRYPT_ECC_CURVE_SECP256K1       u"secP256k1"
#define BCRYPT_ECC_CURVE_SECP256R1       u"secP256r1"
#define BCRYPT_ECC_CURVE_SECP384R1       u"secP384r1"
#define BCRYPT_ECC_CURVE_SECP521R1       u"secP521r1"
#define BCRYPT_ECC_CURVE_WTLS7           u"wtls7"
#define BCRYPT_ECC_CURVE_WTLS9           u"wtls9"
#define BCRYPT_ECC_CURVE_WTLS12          u"wtls12"
#define BCRYPT_ECC_CURVE_X962P192V1      u"x962P192v1"
#define BCRYPT_ECC_CURVE_X962P192V2      u"x962P192v2"
#define BCRYPT_ECC_CURVE_X962P192V3      u"x962P192v3"
#define BCRYPT_ECC_CURVE_X962P239V1      u"x962P239v1"
#define BCRYPT_ECC_CURVE_X962P239V2      u"x962P239v2"
#define BCRYPT_ECC_CURVE_X962P239V3      u"x962P239v3"
#define BCRYPT_ECC_CURVE_X962P256V1      u"x962P256v1"

/* Parameter sets of ML-DSA and ML-KEM, for the property. */
#define BCRYPT_PARAMETER_SET_NAME       u"ParameterSetName"
#define BCRYPT_MLDSA_PARAMETER_SET_44   u"44"
#define BCRYPT_MLDSA_PARAMETER_SET_65   u"65"
#define BCRYPT_MLDSA_PARAMETER_SET_87   u"87"
#define BCRYPT_MLKEM_PARAMETER_SET_512  u"512"
#define BCRYPT_MLKEM_PARAMETER_SET_768  u"768"
#define BCRYPT_MLKEM_PARAMETER_SET_1024 u"1024"

/* Algorithm interfaces and operations. */
#define BCRYPT_CIPHER_INTERFACE                0x00000001
#define BCRYPT_HASH_INTERFACE                  0x00000002
#define BCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE 0x00000003
#define BCRYPT_SECRET_AGREEMENT_INTERFACE      0x00000004
#define BCRYPT_SIGNATURE_INTERFACE             0x00000005
#define BCRYPT_RNG_INTERFACE                   0x00000006
#define BCRYPT_KEY_DERIVATION_INTERFACE        0x00000007
#define BCRYPT_KEY_ENCAPSULATION_INTERFACE     0x00000008

/* Key blobs. All integers of the headers are little-endian; the numbers after them are big-endian. */
#define BCRYPT_PUBLIC_KEY_BLOB     u"PUBLICBLOB"
#define BCRYPT_PRIVATE_KEY_BLOB    u"PRIVATEBLOB"
#define BCRYPT_RSAPUBLIC_BLOB      u"RSAPUBLICBLOB"
#define BCRYPT_RSAPRIVATE_BLOB     u"RSAPRIVATEBLOB"
#define BCRYPT_RSAFULLPRIVATE_BLOB u"RSAFULLPRIVATEBLOB"
#define LEGACY_RSAPUBLIC_BLOB      u"CAPIPUBLICBLOB" /* CryptoAPI's layouts, see wincrypt.h */
#define LEGACY_RSAPRIVATE_BLOB     u"CAPIPRIVATEBLOB"
#define BCRYPT_ECCPUBLIC_BLOB      u"ECCPUBLICBLOB"
#define BCRYPT_ECCPRIVATE_BLOB     u"ECCPRIVATEBLOB"
#define BCRYPT_ECCFULLPUBLIC_BLOB  u"ECCFULLPUBLICBLOB" /* with the numbers of the curve */
#define BCRYPT_ECCFULLPRIVATE_BLOB u"ECCFULLPRIVATEBLOB"

#define BCRYPT_KEY_DATA_BLOB u"KeyDataBlob"

#define BCRYPT_KEY_DATA_BLOB_MAGIC    0x4D42444B /* KDBM */
#define BCRYPT_KEY_DATA_BLOB_VERSION1 0x1

#define BCRYPT_PQDSA_PUBLIC_BLOB        u"PQDSAPUBLICBLOB"
#define BCRYPT_PQDSA_PRIVATE_BLOB       u"PQDSAPRIVATEBLOB" /* the expanded private key */
#define BCRYPT_PQDSA_PRIVATE_SEED_BLOB  u"PQDSAPRIVATESEEDBLOB"
#define BCRYPT_MLKEM_PUBLIC_BLOB        u"MLKEMPUBLICBLOB"
#define BCRYPT_MLKEM_PRIVATE_BLOB       u"MLKEMPRIVATEBLOB"
#define BCRYPT_MLKEM_PRIVATE_SEED_BLOB  u"MLKEMPRIVATESEEDBLOB"
#define BCRYPT_MLKEM_ENCAPSULATION_BLOB BCRYPT_MLKEM_PUBLIC_BLOB
#define BCRYPT_MLKEM_DECAPSULATION_BLOB BCRYPT_MLKEM_PRIVATE_BLOB

#define BCRYPT_RSAPUBLIC_MAGIC      0x31415352 /* RSA1 */
#define BCRYPT_RSAPRIVATE_MAGIC     0x32415352 /* RSA2 */
#define BCRYPT_RSAFULLPRIVATE_MAGIC 0x33415352 /* RSA3 */

#define BCRYPT_ECDH_PUBLIC_P256_MAGIC      0x314B4345 /* ECK1 */
#define BCRYPT_ECDH_PRIVATE_P256_MAGIC     0x324B4345
#define BCRYPT_ECDH_PUBLIC_P384_MAGIC      0x334B4345
#define BCRYPT_ECDH_PRIVATE_P384_MAGIC     0x344B4345
#define BCRYPT_ECDH_PUBLIC_P521_MAGIC      0x354B4345
#define BCRYPT_ECDH_PRIVATE_P521_MAGIC     0x364B4345
#define BCRYPT_ECDH_PUBLIC_GENERIC_MAGIC   0x504B4345
#define BCRYPT_ECDH_PRIVATE_GENERIC_MAGIC  0x564B4345
#define BCRYPT_ECDSA_PUBLIC_P256_MAGIC     0x31534345 /* ECS1 */
#define BCRYPT_ECDSA_PRIVATE_P256_MAGIC    0x32534345
#define BCRYPT_ECDSA_PUBLIC_P384_MAGIC     0x33534345
#define BCRYPT_ECDSA_PRIVATE_P384_MAGIC    0x34534345
#define BCRYPT_ECDSA_PUBLIC_P521_MAGIC     0x35534345
#define BCRYPT_ECDSA_PRIVATE_P521_MAGIC    0x36534345
#define BCRYPT_ECDSA_PUBLIC_GENERIC_MAGIC  0x50444345 /* ECDP */
#define BCRYPT_ECDSA_PRIVATE_GENERIC_MAGIC 0x56444345 /* ECDV */

/* DH and DSA: numbers modulo a prime P. The blobs of DSA keys come in two versions, up to 1024 bits and beyond. */
#define BCRYPT_DH_PUBLIC_BLOB      u"DHPUBLICBLOB"
#define BCRYPT_DH_PRIVATE_BLOB     u"DHPRIVATEBLOB"
#define BCRYPT_DSA_PUBLIC_BLOB     u"DSAPUBLICBLOB"
#define BCRYPT_DSA_PRIVATE_BLOB    u"DSAPRIVATEBLOB"
#define LEGACY_DH_PUBLIC_BLOB      u"CAPIDHPUBLICBLOB" /* CryptoAPI's layouts: of version 3, */
#define LEGACY_DH_PRIVATE_BLOB     u"CAPIDHPRIVATEBLOB"
#define LEGACY_DSA_PUBLIC_BLOB     u"CAPIDSAPUBLICBLOB"
#define LEGACY_DSA_PRIVATE_BLOB    u"CAPIDSAPRIVATEBLOB"
#define LEGACY_DSA_V2_PUBLIC_BLOB  u"V2CAPIDSAPUBLICBLOB" /* and of version 2 */
#define LEGACY_DSA_V2_PRIVATE_BLOB u"V2CAPIDSAPRIVATEBLOB"

#define BCRYPT_DH_PUBLIC_MAGIC         0x42504844 /* DHPB */
#define BCRYPT_DH_PRIVATE_MAGIC        0x56504844 /* DHPV */
#define BCRYPT_DH_PARAMETERS_MAGIC     0x4D504844 /* DHPM */
#define BCRYPT_DSA_PUBLIC_MAGIC        0x42505344 /* DSPB */
#define BCRYPT_DSA_PRIVATE_MAGIC       0x56505344 /* DSPV */
#define BCRYPT_DSA_PUBLIC_MAGIC_V2     0x32425044 /* DPB2 */
#define BCRYPT_DSA_PRIVATE_MAGIC_V2    0x32565044 /* DPV2 */
#define BCRYPT_DSA_PARAMETERS_MAGIC    0x4D505344 /* DSPM */
#define BCRYPT_DSA_PARAMETERS_MAGIC_V2 0x324D5044 /* DPM2 */

/* Properties of a key being made: the group it shall be of. */
#define BCRYPT_DH_PARAMETERS  u"DHParameters"
#define BCRYPT_DSA_PARAMETERS u"DSAParameters"

#define BCRYPT_MLDSA_PUBLIC_MAGIC       0x4B505344 /* DSPK */
#define BCRYPT_MLDSA_PRIVATE_MAGIC      0x4B535344 /* DSSK */
#define BCRYPT_MLDSA_PRIVATE_SEED_MAGIC 0x53535344 /* DSSS */
#define BCRYPT_MLKEM_PUBLIC_MAGIC       0x504B4C4D /* MLKP */
#define BCRYPT_MLKEM_PRIVATE_MAGIC      0x524B4C4D /* MLKR */
#define BCRYPT_MLKEM_PRIVATE_SEED_MAGIC 0x534B4C4D /* MLKS */

/* The value of a provider's ECCCurveNameList: the pointers point into the caller's buffer. */
typedef struct _BCRYPT_ECC_CURVE_NAMES {
    ULONG dwEccCurveNames;
    LPWSTR *pEccCurveNames;
} BCRYPT_ECC_CURVE_NAMES;

typedef struct _BCRYPT_KEY_BLOB {
    ULONG Magic;
} BCRYPT_KEY_BLOB;

/* Followed by the public exponent, the modulus and, in private blobs, prime 1 and prime 2; in full private blobs also
 * exponent 1, exponent 2, the coefficient and the private exponent. */
typedef struct _BCRYPT_RSAKEY_BLOB {
    ULONG Magic;
    ULONG BitLength;
    ULONG cbPublicExp;
    ULONG cbModulus;
    ULONG cbPrime1;
    ULONG cbPrime2;
} BCRYPT_RSAKEY_BLOB;

/* Followed by X, Y and, in private blobs, d: cbKey bytes each. */
typedef struct _BCRYPT_ECCKEY_BLOB {
    ULONG dwMagic;
    ULONG cbKey;
} BCRYPT_ECCKEY_BLOB, *PBCRYPT_ECCKEY_BLOB;

typedef enum {
    BCRYPT_ECC_PRIME_SHORT_WEIERSTRASS_CURVE = 0x1,
    BCRYPT_ECC_PRIME_TWISTED_EDWARDS_CURVE = 0x2,
    BCRYPT_ECC_PRIME_MONTGOMERY_CURVE = 0x3,
} ECC_CURVE_TYPE_ENUM;

typedef enum { BCRYPT_NO_CURVE_GENERATION_ALG_ID = 0x0 } ECC_CURVE_ALG_ID_ENUM;

/* Followed by the prime P, A, B and the generator's X and Y, cbFieldLength bytes each, the order, the cofactor, the
 * seed, the key's X and Y and, in private blobs, d, which is as wide as the order. */
typedef struct _BCRYPT_ECCFULLKEY_BLOB {
    ULONG dwMagic;
    ULONG dwVersion;
    ECC_CURVE_TYPE_ENUM dwCurveType;
    ECC_CURVE_ALG_ID_ENUM dwCurveGenerationAlgId;
    ULONG cbFieldLength;
    ULONG cbSubgroupOrder;
    ULONG cbCofactor;
    ULONG cbSeed;
} BCRYPT_ECCFULLKEY_BLOB;

/* The value of ECCParameters: followed by the same numbers up to the seed. */
typedef struct _BCRYPT_ECC_PARAMETER_HEADER {
    ULONG dwVersion;
    ECC_CURVE_TYPE_ENUM dwCurveType;
    ECC_CURVE_ALG_ID_ENUM dwCurveGenerationAlgId;
    ULONG cbFieldLength;
    ULONG cbSubgroupOrder;
    ULONG cbCofactor;
    ULONG cbSeed;
} BCRYPT_ECC_PARAMETER_HEADER;

/* Followed by the key: cbKeyData bytes. */
typedef struct _BCRYPT_KEY_DATA_BLOB_HEADER {
    ULONG dwMagic;
    ULONG dwVersion;
    ULONG cbKeyData;
} BCRYPT_KEY_DATA_BLOB_HEADER;

NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_KEY_DATA_BLOB_HEADER) == 12, "BCRYPT_KEY_DATA_BLOB_HEADER");

/* A key under an AES key, and that under an RSA key (CKM_RSA_AES_KEY_WRAP of PKCS #11). Behind it: both, one after the
 * other (cbKey bytes), the name of OAEP's hash in UTF-16 with its NUL, OAEP's label. */
#define BCRYPT_PKCS11_RSA_AES_WRAP_KEY_BLOB   u"PKCS11RsaAesWrapBlob"
#define BCRYPT_PKCS11_RSA_AES_WRAP_BLOB_MAGIC 0x57504152 /* RAPW */

typedef struct _BCRYPT_PKCS11_RSA_AES_WRAP_BLOB {
    ULONG dwMagic;
    ULONG cbKey;
    ULONG cbPaddingAlgId;
    ULONG cbPaddingLabel;
} BCRYPT_PKCS11_RSA_AES_WRAP_BLOB;

NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_PKCS11_RSA_AES_WRAP_BLOB) == 16, "BCRYPT_PKCS11_RSA_AES_WRAP_BLOB");

/* Followed by P, G, Y and, in private blobs, X: cbKey bytes each. */
typedef struct _BCRYPT_DH_KEY_BLOB {
    ULONG dwMagic;
    ULONG cbKey;
} BCRYPT_DH_KEY_BLOB;

/* Followed by P and G: cbKeyLength bytes each. cbLength counts everything. */
typedef struct _BCRYPT_DH_PARAMETER_HEADER {
    ULONG cbLength;
    ULONG dwMagic;
    ULONG cbKeyLength;
} BCRYPT_DH_PARAMETER_HEADER;

/* Followed by P, G, Y (cbKey bytes each) and, in private blobs, X (20 bytes). Count and Seed of 0xFF are unknown. */
typedef struct _BCRYPT_DSA_KEY_BLOB {
    ULONG dwMagic;
    ULONG cbKey;
    UCHAR Count[4]; /* big-endian */
    UCHAR Seed[20];
    UCHAR q[20];
} BCRYPT_DSA_KEY_BLOB;

typedef enum {
    DSA_HASH_ALGORITHM_SHA1,
    DSA_HASH_ALGORITHM_SHA256,
    DSA_HASH_ALGORITHM_SHA512,
} HASHALGORITHM_ENUM;

typedef enum {
    DSA_FIPS186_2,
    DSA_FIPS186_3,
} DSAFIPSVERSION_ENUM;

/* Followed by Seed (cbSeedLength bytes), q (cbGroupSize), P, G, Y (cbKey each) and, in private blobs, X (cbGroupSize).
 */
typedef struct _BCRYPT_DSA_KEY_BLOB_V2 {
    ULONG dwMagic;
    ULONG cbKey;
    HASHALGORITHM_ENUM hashAlgorithm; /* as long as q is */
    DSAFIPSVERSION_ENUM standardVersion;
    ULONG cbSeedLength;
    ULONG cbGroupSize;
    UCHAR Count[4];
} BCRYPT_DSA_KEY_BLOB_V2;

/* Followed by P and G: cbKeyLength bytes each. */
typedef struct _BCRYPT_DSA_PARAMETER_HEADER {
    ULONG cbLength;
    ULONG dwMagic;
    ULONG cbKeyLength;
    UCHAR Count[4];
    UCHAR Seed[20];
    UCHAR q[20];
} BCRYPT_DSA_PARAMETER_HEADER;

/* Followed by Seed, q, P and G. */
typedef struct _BCRYPT_DSA_PARAMETER_HEADER_V2 {
    ULONG cbLength;
    ULONG dwMagic;
    ULONG cbKeyLength;
    HASHALGORITHM_ENUM hashAlgorithm;
    DSAFIPSVERSION_ENUM standardVersion;
    ULONG cbSeedLength;
    ULONG cbGroupSize;
    UCHAR Count[4];
} BCRYPT_DSA_PARAMETER_HEADER_V2;

/* Followed by the parameter set's name in UTF-16, its NUL counted in cbParameterSet, and the key. */
typedef struct _BCRYPT_PQDSA_KEY_BLOB {
    ULONG dwMagic;
    ULONG cbParameterSet;
    ULONG cbKey;
} BCRYPT_PQDSA_KEY_BLOB;

typedef struct _BCRYPT_MLKEM_KEY_BLOB {
    ULONG dwMagic;
    ULONG cbParameterSet;
    ULONG cbKey;
} BCRYPT_MLKEM_KEY_BLOB;

NCRYPT_EXT_STATIC_ASSERT(sizeof(BCryptBuffer) == 8 + sizeof(void *), "BCryptBuffer");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCryptBufferDesc) == 8 + sizeof(void *), "BCryptBufferDesc");
NCRYPT_EXT_STATIC_ASSERT(offsetof(BCryptBuffer, pvBuffer) == 8, "BCryptBuffer.pvBuffer");
NCRYPT_EXT_STATIC_ASSERT(offsetof(BCryptBufferDesc, pBuffers) == 8, "BCryptBufferDesc.pBuffers");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_PKCS1_PADDING_INFO) == sizeof(void *), "BCRYPT_PKCS1_PADDING_INFO");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_PSS_PADDING_INFO) == 2 * sizeof(void *), "BCRYPT_PSS_PADDING_INFO");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_OAEP_PADDING_INFO) == 3 * sizeof(void *), "BCRYPT_OAEP_PADDING_INFO");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_PQDSA_PADDING_INFO) == 3 * sizeof(void *), "BCRYPT_PQDSA_PADDING_INFO");
NCRYPT_EXT_STATIC_ASSERT(offsetof(BCRYPT_PQDSA_PADDING_INFO, pszPrehashAlgId) == 2 * sizeof(void *), "pszPrehashAlgId");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_RSAKEY_BLOB) == 24, "BCRYPT_RSAKEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_ECCKEY_BLOB) == 8, "BCRYPT_ECCKEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_ECCFULLKEY_BLOB) == 32, "BCRYPT_ECCFULLKEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_ECC_PARAMETER_HEADER) == 28, "BCRYPT_ECC_PARAMETER_HEADER");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DH_KEY_BLOB) == 8, "BCRYPT_DH_KEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DH_PARAMETER_HEADER) == 12, "BCRYPT_DH_PARAMETER_HEADER");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DSA_KEY_BLOB) == 52, "BCRYPT_DSA_KEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DSA_KEY_BLOB_V2) == 28, "BCRYPT_DSA_KEY_BLOB_V2");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DSA_PARAMETER_HEADER) == 56, "BCRYPT_DSA_PARAMETER_HEADER");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_DSA_PARAMETER_HEADER_V2) == 32, "BCRYPT_DSA_PARAMETER_HEADER_V2");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_PQDSA_KEY_BLOB) == 12, "BCRYPT_PQDSA_KEY_BLOB");
NCRYPT_EXT_STATIC_ASSERT(sizeof(BCRYPT_MLKEM_KEY_BLOB) == 12, "BCRYPT_MLKEM_KEY_BLOB");

/* Public keys in the process. What Windows leaves open: the engine knows the algorithms RSA, ECDSA_P256, ECDSA_P384 and
 * ECDSA_P521 and the public blobs of each; the second key handles are NULL; a blob that is not a key of the provider's
 * algorithm is refused. A key lives on when its algorithm provider is closed. Handles of these functions and handles of
 * the key storage functions are not accepted for each other. */
NTSTATUS WINAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, LPCWSTR pszAlgId, LPCWSTR pszImplementation,
                                            ULONG dwFlags);
NTSTATUS WINAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags);
NTSTATUS WINAPI BCryptImportKeyPair(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
                                    BCRYPT_KEY_HANDLE *phKey, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags);
NTSTATUS WINAPI BCryptExportKey(BCRYPT_KEY_HANDLE hKey, BCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                                PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags);
NTSTATUS WINAPI BCryptVerifySignature(BCRYPT_KEY_HANDLE hKey, void *pPaddingInfo, PUCHAR pbHash, ULONG cbHash,
                                      PUCHAR pbSignature, ULONG cbSignature, ULONG dwFlags);
NTSTATUS WINAPI BCryptEncrypt(BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, ULONG cbInput, void *pPaddingInfo, PUCHAR pbIV,
                              ULONG cbIV, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags);
NTSTATUS WINAPI BCryptDestroyKey(BCRYPT_KEY_HANDLE hKey);

#ifdef __cplusplus
}
#endif

#endif
