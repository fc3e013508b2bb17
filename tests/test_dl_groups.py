# SPDX-License-Identifier: MIT
"""The groups in which the engine makes DH keys are those that standards have published. Others are
given."""

import struct
import subprocess
import sys

import pytest

import ncrypt_ext as nc

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not say in which groups it makes keys"
)


def test_standard_groups(provider):
    with provider.create_key("DH") as key, provider.create_key("DH", length=3072) as longer:
        assert (key.algorithm, key.algorithm_group, key.length) == ("DH", "DH", 2048)
        assert longer.length == 3072
        assert key.lengths.default == 2048


def scaled_e(bits):
    """[2^bits * e]."""
    total, term, n = 0, 1 << bits + 64, 1
    while term:
        total, term, n = total + term, term // n, n + 1
    return total >> 64


def scaled_pi(bits):
    """[2^bits * pi], by Machin's formula."""

    def arctangent(x):
        total, term, n, sign = 0, (1 << bits + 64) // x, 1, 1
        while term:
            total, term, n, sign = total + sign * (term // n), term // (x * x), n + 2, -sign
        return total

    return 4 * (4 * arctangent(5) - arctangent(239)) >> 64


# RFC 2409 section 6, RFC 3526 section 2, RFC 7919 appendix A: what the moduli are made of.
PUBLISHED = {
    768: (scaled_pi, 149686),
    1024: (scaled_pi, 129093),
    1536: (scaled_pi, 741804),
    2048: (scaled_e, 560316),
    3072: (scaled_e, 2625351),
    4096: (scaled_e, 5736041),
    6144: (scaled_e, 15705020),
    8192: (scaled_e, 10965728),
}


@pytest.mark.parametrize("bits", PUBLISHED)
def test_standard_groups_are_the_published_ones(provider, bits):
    constant, offset = PUBLISHED[bits]
    middle = (constant(bits - 130) + offset) << 64
    with provider.create_key("DH", length=bits) as key:
        blob = key.export("DHPUBLICBLOB")
    p, g = (int.from_bytes(blob[at : at + bits // 8], "big") for at in (8, 8 + bits // 8))
    assert (p, g) == (2**bits - 2 ** (bits - 64) + middle - 1, 2)


def test_no_standard_group(provider):
    with pytest.raises(nc.InvalidParameterError, match="DHParameters"):
        provider.create_key("DH", "x", length=2112)
    assert not provider.has_key("x")


@pytest.mark.parametrize("bits", [521, 1016, 1017, 1023, 1535])
def test_parameters_as_bytes_of_unusual_length(provider, bits):
    """What counts is how long P is, and not in how many bytes it comes."""
    prime = int(
        subprocess.run(
            ["openssl", "prime", "-generate", "-hex", "-bits", str(bits)],
            check=True,
            capture_output=True,
        ).stdout,
        16,
    )
    width = (bits + 7) // 8
    value = struct.pack("<I4sI", 12 + 2 * width, b"DHPM", width)
    value += prime.to_bytes(width, "big") + (2).to_bytes(width, "big")
    with provider.create_key("DH", parameters=value) as key:
        assert key.length == bits
