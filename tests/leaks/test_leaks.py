# SPDX-License-Identifier: MIT
"""Loops that would show a leak. The full sizes run with NCRYPT_EXT_FULL=1."""

import gc
import os

import pytest

import ncrypt_ext as nc
from ncrypt_ext import capi, ciphers, padding

FULL = bool(os.environ.get("NCRYPT_EXT_FULL"))
STATM = "/proc/self/statm"
LIMIT = 1 << 20


def resident():
    with open(STATM) as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def assert_flat(cycle, rounds, warm_up):
    """A large piece of memory, taken once (a pool, an arena), is no leak: that grows again."""
    for _ in range(warm_up):
        cycle()
    gc.collect()
    handles = nc.live_handles()
    growth = []
    for _ in range(3):
        before = resident()
        for _ in range(rounds):
            cycle()
        gc.collect()
        growth.append(resident() - before)
        if growth[-1] < LIMIT:
            break
    assert growth[-1] < LIMIT, growth
    assert nc.live_handles() == handles


pytestmark = pytest.mark.skipif(not os.path.exists(STATM), reason="no /proc to read memory from")


def test_ephemeral_keys(provider):
    def cycle():
        with provider.create_persisted_key("ECDSA_P256") as new:
            new.finalize().close()

    assert_flat(cycle, 100_000 if FULL else 3_000, 1_000)


def test_providers(home):
    assert_flat(lambda: nc.Provider().close(), 1_000_000 if FULL else 50_000, 1_000)


def test_symmetric_keys(provider):
    blob = None

    def cycle():
        nonlocal blob
        policy = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
        with provider.create_key("AES", length=256, export_policy=policy) as key:
            mode = ciphers.CBC(bytes(16))
            key.decrypt(key.encrypt(b"two apples", mode), mode)
            blob = key.export("CipherKeyBlob")
        provider.import_key(blob, "CipherKeyBlob").close()
        with pytest.raises(nc.BadDataError):
            provider.import_key(blob[:-1], "CipherKeyBlob")

    assert_flat(cycle, 50_000 if FULL else 1_000, 500)


def test_persisted_keys(provider):
    provider.create_key("ECDSA_P256", "k").close()
    assert_flat(lambda: provider.open_key("k").close(), 100_000 if FULL else 5_000, 1_000)


def test_failures(provider, ec_key, digest):
    """What is raised half-way leaves nothing behind either."""
    provider.create_key("ECDSA_P256", "k").close()

    def cycle():
        for call in (
            lambda: provider.open_key("missing"),
            lambda: provider.create_key("ECDSA_P256", "k"),
            lambda: provider.create_key("RSA", length=17),
            lambda: provider.create_key("ECDSA_P256", properties={"a": 3.5}),
            lambda: provider.import_key(b"junk", "ECCPRIVATEBLOB", name="x"),
            lambda: ec_key.sign("not bytes"),
            lambda: ec_key.get_property("missing"),
            lambda: ec_key.verify(digest, bytes(64)),
            lambda: ec_key.export("ECCPRIVATEBLOB"),
            lambda: nc.PSS("SHA256", -1),
        ):
            with pytest.raises((nc.NCryptError, nc.InvalidSignatureError, TypeError, ValueError)):
                call()

    assert_flat(cycle, 10_000 if FULL else 500, 200)


def test_everything_else(provider, ec_key, digest, rsa_key):
    for number in range(10):
        provider.create_key("ECDSA_P256", f"k{number}").close()

    def cycle():
        ec_key.verify(digest, ec_key.sign(digest, encoding="der"), encoding="der")
        rsa_key.decrypt(rsa_key.encrypt(b"secret", nc.OAEP("SHA256")), nc.OAEP("SHA256"))
        list(provider.keys())
        next(provider.keys())
        provider.algorithms()
        nc.storage_providers()
        rsa_key.export("RSAPUBLICBLOB")
        ec_key.public_key_pem()
        ec_key.sign_many([digest] * 10, threads=2)
        ec_key.set_property("note", "text")
        ec_key.get_property("note")

    assert_flat(cycle, 10_000 if FULL else 300, 100)


def test_capi(digest):
    with capi.Context(verify=True) as context:
        with context.generate_key(2, 1024, exportable=True) as key:
            blob, signature = key.export("PRIVATEKEYBLOB"), context.sign(digest, "SHA256")
    capi.Context("kept", new=True).close()

    def cycle():
        with capi.Context(verify=True) as context, context.import_key(blob) as key:
            key.verify(context.sign(digest, "SHA256"), digest, "SHA256")
            key.export("PUBLICKEYBLOB")
            context.to_ncrypt(2).close()
            capi.Context.from_handle(context.handle, own=False).close()
            for call in (
                lambda: key.verify(signature[::-1], digest, "SHA256"),
                lambda: key.export("PRIVATEKEYBLOB"),
                lambda: context.sign(digest, "SHA256", 1),
                lambda: context.to_ncrypt(1),
                lambda: context.import_key(blob[:99]),
            ):
                with pytest.raises((nc.NCryptError, nc.InvalidSignatureError)):
                    call()
        with capi.Context("kept") as context:
            assert context.containers() == ["kept"]

    assert_flat(cycle, 10_000 if FULL else 500, 200)


