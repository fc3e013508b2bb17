# SPDX-License-Identifier: MIT
"""Paddings of RSA signatures and ciphertexts."""

from ncrypt_ext._padding import OAEP, PKCS1, PSS, RAW, Padding

__all__ = ["OAEP", "PKCS1", "PSS", "RAW", "Padding"]
