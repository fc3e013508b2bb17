# SPDX-License-Identifier: MIT
"""Inputs for fuzz_blob.c."""

import re
from struct import pack, unpack_from

from .blob_pieces import (
    CURVES,
    HERE,
    P256,
    SECP160R1,
    bad_parameters,
    entries,
    full_ecc,
    generic_ecc,
    known,
    parameters,
    patched,
    utf16,
    with_other_generator,
)

# What is kept in the corpus by hand, and what runs short of memory.
KEPT = {
    "odd_8",
    "full_own_p521_private",
    "odd_10",
    "61_own_p521_public",
    "full_bad_no_order",
    "61_bad_long_seed",
}
ALLOCATIONS = {
    "61_own_p256_public": 1200,
    "full_own_p256_private": 1200,
    "61_bad_cofactor_2": 1200,
    "full_bad_other_order": 1200,
    "61_bad_small_order": 1200,
    "full_bad_not_on_curve": 1200,
    "dsa_new_known": 1200,
    "dsa_capi_known": 1200,
    "kdf_pbkdf2": 1200,
    "aes_good": 1200,
    "named": 1200,
    "odd_8": 1200,
    "mldsa_44_seed": 1200,
    "mlkem_512_seed": 1200,
}

UNCHECKED, GENERIC, CURVE, UNFINALIZED, PARAMETERS, ODD, NAMED, BCRYPT = (
    1 << bit for bit in range(8)
)


def blob(kind, options, data, *, curve='u"nistP256"', before=b""):
    kinds, curves = entries("blob", "types"), entries("blob", "curves")
    return bytes([kinds.index(kind), options, curves.index(curve)]) + before + data


def sized(data):
    return pack("<H", len(data)) + data


def named():
    kinds = entries("blob", "types")
    for name, named in CURVES.items():
        own = with_other_generator(named)
        for secret, word in (False, "PUBLIC"), (True, "PRIVATE"):
            generic = f"BCRYPT_ECC{word}_BLOB"
            for label, curve in ("named", named), ("own", own):
                before = sized(parameters(curve))
                data = generic_ecc(curve, secret)
                yield (
                    f"61_{label}_{name}_{word.lower()}",
                    blob(generic, PARAMETERS, data, before=before),
                )
                full = blob(f"BCRYPT_ECCFULL{word}_BLOB", 0, full_ecc(curve, secret))
                yield f"full_{label}_{name}_{word.lower()}", full
    own = with_other_generator(P256)
    data, before = generic_ecc(own), sized(parameters(own))
    public, full = "BCRYPT_ECCPUBLIC_BLOB", "BCRYPT_ECCFULLPRIVATE_BLOB"
    yield "61_twice", blob(public, PARAMETERS | CURVE, data, before=before)
    yield "61_named_blob", known("blob", "ecdsa_p256_eccpublicblob_0")
    yield "61_other", blob(public, PARAMETERS, b"ECS1" + generic_ecc(P256)[4:], before=before)
    yield "61_not_taken", blob("BCRYPT_RSAPUBLIC_BLOB", PARAMETERS, data, before=before)
    yield "full_unfinalized", blob(full, UNFINALIZED, full_ecc(own, True))
    yield "full_unchecked", blob(full, UNCHECKED, full_ecc(own, True))
    yield "full_generic", blob(full, GENERIC, full_ecc(P256, True))
    yield "full_longer", blob(full, 0, full_ecc(own, True) + b"\0")
    wide = with_other_generator(SECP160R1)
    yield "full_d_wide", blob(full, 0, full_ecc(wide, True, d=b"\1" + bytes(20)))
    montgomery = b"ECKP" + pack("<I", 32) + b"\t" + bytes(63)
    yield "agrees_only", blob(public, CURVE, b"ECDP" + montgomery[4:], curve='u"curve25519"')
    for label, bad in bad_parameters():
        yield f"61_bad_{label}", blob(public, PARAMETERS, data, before=sized(bad))
        yield f"full_bad_{label}", blob(full, 0, b"ECDV" + bad + bytes(96))
    ecc = known("blob", "ecdsa_p256_eccprivateblob_0")[3:]
    for what in range(11):
        yield f"odd_{what}", blob("BCRYPT_ECCPRIVATE_BLOB", ODD, ecc, before=bytes([what]))
    for name, kind in (
        ("rsa512_capipublicblob_0", "LEGACY_RSAPUBLIC_BLOB"),
        ("rsa512_rsapublicblob_0", "BCRYPT_RSAPUBLIC_BLOB"),
        ("rsa512_rsaprivateblob_0", "BCRYPT_RSAPRIVATE_BLOB"),
        ("ecdsa_p256_eccpublicblob_0", public),
        ("ecdsa_p256_eccprivateblob_0", "BCRYPT_ECCPRIVATE_BLOB"),
        ("dh512_dhpublicblob_0", "BCRYPT_DH_PUBLIC_BLOB"),
        ("dsa512_dsapublicblob_0", "BCRYPT_DSA_PUBLIC_BLOB"),
        ("dsa512_capidsapublicblob", "LEGACY_DSA_PUBLIC_BLOB"),
    ):
        for algorithm in range(11):
            given = bytes([algorithm])
            yield (
                f"bcrypt_{algorithm}_{name}",
                blob(kind, BCRYPT, known("blob", name)[3:], before=given),
            )
    yield "named", blob("BCRYPT_ECCPRIVATE_BLOB", NAMED, ecc)
    yield "badly_named", blob("BCRYPT_ECCPRIVATE_BLOB", NAMED | UNCHECKED, ecc)
    yield "rsa_no_exponent", patched(known("blob", "rsa512_rsapublicblob_0"), 3 + 8, bytes(4))
    yield (
        "named_rsa_public",
        blob("BCRYPT_RSAPUBLIC_BLOB", NAMED, known("blob", "rsa512_rsapublicblob_0")[3:]),
    )
    yield "named_public", blob(public, NAMED, known("blob", "ecdsa_p256_eccpublicblob_0")[3:])
    for kind in kinds:
        yield f"type_{kinds.index(kind)}", blob(kind, 0, bytes(64))
    yield from dl_seeds()
    yield from pq_seeds()
    yield from secret_seeds()


