# SPDX-License-Identifier: MIT
"""Inputs for fuzz_property.c."""

from struct import pack, unpack_from

from .blob_pieces import (
    P256,
    entries,
    full_ecc,
    known,
    parameters,
    utf16,
    with_other_generator,
)
from .seeds_blob import pq_blob

# What is kept in the corpus by hand, and what runs short of memory.
KEPT = {
    "no_value_secret",
    "no_value_salt_secret",
    "finished_policy",
    "no_size_secret",
    "named_own",
    "imported_used",
    "secret_hash_96",
    "very_long_ui",
    "secret_hash_99",
}
ALLOCATIONS = {
    "stored_own": 300,
    "stored_policy": 300,
    "imported_own": 300,
    "secret_hash_96": 300,
    "long_ui": 300,
    "dsa_new_group": 300,
    "dh_group_key": 300,
    "ncrypt_ecdsa_algorithm_own_secret": 300,
}

RAW, NO_VALUE, NO_NAME, TOO_LARGE, NO_SIZE, USE, LONG_TEXT = (
    0x80,
    0x60,
    0x61,
    0x62,
    0x63,
    0x64,
    0x65,
)
PERSIST, PERSIST_ONLY = 2, 3
FINALIZE = b"\xff\0\0\0"


def on(thing):
    return bytes([entries("property", "algorithms").index(thing)])


def step(name, value, how=0):
    return bytes([entries("property", "names").index(name), how]) + pack("<H", len(value)) + value


