# SPDX-License-Identifier: MIT
"""Paddings of RSA signatures and ciphertexts, and the parameters of ML-DSA signatures."""

from ncrypt_ext._padding import OAEP, PKCS1, PQDSA, PSS, RAW, Padding

__all__ = ["OAEP", "PKCS1", "PQDSA", "PSS", "RAW", "Padding"]
