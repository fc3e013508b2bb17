# SPDX-License-Identifier: MIT
"""Stored keys that cannot be exported, and certificates for them."""

import contextlib

from .soap_service import Authority

NAME = "soap"


@contextlib.contextmanager
def certified_key(provider, blob, authority=None):
    """A stored RSA key and the certificate that the authority made for its public half.

    The blob is one of RSAFULLPRIVATEBLOB; in the store it may not be exported any more.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    with provider.import_key(blob, "RSAFULLPRIVATEBLOB", name=NAME) as key:
        public = load_pem_public_key(key.public_key_pem().encode())
        yield key, (authority or Authority()).issue(public, "orders")


def der(certificate):
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def pem(certificate):
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
