# SPDX-License-Identifier: MIT
"""How symmetric keys (AES, 3DES) encrypt: modes of chaining, with their vectors and paddings."""

from ncrypt_ext._padding import CBC, CFB, ECB, CipherMode

__all__ = ["CBC", "CFB", "ECB", "CipherMode"]