def named():
    own = '''u"an application's own"'''
    policy, length = "NCRYPT_EXPORT_POLICY_PROPERTY", "NCRYPT_LENGTH_PROPERTY"
    curve, numbers = "NCRYPT_ECC_CURVE_NAME_PROPERTY", "BCRYPT_ECC_PARAMETERS"
    for label, thing in ("stored", "STORED"), ("imported", "IMPORTED"), ("closed", "CLOSED"):
        yield (
            f"{label}_own",
            on(thing) + step(own, b"value", PERSIST) + step(own, b"", PERSIST_ONLY),
        )
        yield (
            f"{label}_policy",
            on(thing)
            + b"".join(
                step(policy, pack("<I", bits), how)
                for bits, how in ((1, 0), (3, PERSIST), (0, PERSIST), (3, 0))
            ),
        )
        yield (
            f"{label}_rest",
            on(thing)
            + step(length, pack("<I", 256))
            + step("NCRYPT_USE_CONTEXT_PROPERTY", utf16("use"))
            + step("NCRYPT_WINDOW_HANDLE_PROPERTY", bytes(8)),
        )
    for thing in "SECRET", "PROVIDER", "NCRYPT_RSA_ALGORITHM":
        for label, how in (
            ("value", NO_VALUE),
            ("name", NO_NAME),
            ("large", TOO_LARGE),
            ("size", NO_SIZE),
        ):
            yield f"no_{label}_{thing.lower()}", on(thing) + step(own, b"value", how)
            salt = step("BCRYPT_HKDF_SALT_AND_FINALIZE", b"value", how)
            yield f"no_{label}_salt_{thing.lower()}", on(thing) + salt
    used = (
        step(policy, pack("<I", 3))
        + step(policy, pack("<I", 1))
        + step(policy, pack("<I", 3), PERSIST)
    )
    yield "imported_used", on("IMPORTED") + step(own, b"use", USE) + used
    yield "finished_policy", on("NCRYPT_ECDSA_P256_ALGORITHM") + FINALIZE + used
    yield (
        "stored_policy_again",
        on("STORED") + step(policy, pack("<I", 0)) + step(policy, pack("<I", 0), PERSIST),
    )
    for name, value in ("NCRYPT_USE_CONTEXT_PROPERTY", b""), ("NCRYPT_USE_CONTEXT_PROPERTY", b"a"):
        yield (
            f"no_text_{len(value)}",
            on("NCRYPT_RSA_ALGORITHM") + step(name, value) + step(name, value, NO_VALUE),
        )
    yield (
        "ecdh_blob_of_ecdsa",
        on("NCRYPT_ECDH_ALGORITHM") + step("BCRYPT_ECCFULLPRIVATE_BLOB", full_ecc(P256, True)),
    )
    aes = known("blob", "aes128_cipherkeyblob_0")[3:]
    for thing in "NCRYPT_3DES_ALGORITHM", "BCRYPT_PBKDF2_ALGORITHM", "BCRYPT_HKDF_ALGORITHM":
        yield f"aes_in_{thing.lower()}", on(thing) + step("NCRYPT_CIPHER_KEY_BLOB", aes)
    kdf = known("blob", "pbkdf2_kdfkeyblob")[3:]
    yield (
        "pbkdf2_in_hkdf",
        on("BCRYPT_HKDF_ALGORITHM") + step("NCRYPT_KDF_KEY_BLOB", kdf) + FINALIZE,
    )
    yield (
        "pbkdf2_in_pbkdf2",
        on("BCRYPT_PBKDF2_ALGORITHM") + step("NCRYPT_KDF_KEY_BLOB", kdf) + FINALIZE,
    )
    policy_texts = b"\1" + utf16("t") + utf16("n") + utf16("d")
    ui = "NCRYPT_UI_POLICY_PROPERTY"
    yield "very_long_ui", on("NCRYPT_RSA_ALGORITHM") + step(ui, policy_texts, LONG_TEXT)
    yield (
        "named_own",
        on("NAMED") + step(own, b"value", PERSIST) + step(own, b"value", PERSIST_ONLY),
    )
    for how in NO_VALUE, NO_SIZE:
        given = step("BCRYPT_HKDF_HASH_ALGORITHM", utf16("SHA256"), how)
        yield f"secret_hash_{how}", on("SECRET") + given
    yield "long_name", on("NCRYPT_RSA_ALGORITHM") + step(entries("property", "names")[-1], b"x")
    yield (
        "unfinished_own",
        on("NCRYPT_RSA_ALGORITHM") + step(own, b"value", PERSIST) + step(own, b"2", PERSIST_ONLY),
    )
    title = utf16("t" * 31)
    yield (
        "long_ui",
        on("NCRYPT_RSA_ALGORITHM") + step("NCRYPT_UI_POLICY_PROPERTY", b"\1" + title * 3),
    )
    for thing in "NCRYPT_ECDSA_ALGORITHM", "NCRYPT_ECDH_ALGORITHM", "NCRYPT_ECDSA_P256_ALGORITHM":
        secret = step("BCRYPT_ECCPRIVATE_BLOB", known("blob", "ecdsa_p256_eccprivateblob_0")[3:])
        full = step("BCRYPT_ECCFULLPRIVATE_BLOB", full_ecc(with_other_generator(P256), True))
        parts = {
            "25519": step(curve, utf16("curve25519")),
            "p384": step(curve, utf16("nistP384")),
            "p256": step(curve, utf16("nistP256")),
            "none": step(curve, utf16("none")),
            "own": step(numbers, parameters(with_other_generator(P256))),
            "bad": step(numbers, parameters(P256, version=3)),
            "secret": secret,
            "full": full,
        }
        for first, one in parts.items():
            yield f"{thing.lower()}_{first}", on(thing) + one + FINALIZE
            for second in "p384", "p256", "own", "secret":
                yield (
                    f"{thing.lower()}_{first}_{second}",
                    on(thing) + one + parts[second] + FINALIZE,
                )
    yield (
        "ecdh_of_ecdsa",
        on("NCRYPT_ECDH_P256_ALGORITHM")
        + step("BCRYPT_ECCPRIVATE_BLOB", known("blob", "ecdsa_p256_eccprivateblob_0")[3:]),
    )
    yield (
        "ecdsa_of_p384",
        on("NCRYPT_ECDSA_P256_ALGORITHM")
        + step("BCRYPT_ECCPRIVATE_BLOB", known("blob", "ecdsa_p384_eccprivateblob_0")[3:]),
    )
    yield from group_seeds(length)
    for thing, group in (
        ("NCRYPT_MLDSA_ALGORITHM", ("44", "65", "87", "x")),
        (
            "NCRYPT_MLKEM_ALGORITHM",
            ("512", "768", "1024", "x"),
        ),
    ):
        for name in group:
            given = step("NCRYPT_PARAMETER_SET_NAME_PROPERTY", utf16(name))
            yield (
                f"{thing.lower()}_{name}",
                on(thing) + given + FINALIZE + given + step(length, bytes(4)),
            )
            seeds = {"44": b"DSSS", "512": b"MLKS"}.get(name, b"DSSS")
            kind = (
                "BCRYPT_PQDSA_PRIVATE_SEED_BLOB"
                if seeds == b"DSSS"
                else "BCRYPT_MLKEM_PRIVATE_SEED_BLOB"
            )
            key = step(
                kind,
                pq_blob(
                    seeds,
                    "44" if seeds == b"DSSS" else "512",
                    bytes(32 if seeds == b"DSSS" else 64),
                ),
            )
            yield f"{thing.lower()}_{name}_seed", on(thing) + given + key + given + FINALIZE
            yield f"{thing.lower()}_{name}_seed_first", on(thing) + key + given + FINALIZE
        yield f"{thing.lower()}_none", on(thing) + step(length, bytes(4)) + FINALIZE
    set_of_rsa = step("NCRYPT_PARAMETER_SET_NAME_PROPERTY", utf16("44"))
    yield "rsa_parameter_set", on("NCRYPT_RSA_ALGORITHM") + set_of_rsa


