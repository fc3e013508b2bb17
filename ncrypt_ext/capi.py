# SPDX-License-Identifier: MIT
"""CryptoAPI 1.0: containers of keys that programs made before CNG, and programs that need them.

New keys belong into a :class:`ncrypt_ext.Provider`; :meth:`Context.to_ncrypt` gets old ones there.
"""

from __future__ import annotations

from ncrypt_ext._capi import Context, delete_container
from ncrypt_ext._capi_key import ContextKey
from ncrypt_ext.enums import KeySpec

__all__ = [
    "PROV_RSA_AES",
    "PROV_RSA_FULL",
    "Context",
    "ContextKey",
    "KeySpec",
    "delete_container",
]

#: Provider types. Hashes of the SHA-2 family are the second one's.
PROV_RSA_FULL = 1
PROV_RSA_AES = 24
