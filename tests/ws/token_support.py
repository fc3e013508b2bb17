# SPDX-License-Identifier: MIT
"""What the tests of tokens need: RSA keys of every size, made of ready primes, and documents."""

import ctypes
import functools
import gc
import sys
import threading
from pathlib import Path

import pytest

import ncrypt_ext as nc

REFERENCE = "<ref/>"
TIMEOUT = 120
WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
needs_tokens = pytest.mark.skipif(
    WINE, reason="Wine has no tokens, and calling its stub ends the process"
)


@functools.cache
def rsa_pkcs8(bits):
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    lines = (Path(__file__).parents[1] / "vectors" / "rsa_primes.txt").read_text().splitlines()
    p, q = next(
        (int(p, 16), int(q, 16)) for size, p, q in map(str.split, lines) if int(size) == bits
    )
    d = pow(65537, -1, (p - 1) * (q - 1))
    parts = (p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p))
    numbers = rsa.RSAPrivateNumbers(*parts, rsa.RSAPublicNumbers(65537, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def rsa_of(provider, bits, **options):
    return provider.import_key(rsa_pkcs8(bits), "PKCS8_PRIVATEKEY", **options)


def live(kind):
    return nc.live_handles()["binding"][kind]


def together(*calls):
    """Runs the calls in threads that start at once; raises what one of them raised."""
    start, failures = threading.Barrier(len(calls)), []

    def run(call):
        try:
            start.wait(TIMEOUT)
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def collected():
    gc.collect()
    return nc.live_handles()
