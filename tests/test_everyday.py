# SPDX-License-Identifier: MIT
"""The everyday use, as the README shows it: it works, and works again on what it left."""

import hashlib

import pytest

import ncrypt_ext as nc


def everyday():
    digest = hashlib.sha256(b"order 17").digest()
    listed = []

    with nc.Provider() as provider:
        if not provider.has_key("orders"):
            provider.create_key("ECDSA_P256", "orders").close()
        with provider.open_key("orders") as key:
            signature = key.sign(digest)
            key.verify(digest, signature)
        with provider.create_persisted_key("RSA", "tls", overwrite=True) as new:
            new.length = 3072
            new.export_policy = nc.ExportPolicy.ALLOW_EXPORT
            with new.finalize() as key:
                key.sign(digest, padding=nc.PSS("SHA256", salt_length=32))
                key.sign(digest, padding=nc.PKCS1("SHA256"))
                with pytest.raises(ValueError, match="padding"):
                    key.sign(digest)
        for info in provider.keys():
            listed.append((info.name, info.algorithm))
        provider.delete_key("tls", missing_ok=True)
        assert not provider.has_key("tls")
    return signature, listed


def test_everyday_twice():
    for _ in range(2):
        signature, listed = everyday()
        assert len(signature) == 64
        assert listed == [("orders", "ECDSA_P256"), ("tls", "RSA")]


def test_key_outlives_the_process(provider, digest, run_python):
    with provider.create_key("ECDSA_P256", "orders") as key:
        signature = key.sign(digest)
    run_python(
        "import sys, ncrypt_ext as nc\n"
        "with nc.Provider() as provider, provider.open_key('orders') as key:\n"
        "    key.verify(bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]))\n",
        digest.hex(),
        signature.hex(),
    )
