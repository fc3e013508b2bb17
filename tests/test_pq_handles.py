# SPDX-License-Identifier: MIT
"""ML-DSA and ML-KEM keys in threads, processes and stores; policies, contexts, hashes, lengths."""

import hashlib
import os
import threading

import pytest

import ncrypt_ext as nc
from ncrypt_ext import padding, properties

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows and Wine: tests/conformance")

MESSAGE = b"order 17 of the second of May"
PLAINTEXT = nc.ExportPolicy.ALLOW_EXPORT | nc.ExportPolicy.ALLOW_PLAINTEXT_EXPORT
KINDS = {"ML-DSA": ("44", "PQDSA"), "ML-KEM": ("512", "MLKEM")}
HASHES = {
    "SHA256": hashlib.sha256(MESSAGE).digest(),
    "SHA384": hashlib.sha384(MESSAGE).digest(),
    "SHA512": hashlib.sha512(MESSAGE).digest(),
    "SHA3-256": hashlib.sha3_256(MESSAGE).digest(),
    "SHA3-384": hashlib.sha3_384(MESSAGE).digest(),
    "SHA3-512": hashlib.sha3_512(MESSAGE).digest(),
    "SHAKE128": hashlib.shake_128(MESSAGE).digest(32),
    "SHAKE256": hashlib.shake_256(MESSAGE).digest(64),
}


@pytest.fixture(autouse=True)
def needs_keys(provider):
    if not provider.is_algorithm_supported("ML-DSA"):
        pytest.skip("libcrypto before 3.5 has no ML-DSA, ML-KEM")


def make(provider, algorithm, name=None, **settings):
    return provider.create_key(algorithm, name, parameter_set=KINDS[algorithm][0], **settings)


@pytest.fixture
def signer(provider):
    with make(provider, "ML-DSA", export_policy=PLAINTEXT) as key:
        yield key


@pytest.fixture
def receiver(provider):
    with make(provider, "ML-KEM", export_policy=PLAINTEXT) as key:
        yield key


# ---- threads -------------------------------------------------------------------------------------


def in_threads(work, count=2):
    """Runs `work` until it says ClosedHandleError; what else it raises is raised here."""
    failures = []

    def body():
        try:
            while True:
                work()
        except nc.ClosedHandleError:
            pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, failures


@pytest.mark.parametrize("algorithm", KINDS)
def test_used_while_closed(provider, signer, receiver, algorithm):
    original = signer if algorithm == "ML-DSA" else receiver
    secret, ciphertext = receiver.encapsulate()
    blob = original.export("PRIVATEBLOB")
    for _ in range(20):
        key = provider.import_key(blob, "PRIVATEBLOB")
        results, started = [], threading.Event()

        def work(key=key, results=results, started=started):
            if algorithm == "ML-DSA":
                results.append(key.sign(MESSAGE))
                key.verify(MESSAGE, results[-1])
            else:
                results.append(key.decapsulate(ciphertext))
                key.encapsulate()
            started.set()

        threads, failures = in_threads(work)
        started.wait()
        key.close()
        for thread in threads:
            thread.join()
        assert failures == []
        for result in results[-2:]:
            if algorithm == "ML-DSA":
                original.verify(MESSAGE, result)
            else:
                assert result == secret


def test_one_key_for_all(signer, receiver):
    failures = []

    def work():
        try:
            for _ in range(20):
                signer.verify(
                    MESSAGE, signer.sign(MESSAGE, padding.PQDSA(b"c")), padding.PQDSA(b"c")
                )
                secret, ciphertext = receiver.encapsulate()
                assert receiver.decapsulate(ciphertext) == secret
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_many_at_once(signer):
    messages = [bytes([number + 1]) * 9 for number in range(30)]
    signatures = signer.sign_many(messages, padding.PQDSA(b"batch"), threads=3)
    assert len(set(signatures)) == 30
    for message, signature in zip(messages, signatures, strict=True):
        signer.verify(message, signature, padding.PQDSA(b"batch"))