def test_agreement(provider, ec_key):
    key, other = provider.create_key("ECDH_P256"), provider.create_key("ECDH_P256")
    infos = {"algorithm_id": b"a", "party_u_info": bytearray(b"u"), "party_v_info": b""}
    forms = [other, other.public_key_der(), other.export("ECCPUBLICBLOB")]
    off_curve = forms[2][:-1] + bytes([forms[2][-1] ^ 1])

    def cycle():
        for form in forms:
            with key.agree(form) as secret:
                secret.raw()
                secret.derive("HMAC", hash_name="SHA512", hmac_key=bytearray(3))
                secret.derive("SP800_56A_CONCAT", 99, **infos)
                secret.derive("HKDF", 99, salt=b"s", info=b"i")
                for call in (
                    lambda: secret.derive("HKDF", 99, salt=b"other"),
                    lambda: secret.derive("NONE", 16, label=b""),
                    lambda: secret.derive("HASH", 33),
                    lambda: secret.derive("HASH", prepend="text", append=bytearray(1)),
                ):
                    with pytest.raises((nc.NCryptError, TypeError, ValueError)):
                        call()
        for peer in (ec_key, off_curve, b"junk"):
            with pytest.raises((nc.NCryptError, ValueError)):
                key.agree(peer)

    with key, other:
        assert_flat(cycle, 10_000 if FULL else 300, 100)


def test_provider_handles(provider, ec_key):
    def cycle():
        assert ec_key.has_property("Provider Handle")
        assert ec_key.has_property("Provider Handle", persist_only=True)
        assert victim.chaining_mode == "ChainingModeCBC"  # still there

    # What an application stores under that name is no handle of ours to free.
    victim = provider.import_secret("AES", bytes(16))
    value = victim.handle.to_bytes(8, "little")
    ec_key.set_property("Provider Handle", value, persist=True, persist_only=True)

    assert_flat(cycle, 10_000 if FULL else 300, 100)


def test_derivation(provider):
    infos = {"algorithm_id": b"a", "party_u_info": bytearray(b"u"), "party_v_info": b""}

    def cycle():
        with provider.import_secret("HKDF", bytearray(b"root")) as key:
            key.derive(99, salt=b"s", info=memoryview(b"i"))
            for call in (
                lambda: key.derive(0),
                lambda: key.derive(16, label=b"l"),
                lambda: key.derive(16, salt="text"),
                lambda: key.derive(255 * 32 + 1),
                lambda: key.create_claim(2, parameters={49: b"once", 90: "SHA256"}),
                lambda: key.verify_claim(2, b"claim", authority=key, parameters={49: None}),
            ):
                with pytest.raises((nc.NCryptError, TypeError, ValueError)):
                    call()
        with provider.import_secret("PBKDF2", b"root") as key:
            key.derive(99, salt=b"s", iterations=2)
        with provider.import_secret("SP800_56A_CONCAT", b"root") as key:
            key.derive(99, **infos)
        with pytest.raises(nc.InvalidParameterError):
            provider.import_secret("HKDF", b"")

    assert_flat(cycle, 10_000 if FULL else 300, 100)


def test_post_quantum(provider):
    if not provider.is_algorithm_supported("ML-DSA"):
        pytest.skip("libcrypto before 3.5 has no ML-DSA, ML-KEM")
    policy = nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
    signer = provider.create_key("ML-DSA", parameter_set="44", export_policy=policy)
    receiver = provider.create_key("ML-KEM", parameter_set="512", export_policy=policy)
    blobs = [
        (key.export(kind), kind)
        for key in (signer, receiver)
        for kind in ("PUBLICBLOB", "PRIVATEBLOB", "PQPrivateKeyBlob", "PKCS8_PRIVATEKEY")
    ]
    prehash = padding.PQDSA(b"context", "SHA256")

    def cycle():
        for blob, kind in blobs:
            provider.import_key(blob, kind).close()
            with pytest.raises((nc.NCryptError, ValueError)):
                provider.import_key(blob[:-1], kind)
        signature = signer.sign(bytearray(32), prehash)
        signer.verify(bytes(32), signature, padding.PQDSA(bytearray(b"context"), "SHA256"))
        secret, ciphertext = receiver.encapsulate()
        assert receiver.decapsulate(memoryview(ciphertext)) == secret
        signer.public_key_der()
        for call in (
            lambda: signer.verify(bytes(32), signature),
            lambda: signer.sign(bytes(31), prehash),
            lambda: signer.encapsulate(),
            lambda: receiver.decapsulate(ciphertext[1:]),
            lambda: receiver.decapsulate("text"),
            lambda: receiver.sign(bytes(32)),
            lambda: padding.PQDSA(bytes(256)),
            lambda: provider.create_key("ML-DSA", parameter_set="45"),
        ):
            with pytest.raises((nc.NCryptError, nc.InvalidSignatureError, TypeError, ValueError)):
                call()

    with signer, receiver:
        assert_flat(cycle, 10_000 if FULL else 200, 100)


def test_watching(provider):
    provider.create_key("ECDSA_P256", "k").close()

    def cycle():
        with provider.watch_keys() as watch:
            watch.wait(0)
            with pytest.raises(ValueError, match="timeout"):
                watch.wait(-1)
        provider.watch_keys()

    assert_flat(cycle, 10_000 if FULL else 300, 100)
