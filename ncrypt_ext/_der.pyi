"""The little DER that has to be quick or to be wiped."""

def element(tag: int, body: bytes) -> bytes:
    """An element: tag, length in its shortest form, and content."""

def is_x25519(pkcs8: bytes) -> bool:
    """Whether a PKCS #8 key is one on curve25519."""

def agreement_private_blob(pkcs8: bytes, public: bytes) -> bytes | None:
    """The ECCPRIVATEBLOB of a key in PKCS #8, for agreement, which the caller wipes; `public` is
    its public blob. None for a key that is not understood."""