# ---- processes -----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")
def test_fork(run_python):
    run_python("""
import os, threading, warnings
import ncrypt_ext as nc
warnings.simplefilter("ignore", DeprecationWarning)  # of fork() with threads: that is the point
provider = nc.Provider()
signer = provider.create_key("ML-DSA", "s", parameter_set="44")
receiver = provider.create_key("ML-KEM", parameter_set="512")
secret, ciphertext = receiver.encapsulate()
stop = False

def work():
    while not stop:
        signer.sign(b"message")
        receiver.decapsulate(ciphertext)

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            assert receiver.decapsulate(ciphertext) == secret
            signature = signer.sign(b"of the child")
            with provider.open_key("s") as again:
                again.verify(b"of the child", signature)
            provider.create_key("ML-KEM", parameter_set="512").close()
            for each in (signer, receiver, provider):
                each.close()
            left = nc.live_handles()
            assert left["binding"]["Key"] == left["engine"]["keys"] == 0, left
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
stop = True
for thread in threads:
    thread.join()
signer.verify(b"x", signer.sign(b"x"))
""")


def test_other_processes_open_what_is_stored(provider, run_python):
    with make(provider, "ML-DSA", "s") as signer, make(provider, "ML-KEM", "r") as receiver:
        secret, ciphertext = receiver.encapsulate()
        printed = run_python(
            """
import sys
import ncrypt_ext as nc
with nc.Provider() as provider, provider.open_key("s") as s, provider.open_key("r") as r:
    print(s.parameter_set, s.sign(b"from elsewhere").hex())
    print(r.parameter_set, r.decapsulate(bytes.fromhex(sys.argv[1])).hex())
    provider.create_key("ML-DSA", "new", parameter_set="65").close()
    provider.delete_key("r")
""",
            ciphertext.hex(),
        ).split()
        assert printed[::2] == ["44", "512"]
        signer.verify(b"from elsewhere", bytes.fromhex(printed[1]))
        assert bytes.fromhex(printed[3]) == secret
        assert receiver.decapsulate(ciphertext) == secret  # deleted, and open here
    with provider.open_key("new") as key:
        assert (key.algorithm, key.parameter_set) == ("ML-DSA", "65")
    assert not provider.has_key("r")


# ---- policies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", KINDS)
@pytest.mark.parametrize("origin", ["made", "imported", "opened"])
def test_export_policy(provider, algorithm, origin):
    """Without leave nothing private leaves; with leave to export, what is encrypted."""
    _, kind = KINDS[algorithm]
    plain = [f"{kind}PRIVATEBLOB", f"{kind}PRIVATESEEDBLOB", "PRIVATEBLOB", "PKCS8_PRIVATEKEY"]
    plain.append(properties.PQ_PRIVATE_KEY_BLOB)
    for policy in (nc.ExportPolicy(0), nc.ExportPolicy.ALLOW_EXPORT):
        if origin == "imported":
            with make(provider, algorithm, export_policy=PLAINTEXT) as made:
                blob = made.export(plain[1])
            key = provider.import_key(
                blob, plain[1], name="k", export_policy=policy, overwrite=True
            )
        else:
            key = make(provider, algorithm, "k", export_policy=policy, overwrite=True)
        if origin == "opened":
            key.close()
            key = provider.open_key("k")
        with key:
            assert key.export_policy == policy
            for form in plain:
                with pytest.raises(nc.NCryptError, match="NTE_NOT_SUPPORTED"):
                    key.export(form)
            if policy:
                encrypted = key.export_pkcs8("password", iterations=10)
                with provider.import_pkcs8(encrypted, "password") as again:
                    assert again.public_key_der() == key.public_key_der()
            else:
                with pytest.raises(nc.NCryptError, match="NTE_NOT_SUPPORTED"):
                    key.export_pkcs8("password", iterations=10)
            assert key.export(f"{kind}PUBLICBLOB") == key.export("PUBLICBLOB")


