# SPDX-License-Identifier: MIT
"""Figures without a bar: the rest of what programs do with keys."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Figure, Side, interleave, rate_ratio, time_calls, time_figure
from benchmarks.peers import DECRYPT, ENCRYPT, VERIFY, cryptography_modules
from benchmarks.session import Session, open_provider, package
from benchmarks.signing import DIGEST, our_key

TEXT = b"sixteen bytes at"


def der_signature(key: Any) -> bytes:
    return bytes(key.sign(DIGEST, encoding="der"))


def verify_sides(session: Session, key: Any) -> dict[str, Side]:
    peer, rounds = session.key(), 100
    signature, der = key.sign(DIGEST), der_signature(key)
    context = peer.context(VERIFY)
    sides: dict[str, Side] = {
        "ours": lambda: time_calls(key.verify, rounds, DIGEST, signature),
        "c": lambda: session.peers.timed(
            "verify", rounds, context, DIGEST, len(DIGEST), der, len(der)
        ),
    }
    modules = cryptography_modules()
    if modules is not None:
        public = modules["serialization"].load_der_private_key(peer.pkcs8, None).public_key()
        scheme = modules["ec"].ECDSA(modules["utils"].Prehashed(modules["hashes"].SHA256()))
        sides["cryptography"] = lambda: time_calls(public.verify, rounds, der, DIGEST, scheme)
    return sides


def cipher_sides(session: Session, key: Any, operation: int) -> dict[str, Side]:
    rounds = 200 if operation == ENCRYPT else 20
    padding = package().OAEP("SHA256")
    call, data = key.encrypt, TEXT
    if operation == DECRYPT:
        call, data = key.decrypt, key.encrypt(TEXT, padding)
    context = session.key(2048).context(operation, "oaep")
    return {
        "ours": lambda: time_calls(call, rounds, data, padding),
        "c": lambda: session.peers.timed("cipher", rounds, context, operation, data, len(data)),
    }


def compared(session: Session, provider: Any) -> list[Figure]:
    figures = []
    with (
        our_key(provider, session.key()) as ec,
        our_key(provider, session.key(2048)) as rsa,
    ):
        for name, title, sides in (
            ("verify_p256", "P-256 verify", verify_sides(session, ec)),
            ("encrypt_oaep", "RSA-2048 OAEP encrypt", cipher_sides(session, rsa, ENCRYPT)),
            ("decrypt_oaep", "RSA-2048 OAEP decrypt", cipher_sides(session, rsa, DECRYPT)),
        ):
            samples = interleave(sides, session.pairs)
            for peer, whose in (("c", "a C loop's"), ("cryptography", "cryptography's")):
                if peer in samples:
                    text = f"{title}, rate over {whose}"
                    figures.append(
                        rate_ratio(f"{name}_{peer}", text, samples["ours"], samples[peer])
                    )
    return figures


def calls(provider: Any) -> dict[str, tuple[str, Side]]:
    """Single calls, each with its slice."""
    nc = package()
    key = provider.create_key("ECDSA_P256", "others")

    def open_and_close() -> None:
        nc.Provider().close()

    def create() -> None:
        provider.create_key("ECDSA_P256", None).close()

    def cached() -> None:
        _ = key.algorithm

    return {
        "get_property": (
            "get_property('Length')",
            lambda: time_calls(key.get_property, 1000, "Length"),
        ),
        "cached_property": ("key.algorithm (cached)", lambda: time_calls(cached, 1000)),
        "has_key": (
            "has_key() of a key that exists",
            lambda: time_calls(provider.has_key, 100, "others"),
        ),
        "provider": ("open and close a provider", lambda: time_calls(open_and_close, 500)),
        "create_ephemeral": (
            "create and close an ephemeral P-256 key",
            lambda: time_calls(create, 100),
        ),
    }


def other_calls(session: Session) -> list[Figure]:
    with open_provider(session.home("others")) as provider:
        figures = compared(session, provider)
        single = calls(provider)
        samples = interleave({name: side for name, (_, side) in single.items()}, session.pairs)
    return figures + [time_figure(name, single[name][0], samples[name]) for name in single]
