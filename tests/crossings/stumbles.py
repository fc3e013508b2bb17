# SPDX-License-Identifier: MIT
"""Lets native calls fail in the ways that Windows' do now and then: run by test_stumbles.py."""

import sys

import tracer

import ncrypt_ext as nc

UNSUCCESSFUL = 0xC0000001
NOT_SUPPORTED = 0xC00000BB
NOT_IMPLEMENTED = 0xC0000002
INVALID_PARAMETER = 0xC000000D
DIGEST = bytes(32)
counts = tracer.start()


def calls(name, action):
    before = counts.read()[name]
    action()
    return counts.read()[name] - before


def raised(action):
    try:
        action()
    except nc.NCryptError as error:
        return error
    raise AssertionError("nothing was raised")


def uses(key):
    """What a key does, with the native function that does it."""
    padding = None if key.algorithm != "RSA" else nc.PSS("SHA256")
    signature = key.sign(DIGEST, padding)
    yield "NCryptSignHash", lambda: key.sign(DIGEST, padding)
    yield "NCryptSignHash", lambda: key.sign_into(DIGEST, bytearray(len(signature)), padding)
    yield "NCryptSignHash", lambda: key.sign_many([DIGEST], padding)
    yield "BCryptVerifySignature", lambda: key.verify(DIGEST, signature, padding)
    if key.algorithm == "RSA":
        secret = key.encrypt(b"message", nc.OAEP("SHA256"))
        yield "BCryptEncrypt", lambda: key.encrypt(b"message", nc.OAEP("SHA256"))
        yield "NCryptDecrypt", lambda: key.decrypt(secret, nc.OAEP("SHA256"))


def retries(key):
    for function, use in uses(key):
        use()
        assert calls(function, use) == 1, function
        counts.fail(function, UNSUCCESSFUL)
        assert calls(function, use) == 2, function
        counts.fail(function, UNSUCCESSFUL, 2)
        error = raised(use)
        assert (error.status, error.function) == (UNSUCCESSFUL, function), error
        assert calls(function, use) == 1, function


def key_store_after_bcrypt(key):
    """A call that bcrypt cannot do goes to the key store; one that it refuses does not."""
    for function, use in uses(key):
        if not function.startswith("BCrypt"):
            continue
        store = {"BCryptVerifySignature": "NCryptVerifySignature"}.get(function, "NCryptEncrypt")
        for status in (NOT_SUPPORTED, NOT_IMPLEMENTED):
            counts.fail(function, status)
            assert calls(store, use) == 1, store
        assert calls(store, use) == 0, store
        counts.fail(function, INVALID_PARAMETER)
        before = counts.read()[store]
        error = raised(use)
        assert isinstance(error, nc.InvalidParameterError), error
        assert error.function == function
        assert counts.read()[store] == before
        counts.fail(function, NOT_SUPPORTED)
        counts.fail(store, UNSUCCESSFUL)
        assert calls(store, use) == 2, store


def no_public_half(make, function):
    """A key that bcrypt does not take stays with the key store, and is not tried again."""
    key = make()
    counts.fail(function, NOT_SUPPORTED)
    tries = {name: counts.read()[name] for name in ("BCryptImportKeyPair", "NCryptExportKey")}
    for store, use in uses(key):
        names = {"BCryptVerifySignature": "NCryptVerifySignature", "BCryptEncrypt": "NCryptEncrypt"}
        if store in names:
            assert calls(names[store], use) == 1, store
            assert calls(names[store], use) == 1, store
    for name, before in tries.items():
        assert counts.read()[name] - before <= 1, name
    assert nc.live_handles()["binding"]["PublicKey"] == 0
    kind = "RSAPUBLICBLOB" if key.algorithm == "RSA" else "ECCPUBLICBLOB"
    assert calls("NCryptExportKey", lambda: key.export(kind)) == 1
    key.close()


def first_read_stumbles(make):
    """The public key is read again after a failure without a reason, and bcrypt has it then."""
    with make() as key:
        counts.fail("NCryptExportKey", UNSUCCESSFUL)
        reads = counts.read()["NCryptExportKey"]
        for function, use in list(uses(key)):
            if function.startswith("BCrypt"):
                assert calls(function, use) == 1, function
        assert counts.read()["NCryptExportKey"] - reads == 2


def agreement(provider):
    """One native call each, and a second one after a failure without a reason."""
    with provider.create_key("ECDH_P256") as key, key.agree(key) as secret:
        uses = {
            "NCryptSecretAgreement": lambda: key.agree(key).close(),
            "NCryptDeriveKey": secret.raw,
        }
        for function, use in uses.items():
            assert calls(function, use) == 1, function
            counts.fail(function, UNSUCCESSFUL)
            assert calls(function, use) == 2, function
            counts.fail(function, UNSUCCESSFUL, 2)
            error = raised(use)
            assert (error.status, error.function) == (UNSUCCESSFUL, function), error
        assert calls("NCryptDeriveKey", lambda: secret.derive("HASH")) == 1
        assert nc.live_handles()["binding"]["Secret"] == 1


def main(algorithm):
    provider = nc.Provider()

    def make():
        return provider.create_key(algorithm, **({"length": 2048} if algorithm == "RSA" else {}))

    with make() as key:
        retries(key)
        key_store_after_bcrypt(key)
    no_public_half(make, "BCryptImportKeyPair")
    no_public_half(make, "NCryptExportKey")
    first_read_stumbles(make)
    agreement(provider)
    provider.close()
    assert set(nc.live_handles()["binding"].values()) == {0}, nc.live_handles()
    print("done")


main(sys.argv[1])
