# SPDX-License-Identifier: MIT
"""Names of properties, algorithms, curves, hashes, blob types and providers.

Plain strings, spelled as Windows spells them.
"""

from collections import namedtuple

# Key properties.
NAME = "Name"
UNIQUE_NAME = "Unique Name"
ALGORITHM = "Algorithm Name"
ALGORITHM_GROUP = "Algorithm Group"
LENGTH = "Length"
LENGTHS = "Lengths"
PUBLIC_LENGTH = "PublicKeyLength"
CHAINING_MODE = "Chaining Mode"
INITIALIZATION_VECTOR = "IV"
SIGNATURE_LENGTH = "SignatureLength"
BLOCK_LENGTH = "Block Length"
EXPORT_POLICY = "Export Policy"
KEY_USAGE = "Key Usage"
KEY_TYPE = "Key Type"
LAST_MODIFIED = "Modified"
UI_POLICY = "UI Policy"
USE_CONTEXT = "Use Context"
WINDOW_HANDLE = "HWND Handle"
PROVIDER_HANDLE = "Provider Handle"
ECC_CURVE_NAME = "ECCCurveName"
ECC_PARAMETERS = "ECCParameters"
DH_PARAMETERS = "DHParameters"
DSA_PARAMETERS = "DSAParameters"
PARAMETER_SET_NAME = "ParameterSetName"
KEM_SHARED_SECRET_LENGTH = "KEMSharedSecretLength"
KEM_CIPHERTEXT_LENGTH = "KEMCiphertextLength"
SECURITY_DESCR = "Security Descr"
USE_COUNT = "Use Count"
VIRTUAL_ISOLATION = "Virtual Iso"
PER_BOOT_KEY = "Per Boot Key"
EPHEMERAL_NAME = "Ephemeral Name"
KEY_ACCESS_POLICY = "Key Access Policy"
CERTIFICATE = "SmartCardKeyCertificate"
PIN = "SmartCardPin"
KDF_KEY_SECRET = "KDFKeySecret"
PCP_USAGE_AUTH = "PCP_USAGEAUTH"
PCP_PASSWORD_REQUIRED = "PCP_PASSWORD_REQUIRED"
PSS_SALT_SIZE = "PSS Salt Size"

# Provider properties.
IMPL_TYPE = "Impl Type"
VERSION = "Version"
MAX_NAME_LENGTH = "Max Name Length"
SECURITY_DESCR_SUPPORT = "Security Descr Support"
USE_COUNT_ENABLED = "Enabled Use Count"
ECC_CURVE_NAME_LIST = "ECCCurveNameList"

# Algorithms.
RSA = "RSA"
ECDSA = "ECDSA"
ECDSA_P256 = "ECDSA_P256"
ECDSA_P384 = "ECDSA_P384"
ECDSA_P521 = "ECDSA_P521"
ECDH = "ECDH"
ECDH_P256 = "ECDH_P256"
ECDH_P384 = "ECDH_P384"
ECDH_P521 = "ECDH_P521"
ML_DSA = "ML-DSA"
ML_KEM = "ML-KEM"
PBKDF2 = "PBKDF2"
HKDF = "HKDF"
SP800_108_CTR_HMAC = "SP800_108_CTR_HMAC"
SP800_56A_CONCAT = "SP800_56A_CONCAT"
CAPI_KDF = "CAPI_KDF"
TLS1_1_KDF = "TLS1_1_KDF"
TLS1_2_KDF = "TLS1_2_KDF"
DH = "DH"
DSA = "DSA"

AES = "AES"
TRIPLE_DES = "3DES"
TRIPLE_DES_112 = "3DES_112"

# Chaining of symmetric ciphers.
CHAIN_MODE_ECB = "ChainingModeECB"
CHAIN_MODE_CBC = "ChainingModeCBC"
CHAIN_MODE_CFB = "ChainingModeCFB"

# Curves: some of those of CURVE_OIDS.
CURVE_NISTP192 = "nistP192"
CURVE_NISTP224 = "nistP224"
CURVE_NISTP256 = "nistP256"
CURVE_NISTP384 = "nistP384"
CURVE_NISTP521 = "nistP521"
CURVE_BRAINPOOLP256R1 = "brainpoolP256r1"
CURVE_BRAINPOOLP384R1 = "brainpoolP384r1"
CURVE_BRAINPOOLP512R1 = "brainpoolP512r1"
CURVE_SECP256K1 = "secP256k1"
CURVE_25519 = "curve25519"

# Ways to derive keys of an agreed secret.
KDF_HASH = "HASH"
KDF_HMAC = "HMAC"
KDF_TLS_PRF = "TLS_PRF"
KDF_SP800_56A_CONCAT = "SP800_56A_CONCAT"
KDF_RAW_SECRET = "TRUNCATE"
KDF_HKDF = "HKDF"