# ---- contexts and hashes -------------------------------------------------------------------------


@pytest.mark.parametrize("name", HASHES)
def test_prehash(signer, name):
    digest = HASHES[name]
    for context in (b"", b"c", bytes(255)):
        prehash = padding.PQDSA(context, name)
        signature = signer.sign(digest, prehash)
        signer.verify(digest, signature, prehash)
        refused = [padding.PQDSA(context), padding.PQDSA(context[1:] or b"x", name)]
        refused += [
            padding.PQDSA(context, other)
            for other, value in HASHES.items()
            if other != name and len(value) == len(digest)
        ]
        for other in refused:
            with pytest.raises(nc.InvalidSignatureError):
                signer.verify(digest, signature, other)
    for wrong in (b"", digest[1:], digest + b"x", digest * 2):
        with pytest.raises(nc.InvalidParameterError):
            signer.sign(wrong, prehash)
        with pytest.raises((nc.InvalidParameterError, nc.InvalidSignatureError)):
            signer.verify(wrong, signature, prehash)


def test_unknown_hash(signer):
    for name in ("MD5", "SHA1", "sha256", "SHA-256", "SHA3_256", "SHAKE", "SHA512/256", ""):
        with pytest.raises((nc.InvalidParameterError, ValueError)):
            signer.sign(bytes(32), padding.PQDSA(b"", name))


def test_contexts(signer):
    signatures = {}
    for size in (0, 1, 254, 255):
        context = bytes(range(1, size % 256 + 1))
        signatures[context] = signer.sign(MESSAGE, padding.PQDSA(context))
    for context, signature in signatures.items():
        for other in signatures:
            if other == context:
                signer.verify(MESSAGE, signature, padding.PQDSA(other))
            else:
                with pytest.raises(nc.InvalidSignatureError):
                    signer.verify(MESSAGE, signature, padding.PQDSA(other))
    with pytest.raises(ValueError, match="context has 256 bytes"):
        padding.PQDSA(bytes(256))


# ---- lengths -------------------------------------------------------------------------------------


def test_lengths_of_signatures_and_ciphertexts(signer, receiver):
    signature = signer.sign(MESSAGE)
    for wrong in (b"", signature[:-1], signature + b"\0", signature * 2):
        with pytest.raises(nc.InvalidSignatureError):
            signer.verify(MESSAGE, wrong)
    room = bytearray(len(signature) - 1)
    with pytest.raises(nc.BufferTooSmallError):
        signer.sign_into(MESSAGE, room)
    assert not any(room)
    _, ciphertext = receiver.encapsulate()
    for wrong in (b"", ciphertext[:-1], ciphertext + b"\0"):
        with pytest.raises(ValueError, match="NTE_INVALID_PARAMETER"):
            receiver.decapsulate(wrong)


@pytest.mark.parametrize("algorithm", KINDS)
@pytest.mark.parametrize("form", ["PUBLICBLOB", "PRIVATEBLOB", "PRIVATESEEDBLOB"])
def test_damaged_blobs(provider, signer, receiver, algorithm, form):
    key = signer if algorithm == "ML-DSA" else receiver
    kind = KINDS[algorithm][1] + form
    blob = key.export(kind)
    damaged = [blob[:size] for size in (0, 3, 4, 11, 12, 20, len(blob) - 1)] + [blob + b"\0"]
    damaged += [
        b"XXXX" + blob[4:],
        blob[:4] + b"\xff" * 8 + blob[12:],
        blob[:12] + b"9" + blob[13:],
    ]
    for wrong in damaged:
        with pytest.raises((nc.NCryptError, ValueError)):
            provider.import_key(wrong, kind, name="damaged")
        assert not provider.has_key("damaged")
