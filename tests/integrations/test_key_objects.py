# SPDX-License-Identifier: MIT
"""Stored keys as objects: lifetimes, copies, threads, what is refused."""

import copy
import gc
import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

import ncrypt_ext as nc
from ncrypt_ext.integrations.cryptography_keys import from_key

ES256 = ec.ECDSA(hashes.SHA256())


def test_the_private_key_is_not_given_out(stored):
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(NotImplementedError, match="stays in its key store"):
        stored.private_bytes(*form)
    with pytest.raises(nc.NotSupportedError, match="export policy"):
        stored.private_numbers()


def test_copies_are_the_same_object(stored):
    assert copy.copy(stored) is stored
    assert copy.deepcopy([stored])[0] is stored


def test_is_not_pickled(stored):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="stays in the key store"):
            pickle.dumps(stored, protocol)


def test_equality_is_identity(provider, p256):
    with provider.open_key("p256") as key:
        other = key.as_cryptography()
    assert other != p256
    assert other.public_key() == p256.public_key()
    assert {p256: 1}[p256] == 1


def test_repr_tells_which_key(p256):
    assert repr(p256) == "<StoredEllipticCurveKey of <Key ECDSA_P256 'p256'>>"


def test_native_key_lives_until_both_are_gone():
    before = nc.live_handles()
    provider = nc.Provider()
    key = provider.create_key("ECDSA_P256")
    stored = key.as_cryptography()
    provider.close()
    key.close()
    del provider, key
    gc.collect()
    stored.public_key().verify(stored.sign(b"", ES256), b"", ES256)
    assert nc.live_handles() != before
    del stored
    gc.collect()
    assert nc.live_handles() == before


def test_closing(provider, rsa):
    text = rsa.public_key().encrypt(b"secret", padding.PKCS1v15())
    with rsa as same:
        assert same is rsa
        assert not rsa.closed
    assert rsa.closed
    rsa.close()
    with pytest.raises(nc.ClosedHandleError):
        rsa.sign(b"", padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(nc.ClosedHandleError), rsa:
        pass
    # Nobody may take this for a bad ciphertext, which a ValueError would tell.
    with pytest.raises(nc.InvalidHandleError) as caught:
        rsa.decrypt(text, padding.PKCS1v15())
    assert not isinstance(caught.value, ValueError)
    assert rsa.public_key().key_size == rsa.key_size


def test_closing_closes_no_other(ec_key, digest):
    with ec_key.as_cryptography() as one, ec_key.as_cryptography() as other:
        one.close()
        other.sign(b"", ES256)
        ec_key.sign(digest)


def test_key_outlives_the_object(ec_key, digest):
    stored = ec_key.as_cryptography()
    del stored
    gc.collect()
    ec_key.verify(digest, ec_key.sign(digest))


def test_key_in_use_is_not_deleted_or_detached(provider):
    with provider.create_key("ECDSA_P256", "busy") as key:
        stored = key.as_cryptography()
        with pytest.raises(nc.BadStateError, match="in use"):
            key.delete()
        with pytest.raises(nc.BadStateError):
            key.detach()
        stored.sign(b"", ES256)
        del stored
        gc.collect()
        key.delete()


def test_objects_are_collected_in_cycles(provider):
    before = nc.live_handles()
    cycle = [provider.create_key("ECDSA_P256").as_cryptography()]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert nc.live_handles() == before


def test_threads(p256):
    def work(number):
        message = b"%d" % number
        p256.public_key().verify(p256.sign(message, ES256), message, ES256)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))


def test_closed_key(ec_key):
    ec_key.close()
    with pytest.raises(nc.ClosedHandleError):
        ec_key.as_cryptography()


def test_public_key_has_no_private_form(provider, ec_key):
    with provider.import_key(ec_key.export("ECCPUBLICBLOB"), "ECCPUBLICBLOB") as public:
        with pytest.raises(nc.NotSupportedError, match="load_der_public_key"):
            public.as_cryptography()


def test_usage_is_the_key_stores_to_decide(provider, rsa_blob):
    with provider.import_key(
        rsa_blob, "RSAFULLPRIVATEBLOB", usage=nc.KeyUsage.ALLOW_SIGNING
    ) as key:
        stored = key.as_cryptography()
    text = stored.public_key().encrypt(b"secret", padding.PKCS1v15())
    with pytest.raises(nc.AccessDeniedError):
        stored.decrypt(text, padding.PKCS1v15())


def test_types_without_a_class_here():
    """No key store here has such keys yet: this stands for one."""

    class Other:
        algorithm = algorithm_group = "ED25519"

        def public_key_der(self):
            return (
                ed25519.Ed25519PrivateKey.generate()
                .public_key()
                .public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            )

    with pytest.raises(nc.NotSupportedError, match="ED25519 keys have no form"):
        from_key(Other())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork()")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fork(p256):
    child = os.fork()
    if child == 0:
        try:
            p256.public_key().verify(p256.sign(b"", ES256), b"", ES256)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    p256.sign(b"", ES256)


# ---- without the package ------------------------------------------------------------------------


def test_nothing_of_it_is_imported_with_the_package(run_python):
    program = (
        "import sys, ncrypt_ext as nc\n"
        "try: nc.Provider().import_key(5)\n"
        "except TypeError as error: print(error)\n"
        "print('cryptography' in sys.modules, 'ncrypt_ext.integrations' in sys.modules)\n"
    )
    assert run_python(program).splitlines() == [
        "the key must be a blob, with its blob_type, or a private key of cryptography, not 'int'",
        "False False",
    ]


@pytest.mark.parametrize("version", [None, "40.0.2"])
def test_missing_or_old_package_is_named(run_python, version):
    program = (
        "import sys, types, ncrypt_ext as nc\n"
        "version = sys.argv[1]\n"
        "module = None if version == 'None' else types.ModuleType('cryptography')\n"
        "if module: module.__version__ = version\n"
        "sys.modules['cryptography'] = module\n"
        "key = nc.Provider().create_key('ECDSA_P256')\n"
        "try: key.as_cryptography()\n"
        "except ImportError as error: print(error.name, error)\n"
        "key.close()\n"
    )
    printed = run_python(program, version)
    assert printed.startswith("cryptography ")
    assert "pip install ncrypt-ext[cryptography]" in printed


def test_rsa_and_ec_are_one_class_each(rsa, p256):
    assert type(rsa).__mro__[1] is type(p256).__mro__[1]
    assert not isinstance(rsa, type(p256))
    assert not isinstance(p256, type(rsa))