# Blob types.
PUBLIC_BLOB = "PUBLICBLOB"
PRIVATE_BLOB = "PRIVATEBLOB"
RSA_PUBLIC_BLOB = "RSAPUBLICBLOB"
RSA_PRIVATE_BLOB = "RSAPRIVATEBLOB"
RSA_FULL_PRIVATE_BLOB = "RSAFULLPRIVATEBLOB"
ECC_PUBLIC_BLOB = "ECCPUBLICBLOB"
ECC_PRIVATE_BLOB = "ECCPRIVATEBLOB"
ECC_FULL_PUBLIC_BLOB = "ECCFULLPUBLICBLOB"
ECC_FULL_PRIVATE_BLOB = "ECCFULLPRIVATEBLOB"
DH_PUBLIC_BLOB = "DHPUBLICBLOB"
DH_PRIVATE_BLOB = "DHPRIVATEBLOB"
DSA_PUBLIC_BLOB = "DSAPUBLICBLOB"
DSA_PRIVATE_BLOB = "DSAPRIVATEBLOB"
PKCS8_PRIVATE_KEY_BLOB = "PKCS8_PRIVATEKEY"
PQDSA_PUBLIC_BLOB = "PQDSAPUBLICBLOB"
PQDSA_PRIVATE_BLOB = "PQDSAPRIVATEBLOB"
PQDSA_PRIVATE_SEED_BLOB = "PQDSAPRIVATESEEDBLOB"
MLKEM_PUBLIC_BLOB = "MLKEMPUBLICBLOB"
MLKEM_PRIVATE_BLOB = "MLKEMPRIVATEBLOB"
MLKEM_PRIVATE_SEED_BLOB = "MLKEMPRIVATESEEDBLOB"
PQ_PRIVATE_KEY_BLOB = "PQPrivateKeyBlob"
KDF_KEY_BLOB = "KDFKeyBlob"
OPAQUE_TRANSPORT_BLOB = "OpaqueTransport"
CIPHER_KEY_BLOB = "CipherKeyBlob"
KEY_DATA_BLOB = "KeyDataBlob"

# Providers.
SOFTWARE_PROVIDER = "Microsoft Software Key Storage Provider"
SMART_CARD_PROVIDER = "Microsoft Smart Card Key Storage Provider"
PLATFORM_PROVIDER = "Microsoft Platform Crypto Provider"

#: Algorithms whose keys are symmetric, and their groups.
CIPHER_ALGORITHMS = frozenset({"AES", "3DES", "3DES_112", "DES", "DESX", "RC2"})
CIPHER_GROUPS = frozenset({"AES", "DES", "RC2"})

#: Groups of the algorithms whose keys are a secret -> the blob type that names the algorithm.
SECRET_BLOBS = {**dict.fromkeys(CIPHER_GROUPS, CIPHER_KEY_BLOB), "KEY_DERIVATION": KDF_KEY_BLOB}

#: Hash names of padding structures -> (name in hashlib, digest length).
HASHES = {
    "MD5": ("md5", 16),
    "SHA1": ("sha1", 20),
    "SHA256": ("sha256", 32),
    "SHA384": ("sha384", 48),
    "SHA512": ("sha512", 64),
    "SHA3-256": ("sha3_256", 32),
    "SHA3-384": ("sha3_384", 48),
    "SHA3-512": ("sha3_512", 64),
}

#: Magic of a public blob, parameter set -> object identifiers.
PARAMETER_SET_OIDS = {
    (b"DSPK", "44"): "2.16.840.1.101.3.4.3.17",
    (b"DSPK", "65"): "2.16.840.1.101.3.4.3.18",
    (b"DSPK", "87"): "2.16.840.1.101.3.4.3.19",
    (b"MLKP", "512"): "2.16.840.1.101.3.4.4.1",
    (b"MLKP", "768"): "2.16.840.1.101.3.4.4.2",
    (b"MLKP", "1024"): "2.16.840.1.101.3.4.4.3",
}

_BRAINPOOL = "1.3.36.3.3.2.8.1.1."