def dl_seeds():
    """DSA blobs with and without what their parameters were made from."""
    old, new = known("blob", "dsa512_dsaprivateblob_0"), known("blob", "dsa2048_dsaprivateblob_0")
    for label, counter, seed in (
        ("known", b"\0\0\0\1", b"\2" * 20),
        ("no_counter", b"\xff" * 4, b"\2" * 20),
        ("no_seed", b"\0\0\0\1", b"\xff" * 20),
        ("large_counter", b"\x80\0\0\1", b"\2" * 20),
    ):
        yield f"dsa_old_{label}", patched(patched(old, 3 + 8, counter), 3 + 12, seed)
        capi = known("blob", "dsa512_v2capidsaprivateblob")
        yield f"dsa_capi_{label}", capi[:-24] + counter[::-1] + seed
        capi = known("blob", "dsa512_capidsapublicblob")
        yield f"dsa_capi3_{label}", patched(capi, 3 + 24, counter[::-1] + seed)
    seed_size = unpack_from("<I", new, 3 + 16)[0]
    counter, seed = patched(new, 3 + 24, b"\0\0\0\1"), b"\2" * seed_size
    yield "dsa_new_known", patched(counter, 3 + 28, seed)
    yield "dsa_new_no_seed", patched(counter, 3 + 28, b"\xff" * seed_size)
    without = patched(new, 3 + 16, pack("<I", 0))
    yield "dsa_new_without_seed", without[: 3 + 28] + without[3 + 28 + seed_size :]
    sha512 = patched(patched(new, 3 + 8, pack("<I", 2)), 3 + 20, pack("<I", 64))
    yield "dsa_new_sha512", sha512
    dh = known("blob", "dh512_capidhprivateblob")
    p, x = dh[3 + 52 : 3 + 52 + 64], dh[-64:]
    head = patched(dh[3 : 3 + 16], 8, b"\0DH2")
    head = patched(head, 1, b"\2")
    yield "dh_capi_2", dh[:3] + head + p + dh[3 + 52 + 64 : 3 + 52 + 128] + x


def pq_blob(magic, name, key):
    return magic + pack("<II", len(utf16(name)), len(key)) + utf16(name) + key


def pq_seeds():
    signs, seed = "BCRYPT_PQDSA_PRIVATE_SEED_BLOB", bytes(range(32))
    for name, public, private in ("44", 1312, 2560), ("65", 1952, 4032), ("87", 2592, 4896):
        yield f"mldsa_{name}_seed", blob(signs, 0, pq_blob(b"DSSS", name, seed))
        yield (
            f"mldsa_{name}_public",
            blob("BCRYPT_PQDSA_PUBLIC_BLOB", 0, pq_blob(b"DSPK", name, bytes(public))),
        )
        yield (
            f"mldsa_{name}_private",
            blob("BCRYPT_PQDSA_PRIVATE_BLOB", 0, pq_blob(b"DSSK", name, bytes(private))),
        )
    for name, public, private in ("512", 800, 1632), ("768", 1184, 2400), ("1024", 1568, 3168):
        seeds = bytes(range(64))
        yield (
            f"mlkem_{name}_seed",
            blob("BCRYPT_MLKEM_PRIVATE_SEED_BLOB", 0, pq_blob(b"MLKS", name, seeds)),
        )
        yield (
            f"mlkem_{name}_public",
            blob("BCRYPT_MLKEM_PUBLIC_BLOB", 0, pq_blob(b"MLKP", name, bytes(public))),
        )
        yield (
            f"mlkem_{name}_private",
            blob("BCRYPT_MLKEM_PRIVATE_BLOB", 0, pq_blob(b"MLKR", name, bytes(private))),
        )
    inner = pq_blob(b"DSSS", "44", seed)
    wrapper = "NCRYPT_PQ_PRIVATE_KEY_BLOB"
    magic = pack("<I", pq_private_magic())
    for label, kind in (
        ("seed", "PQDSAPRIVATESEEDBLOB"),
        ("public", "PQDSAPUBLICBLOB"),
        ("none", "x"),
    ):
        yield f"pq_{label}", blob(wrapper, 0, pq_blob(magic, kind, inner))
    yield "pq_short", blob(wrapper, 0, magic[:3])
    yield "pq_ecc", blob(wrapper, 0, pq_blob(magic, "ECCPRIVATEBLOB", inner))
    for label, bad in pq_bad(seed):
        yield f"mldsa_bad_{label}", blob(signs, 0, bad)
    generic = "BCRYPT_PRIVATE_KEY_BLOB"
    yield "mldsa_generic", blob(generic, 0, inner)
    yield "mldsa_unfinalized", blob(signs, UNFINALIZED, inner)


