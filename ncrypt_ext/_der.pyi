"""The little DER that keys need."""

def rsa_public_key_info(blob: bytes) -> bytes:
    """The SubjectPublicKeyInfo of an RSAPUBLICBLOB."""

def ec_public_key_info(blob: bytes, curve: str) -> bytes:
    """The SubjectPublicKeyInfo of an ECCPUBLICBLOB; ``curve`` is the curve's object identifier."""

def x25519_public_key_info(blob: bytes) -> bytes:
    """The SubjectPublicKeyInfo of the ECCPUBLICBLOB of a key on curve25519."""

def pem(label: str, der: bytes) -> str:
    """DER in textual form (RFC 7468)."""