#: Curve names -> object identifiers. Of several names the first one is what keys report.
CURVE_OIDS = {
    "nistP192": "1.2.840.10045.3.1.1",
    "secP192r1": "1.2.840.10045.3.1.1",
    "x962P192v1": "1.2.840.10045.3.1.1",
    "nistP224": "1.3.132.0.33",
    "secP224r1": "1.3.132.0.33",
    "wtls12": "1.3.132.0.33",
    "nistP256": "1.2.840.10045.3.1.7",
    "secP256r1": "1.2.840.10045.3.1.7",
    "x962P256v1": "1.2.840.10045.3.1.7",
    "nistP384": "1.3.132.0.34",
    "secP384r1": "1.3.132.0.34",
    "nistP521": "1.3.132.0.35",
    "secP521r1": "1.3.132.0.35",
    "secP160k1": "1.3.132.0.9",
    "secP160r1": "1.3.132.0.8",
    "secP160r2": "1.3.132.0.30",
    "wtls7": "1.3.132.0.30",
    "secP192k1": "1.3.132.0.31",
    "secP224k1": "1.3.132.0.32",
    "secP256k1": "1.3.132.0.10",
    "brainpoolP160r1": _BRAINPOOL + "1",
    "brainpoolP160t1": _BRAINPOOL + "2",
    "brainpoolP192r1": _BRAINPOOL + "3",
    "brainpoolP192t1": _BRAINPOOL + "4",
    "brainpoolP224r1": _BRAINPOOL + "5",
    "brainpoolP224t1": _BRAINPOOL + "6",
    "brainpoolP256r1": _BRAINPOOL + "7",
    "brainpoolP256t1": _BRAINPOOL + "8",
    "brainpoolP320r1": _BRAINPOOL + "9",
    "brainpoolP320t1": _BRAINPOOL + "10",
    "brainpoolP384r1": _BRAINPOOL + "11",
    "brainpoolP384t1": _BRAINPOOL + "12",
    "brainpoolP512r1": _BRAINPOOL + "13",
    "brainpoolP512t1": _BRAINPOOL + "14",
    "x962P192v2": "1.2.840.10045.3.1.2",
    "x962P192v3": "1.2.840.10045.3.1.3",
    "x962P239v1": "1.2.840.10045.3.1.4",
    "x962P239v2": "1.2.840.10045.3.1.5",
    "x962P239v3": "1.2.840.10045.3.1.6",
    "wtls9": "2.23.43.1.4.9",
}

#: Curve names -> how long their keys are, in bits.
CURVE_BITS = {
    **{name: int(name.partition("P")[2][:3]) for name in CURVE_OIDS if "P" in name},
    "wtls7": 160,
    "wtls9": 160,
    "wtls12": 224,
    "curve25519": 255,
}

_FIRST_NAMES = {identifier: name for name, identifier in reversed(CURVE_OIDS.items())}
#: Curve names in lower case -> the name that keys report.
CURVE_NAMES = {
    "curve25519": "curve25519",
    **{name.lower(): _FIRST_NAMES[identifier] for name, identifier in CURVE_OIDS.items()},
}


def algorithm_curve(algorithm: str) -> str | None:
    """The curve that the name of an algorithm says (``ECDSA_P256``); None when it says none."""
    _, found, bits = algorithm.rpartition("_P")
    return CURVE_NAMES.get(f"nistp{bits}") if found else None


#: Magics of public EC blobs that do not name the curve: of keys that agree, and of those that sign.
PUBLIC_GENERIC_MAGICS = (b"ECKP", b"ECDP")

#: Magics of public EC blobs that name the curve.
PUBLIC_MAGIC_CURVES = {
    b"ECS1": "nistP256",
    b"ECS3": "nistP384",
    b"ECS5": "nistP521",
    b"ECK1": "nistP256",
    b"ECK3": "nistP384",
    b"ECK5": "nistP521",
}

PrivateBlob = namedtuple("PrivateBlob", "algorithm blob_type")

#: Magics of private blobs -> the algorithm of the key in it, the blob type's own name.
PRIVATE_MAGIC_BLOBS = {
    b"RSA2": PrivateBlob(RSA, RSA_PRIVATE_BLOB),
    b"RSA3": PrivateBlob(RSA, RSA_FULL_PRIVATE_BLOB),
    b"ECS2": PrivateBlob(ECDSA_P256, ECC_PRIVATE_BLOB),
    b"ECS4": PrivateBlob(ECDSA_P384, ECC_PRIVATE_BLOB),
    b"ECS6": PrivateBlob(ECDSA_P521, ECC_PRIVATE_BLOB),
    b"ECDV": PrivateBlob(ECDSA, ECC_PRIVATE_BLOB),
    b"ECK2": PrivateBlob(ECDH_P256, ECC_PRIVATE_BLOB),
    b"ECK4": PrivateBlob(ECDH_P384, ECC_PRIVATE_BLOB),
    b"ECK6": PrivateBlob(ECDH_P521, ECC_PRIVATE_BLOB),
    b"ECKV": PrivateBlob(ECDH, ECC_PRIVATE_BLOB),
    b"DHPV": PrivateBlob(DH, DH_PRIVATE_BLOB),
    b"DSPV": PrivateBlob(DSA, DSA_PRIVATE_BLOB),
    b"DPV2": PrivateBlob(DSA, DSA_PRIVATE_BLOB),
    b"DSSK": PrivateBlob(ML_DSA, PQDSA_PRIVATE_BLOB),
    b"DSSS": PrivateBlob(ML_DSA, PQDSA_PRIVATE_SEED_BLOB),
    b"MLKR": PrivateBlob(ML_KEM, MLKEM_PRIVATE_BLOB),
    b"MLKS": PrivateBlob(ML_KEM, MLKEM_PRIVATE_SEED_BLOB),
}
