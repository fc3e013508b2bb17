"""The public half of a key, in this process."""

from typing_extensions import disjoint_base

from ncrypt_ext._key_properties import PropertyKey

@disjoint_base
class PublicKey(PropertyKey):
    """Verification, encryption and export of a public key, without the key store.

    The public key is read from the key store once, at the first call that needs it, and is released
    with the key.
    """
