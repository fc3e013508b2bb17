# SPDX-License-Identifier: MIT
"""Keys in the form that other packages take. Nothing here is imported by ``import ncrypt_ext``."""