def pq_private_magic():
    text = (HERE / "../../include/ncrypt.h").read_text()
    return int(re.search(r"NCRYPT_PQ_PRIVATE_BLOB_MAGIC\s+(0x[0-9A-Fa-f]+)", text)[1], 16)


def pq_bad(seed):
    good = pq_blob(b"DSSS", "44", seed)
    yield "set", pq_blob(b"DSSS", "45", seed)
    yield "magic", b"DSSX" + good[4:]
    yield "size", pq_blob(b"DSSS", "44", seed[1:])
    yield "sum", good + b"\0"
    yield "name_size", patched(good, 4, pack("<I", 5000))
    yield "odd_name", good[:4] + pack("<II", 5, 33) + good[12:]
    yield "no_name", good[:4] + pack("<II", 0, 32) + seed
    yield "long_name", pq_blob(b"DSSS", "4" * 40, seed)
    yield "open_name", good[:4] + pack("<II", 4, 32) + utf16("44")[:4] + seed
    yield "early_nul", pq_blob(b"DSSS", "4\0", seed)
    yield "short", good[:9]


def secret_blob(magic, name, key):
    data = b"KDBM" + pack("<II", 1, len(key)) + key
    return pack("<I4sII", 16, magic, len(utf16(name)), len(data)) + utf16(name) + data


def secret_seeds():
    cipher, derived = "NCRYPT_CIPHER_KEY_BLOB", "NCRYPT_KDF_KEY_BLOB"
    for name in (
        "HKDF",
        "PBKDF2",
        "CAPI_KDF",
        "TLS1_1_KDF",
        "TLS1_2_KDF",
        "SP800_108_CTR_HMAC",
        "SP800_56A_CONCAT",
    ):
        yield f"kdf_{name.lower()}", blob(derived, 0, secret_blob(b"KDF1", name, b"secret"))
    yield "kdf_of_aes", blob(derived, 0, secret_blob(b"KDF1", "AES", bytes(16)))
    yield "kdf_unknown", blob(derived, 0, secret_blob(b"KDF1", "none", bytes(16)))
    yield "aes_of_kdf", blob(cipher, 0, secret_blob(b"KDF1", "AES", bytes(16)))
    yield "aes_good", blob(cipher, 0, secret_blob(b"CPHR", "AES", bytes(16)))
    yield (
        "aes_short_data",
        blob(cipher, 0, pack("<I4sII", 16, b"CPHR", 8, 8) + utf16("AES") + b"KDBM\1\0\0\0"),
    )
    yield "aes_version", blob(cipher, 0, patched(secret_blob(b"CPHR", "AES", bytes(16)), 28, b"\2"))
    yield "aes_size_18", blob(cipher, 0, secret_blob(b"CPHR", "AES", bytes(18)))
    for label, name_size, data_size in (
        ("wide", 200, 4),
        ("odd", 7, 4),
        ("empty", 0, 4),
        ("no_data", 8, 3),
    ):
        sizes = pack("<I4sII", 16, b"CPHR", name_size, data_size) + bytes(name_size + data_size)
        yield f"secret_{label}", blob(cipher, 0, sizes)
    data = b"KDBM" + pack("<II", 1, 5) + b"short"
    yield "secret_no_name", blob(cipher, 0, pack("<I4sII", 16, b"CPHR", 0, len(data)) + data)
    yield "aes_17", blob(cipher, 0, known("blob", "aes128_cipherkeyblob_0")[3:] + b"\0")


def inputs():
    return (data for _, data in named())


def starved():
    """(up to which allocation, an input)"""
    return ((most, data) for name, data in named() if (most := ALLOCATIONS.get(name)))


def kept():
    """What llvm-cov sees and the fuzzer does not."""
    return (data for name, data in named() if name in KEPT)
