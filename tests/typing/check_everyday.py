# SPDX-License-Identifier: MIT
"""Not run: has to pass mypy in strict mode, so that the stubs say what users rely on."""

import hashlib

from typing_extensions import assert_type

import ncrypt_ext as nc


def everyday(data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    with nc.Provider() as provider:
        assert_type(provider, nc.Provider)
        if not provider.has_key("orders"):
            provider.create_key("ECDSA_P256", "orders").close()
        with provider.open_key("orders") as key:
            assert_type(key, nc.Key)
            signature = key.sign(digest)
            key.verify(digest, signature)
        for info in provider.keys():
            assert_type(info.name, str)
        provider.delete_key("tls", missing_ok=True)
    return assert_type(signature, bytes)


def step_by_step(provider: nc.Provider, digest: bytearray) -> bytes:
    with provider.create_persisted_key("RSA", "tls", overwrite=True) as new:
        assert_type(new, nc.UnfinalizedKey)
        new.length = 3072
        new.export_policy = nc.ExportPolicy.ALLOW_EXPORT
        with new.finalize() as key:
            assert_type(key, nc.Key)
            return key.sign(digest, padding=nc.PSS("SHA256", salt_length=32))


def refused(provider: nc.Provider) -> None:
    provider.open_key(17)  # type: ignore[arg-type]
    provider.open_key("a").sign("text")  # type: ignore[arg-type]
    provider.no_such_method()  # type: ignore[attr-defined]
