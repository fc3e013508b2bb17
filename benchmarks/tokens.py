# SPDX-License-Identifier: MIT
"""What security key handles and tokens cost, beside the same by ctypes."""

from __future__ import annotations

import subprocess
from itertools import repeat
from pathlib import Path
from typing import Any

from benchmarks.measure import (
    Figure,
    Sample,
    Side,
    differences,
    interleave,
    number,
    rate_ratio,
    spread,
    time_calls,
    time_figure,
    time_iterations,
    walls,
)
from benchmarks.session import Session, open_provider
from benchmarks.signing import our_key
from benchmarks.ws_by_ctypes import NCRYPT_HANDLE_TYPE, KeyHandle, Library

SECRET = bytes(range(32))
NAMES = 20  # in the certificate, which makes a token of 2 KB


def certificate(folder: Path) -> bytes:
    """One of the usual size, made by the openssl command."""
    names = ",".join(f"DNS:service-{number:02}.orders.example" for number in range(NAMES))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=orders"]
    command += ["-addext", f"subjectAltName={names}", "-keyout", "key.pem", "-outform", "DER"]
    subprocess.run([*command, "-out", "cert"], cwd=folder, check=True, capture_output=True)
    return (folder / "cert").read_bytes()


def handle_figure(name: str, title: str, samples: list[Sample], empty: list[Sample]) -> Figure:
    """A time in nanoseconds, without the loop's own."""
    only = differences(walls(samples), walls(empty))
    detail = f"with the loop {number(spread(walls(samples)).median)} ns, {len(samples)} slices"
    return Figure(name, title, only.median, "ns", only.low, only.high, at_most=150, detail=detail)


def key_handles(session: Session, ws: Any, key: Any) -> list[Figure]:
    rounds = 20_000
    number_of_key = key.handle
    samples = interleave(
        {
            "empty": lambda: time_iterations(repeat(None, rounds), rounds),
            "ncrypt": lambda: time_calls(ws.NCryptKeyHandle, rounds, key),
            "raw": lambda: time_calls(ws.RawSymmetricKeyHandle, rounds, SECRET),
            "ctypes": lambda: time_calls(KeyHandle, rounds, NCRYPT_HANDLE_TYPE, number_of_key),
        },
        session.pairs,
    )
    return [
        handle_figure(
            "key_handle",
            "create and release an NCryptKeyHandle",
            samples["ncrypt"],
            samples["empty"],
        ),
        handle_figure(
            "raw_key_handle",
            "create and release a RawSymmetricKeyHandle of 32 bytes",
            samples["raw"],
            samples["empty"],
        ),
        rate_ratio(
            "key_handle_ctypes",
            "NCryptKeyHandle, rate over the structure by ctypes, which holds no key",
            samples["ncrypt"],
            samples["ctypes"],
        ),
    ]


def tokens(session: Session) -> list[Figure]:
    from ncrypt_ext import ws

    library = Library()
    with (
        open_provider(session.home("tokens")) as provider,
        our_key(provider, session.key(2048)) as key,
    ):
        figures = key_handles(session, ws, key)
        parts = ws.x509_token(certificate(session.home("certificate")))

        def ours() -> None:
            ws.XmlToken(
                parts.xml,
                key,
                attached_reference=parts.attached_reference,
                unattached_reference=parts.unattached_reference,
            )

        bearer = ws.username_token("somebody", "secret").xml
        number_of_key = key.handle
        sides: dict[str, Side] = {
            "ours": lambda: time_calls(ours, 500),
            "ctypes": lambda: time_calls(library.token, 500, number_of_key, parts),
            "bearer": lambda: time_calls(ws.XmlToken, 500, bearer),
        }
        samples = interleave(sides, session.pairs)
    library.close()
    size = len(parts.xml)
    return [
        *figures,
        time_figure(
            "token",
            f"make and release a token of {size} bytes with two references and an RSA key",
            samples["ours"],
            at_most=20,
        ),
        rate_ratio(
            "token_ctypes", "the same, rate over ctypes'", samples["ours"], samples["ctypes"]
        ),
        time_figure("token_bearer", "make and release a UsernameToken", samples["bearer"]),
    ]