def group_seeds(length):
    """Groups of DH and DSA, twice, behind a length, behind a key."""
    old, new = (
        known("blob", "dsa512_dsaprivateblob_0")[3:],
        known("blob", "dsa2048_dsaprivateblob_0")[3:],
    )
    dh = known("blob", "dh512_dhprivateblob_0")[3:]
    old_group = pack("<II", 0x4D505344, 64) + old[8 : 8 + 44 + 128]
    words, seed_size = unpack_from("<5I", new, 4), unpack_from("<I", new, 16)[0]
    new_end = 28 + seed_size + words[4] + 2 * 256
    new_group = pack("<II", 0x324D5044, 256) + new[8:new_end]
    dh_group = pack("<II", 0x4D504844, 64) + dh[8 : 8 + 128]
    for label, thing, name, group, key, bits in (
        (
            "dsa_old",
            "NCRYPT_DSA_ALGORITHM",
            "BCRYPT_DSA_PARAMETERS",
            old_group,
            ("BCRYPT_DSA_PRIVATE_BLOB", old),
            512,
        ),
        (
            "dsa_new",
            "NCRYPT_DSA_ALGORITHM",
            "BCRYPT_DSA_PARAMETERS",
            new_group,
            ("BCRYPT_DSA_PRIVATE_BLOB", new),
            2048,
        ),
        (
            "dh",
            "NCRYPT_DH_ALGORITHM",
            "NCRYPT_DH_PARAMETERS_PROPERTY",
            dh_group,
            ("BCRYPT_DH_PRIVATE_BLOB", dh),
            512,
        ),
    ):
        given = step(name, pack("<I", len(group) + 4) + group)
        blob_given = step(*key)
        same, other = step(length, pack("<I", bits)), step(length, pack("<I", 1024))
        yield f"{label}_group", on(thing) + given + given + same + other + FINALIZE
        yield f"{label}_group_length", on(thing) + same + given + FINALIZE
        yield f"{label}_group_other_length", on(thing) + other + given
        yield f"{label}_group_key", on(thing) + given + blob_given + same + FINALIZE
        yield f"{label}_key_group", on(thing) + blob_given + given + same + other + FINALIZE
        yield f"{label}_bad_group", on(thing) + step(name, pack("<I", len(group) + 5) + group)
        yield f"{label}_other_algorithm", on("NCRYPT_RSA_ALGORITHM") + given
        short = step(name, pack("<I", 12) + group[:8])
        yield f"{label}_short_group", on(thing) + short


def inputs():
    return (data for _, data in named())


def starved():
    """(up to which allocation, an input)"""
    return ((most, data) for name, data in named() if (most := ALLOCATIONS.get(name)))


def kept():
    """What llvm-cov sees and the fuzzer does not."""
    return (data for name, data in named() if name in KEPT)
