# SPDX-License-Identifier: MIT
"""JSON Web Tokens that PyJWT signs with stored keys, and with cryptography's own."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Figure, Side, cost_ratio, interleave, time_calls
from benchmarks.peers import cryptography_modules
from benchmarks.session import Session, open_provider
from benchmarks.signing import our_key

CLAIMS = {"iss": "https://issuer.example", "sub": "orders", "aud": "api", "exp": 1900000000}
# algorithm, title, RSA bits or 0, tokens in a slice, bar
TOKENS = (
    ("ES256", "P-256", 0, 200, 1.10),
    ("RS256", "RSA-2048", 2048, 20, None),
)


def sides_of(encode: Any, keys: dict[str, Any], algorithm: str, rounds: int) -> dict[str, Side]:
    def side(key: Any) -> Side:
        return lambda: time_calls(encode, rounds, CLAIMS, key, algorithm)

    return {name: side(key) for name, key in keys.items()}


def web_tokens(session: Session) -> list[Figure]:
    """The whole of ``jwt.encode()``, by the same key on both sides."""
    modules = cryptography_modules()
    if modules is None:
        return []
    try:
        import jwt
    except ImportError:
        return []
    figures = []
    with open_provider(session.home("jwt")) as provider:
        for algorithm, title, bits, rounds, bar in TOKENS:
            peer = session.key(bits)
            plain = modules["serialization"].load_der_private_key(peer.pkcs8, None)
            with our_key(provider, peer) as key, key.as_cryptography() as stored:
                # What is timed does what it should.
                token = jwt.encode(CLAIMS, stored, algorithm)
                jwt.decode(token, plain.public_key(), [algorithm], audience="api")
                sides = sides_of(jwt.encode, {"ours": stored, "plain": plain}, algorithm, rounds)
                samples = interleave(sides, session.pairs)
            figures.append(
                cost_ratio(
                    f"jwt_{algorithm.lower()}",
                    f"{algorithm} token by PyJWT, {title}, time over that with cryptography's key",
                    samples["ours"],
                    samples["plain"],
                    at_most=bar,
                )
            )
    return figures
