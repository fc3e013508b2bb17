# SPDX-License-Identifier: MIT
"""The key store: opening by name among few and many keys, enumerating, creating durably."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

from benchmarks.measure import (
    Figure,
    Sample,
    Side,
    cpus,
    differences,
    interleave,
    per_operation,
    ratios,
    spread,
    time_figure,
    walls,
)
from benchmarks.peers import CACHE, ROOT, compiler, pkg_config, shared_library
from benchmarks.session import Session, child, open_provider

SMALL = 100
CHUNKS = 10  # the RSA keys of the big store are spread over it in so many groups
RSA_KEYS = 500


def store_sources(pattern: str) -> list[Path]:
    """Of the engine, but for web services: another library, which no store needs."""
    engine = ROOT / "ncrypt_ext" / "portable"
    return sorted(file for file in engine.rglob(pattern) if "webservices" not in file.parts)


def source_hash(*extra: str) -> str:
    """Of everything that decides what a store looks like."""
    files = [*store_sources("*.[ch]"), ROOT / "benchmarks" / "c" / "fill_store.c"]
    digest = hashlib.sha256("\0".join(extra).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def fill_store_program() -> Path:
    """Compiles benchmarks/c/fill_store.c with the sources of the engine."""
    engine = ROOT / "ncrypt_ext" / "portable"
    target = CACHE / f"fill_store-{source_hash()}"
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        folders = [ROOT / "include", engine, ROOT / "ncrypt_ext"]
        command = [*compiler(), "-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread"]
        command += [f"-I{folder}" for folder in folders]
        command += pkg_config("--cflags", "libcrypto", "sqlite3")
        command += [str(ROOT / "benchmarks" / "c" / "fill_store.c")]
        command += map(str, store_sources("*.c"))
        fresh = target.with_suffix(f".{os.getpid()}")
        libraries = pkg_config("--libs", "libcrypto", "sqlite3")
        subprocess.run([*command, "-o", str(fresh), *libraries, "-lm"], check=True)
        fresh.replace(target)
    return target


def rsa_names(number: int) -> list[str]:
    return [f"rsa-{index:04}" for index in range(number)]


def ec_names(number: int) -> list[str]:
    return [f"bulk-{index:07}" for index in range(number)]


def big_store(session: Session, keys: int) -> Path:
    """A store with that many keys; kept between runs until a source of the engine changes."""
    target = CACHE / f"store-{keys}-{source_hash(str(keys))}"
    if target.exists():
        return target
    for old in CACHE.glob(f"store-{keys}-*"):
        shutil.rmtree(old)
    fresh = target.with_suffix(f".{os.getpid()}")
    fresh.mkdir(mode=0o700)
    per_chunk, rsa_per_chunk = keys // CHUNKS, RSA_KEYS // CHUNKS
    program = fill_store_program()
    rsa = iter(rsa_names(RSA_KEYS))
    pkcs8 = session.key(2048).pkcs8
    with open_provider(fresh) as provider:
        provider.create_key("ECDSA_P256", "template").close()
        folder = next(fresh.rglob("keys.db")).parent
        for _ in range(CHUNKS):
            command = [str(program), str(folder), str(per_chunk - rsa_per_chunk)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for _ in range(rsa_per_chunk):
                provider.import_key(pkcs8, "PKCS8_PRIVATEKEY", name=next(rsa)).close()
    fresh.replace(target)
    return target


def small_store(session: Session) -> Path:
    """A hundred keys, half of each kind."""
    home = session.home("small")
    pkcs8 = session.key(2048).pkcs8
    with open_provider(home) as provider:
        for name in ec_names(SMALL // 2):
            provider.create_key("ECDSA_P256", name).close()
        for name in rsa_names(SMALL // 2):
            provider.import_key(pkcs8, "PKCS8_PRIVATEKEY", name=name).close()
    return home


@contextmanager
def in_memory(folder: Path) -> Iterator[int]:
    """Keeps the store's files in the system's cache of pages, which some systems empty all the
    time; their size. Locked there where this process may do that, else only read through."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    for function in (libc.mlock, libc.munmap):
        function.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    mapped: list[tuple[int, int]] = []
    total = 0
    for file in folder.rglob("keys.db*"):
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            total += size
            while stream.read(1 << 20):
                pass
            if size == 0 or sys.platform != "linux":
                continue
            where = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, stream.fileno(), 0)
            if where is not None and where != ctypes.c_void_p(-1).value:
                mapped.append((where, size))
                libc.mlock(where, size)
    try:
        yield total
    finally:
        for where, size in mapped:
            libc.munmap(where, size)


def shuffled(names: list[str], seed: float) -> Iterator[str]:
    """All names in a random order, again and again: seldom the same one twice in a run."""
    order = random.Random(seed)
    while True:
        yield from order.sample(names, len(names))


def open_slice(provider: Any, names: Iterator[str], rounds: int) -> Sample:
    """Only the opening is timed."""
    chosen = [next(names) for _ in range(rounds)]
    keys: list[Any] = []
    add, open_key = keys.append, provider.open_key
    cpu = process_time_ns()
    wall = perf_counter_ns()
    for name in chosen:
        add(open_key(name))
    wall = perf_counter_ns() - wall
    cpu = process_time_ns() - cpu
    for key in keys:
        key.close()
    return per_operation(wall, cpu, rounds)


def open_and_close_slice(provider: Any, names: Iterator[str], rounds: int) -> Sample:
    chosen = [next(names) for _ in range(rounds)]
    open_key = provider.open_key
    cpu = process_time_ns()
    wall = perf_counter_ns()
    for name in chosen:
        open_key(name).close()
    wall = perf_counter_ns() - wall
    return per_operation(wall, process_time_ns() - cpu, rounds)


def many(session: Session) -> int:
    return 100_000 if session.quick else 1_000_000


def opening(session: Session) -> list[Figure]:
    """Two ways among many keys: as many names as among few, in turn; and ever new random ones."""
    keys = many(session)
    big = big_store(session, keys)
    names = {
        "ec": ec_names((keys // CHUNKS - RSA_KEYS // CHUNKS) * CHUNKS),
        "rsa": rsa_names(RSA_KEYS),
    }
    order = random.Random(1)
    with (
        open_provider(small_store(session)) as few,
        open_provider(big) as lots,
        in_memory(big) as size,
    ):
        sides: dict[str, Side] = {}
        for kind, all_names in names.items():
            half = SMALL // 2
            for where, provider, chosen in (
                ("few", few, all_names[:half]),
                ("lots", lots, order.sample(all_names, half)),
                ("fresh", lots, all_names),
            ):
                sides[f"{kind}_{where}"] = partial(
                    open_slice, provider, shuffled(chosen, order.random()), 50
                )
        close = partial(open_and_close_slice, few, shuffled(names["ec"][: SMALL // 2], 1), 50)
        samples = interleave({**sides, "close": close}, max(session.pairs, 61))
    figures = []
    for kind, title, bar in (("ec", "P-256", 40), ("rsa", "RSA-2048", 60)):
        for where, among in (
            ("few", f"{SMALL}"),
            ("lots", f"{keys:,}"),
            ("fresh", f"{keys:,}, {len(names[kind]):,} in random order"),
        ):
            text = f"open a {title} key by name among {among}"
            name = f"open_{kind}_{where}"
            figures.append(time_figure(name, text, samples[f"{kind}_{where}"], at_most=bar))
        figures.append(
            growth(f"open_{kind}_growth", title, keys, samples, f"{kind}_lots", f"{kind}_few")
        )
    fresh = growth("open_ec_growth_fresh", "P-256", keys, samples, "ec_fresh", "ec_few")
    fresh.title += ", names in random order"
    fresh.at_most = None  # memory that no cache holds is slower, whatever the store does
    fresh.detail = f"the store has {size / 1e6:,.0f} MB, in the system's cache of pages"
    title = f"open and close a P-256 key among {SMALL}"
    return [*figures, fresh, time_figure("open_close", title, samples["close"])]


def growth(
    name: str, title: str, keys: int, samples: dict[str, list[Sample]], lots: str, few: str
) -> Figure:
    ratio = ratios(walls(samples[lots]), walls(samples[few]))
    return Figure(
        name,
        f"open a {title} key, time among {keys:,} over among {SMALL}",
        ratio.median,
        low=ratio.low,
        high=ratio.high,
        cpu=ratios(cpus(samples[lots]), cpus(samples[few])).median,
        at_most=1.3,
        detail=f"{SMALL // 2} names in turn on both sides",
    )


def enumeration(session: Session) -> list[Figure]:
    keys = many(session)
    answer = child("enumerate_keys", home=big_store(session, keys))
    return [
        Figure(
            "enumerate_memory",
            f"memory that enumerating {answer['keys']:,} keys adds after {answer['warm']:,}",
            answer["growth"] / 1024,
            "KiB",
            at_most=1024,
            detail=f"resident memory looked at {answer['looks']} times, the most counts",
        ),
        Figure(
            "enumerate_time",
            "time for each key enumerated",
            answer["seconds"] / answer["keys"] * 1e6,
            "µs",
        ),
    ]


def append_and_sync(file: int, data: bytes) -> Sample:
    cpu = process_time_ns()
    wall = perf_counter_ns()
    os.write(file, data)
    os.fdatasync(file)
    wall = perf_counter_ns() - wall
    return Sample(wall, process_time_ns() - cpu)


def create_one(provider: Any, name: str) -> Sample:
    cpu = process_time_ns()
    wall = perf_counter_ns()
    key = provider.create_key("ECDSA_P256", name)
    wall = perf_counter_ns() - wall
    cpu = process_time_ns() - cpu
    key.close()
    return Sample(wall, cpu)


def durable_create(session: Session) -> list[Figure]:
    counted = child(
        "count_syncs",
        session.rounds(2000),
        home=session.home("syncs"),
        preload=shared_library("count_syncs"),
    )
    steady = counted["steady"]
    size = counted["bytes"]
    home = session.home("create")
    numbers = count()
    file = os.open(home / "appended", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        data = os.urandom(size)
        with open_provider(home) as provider:
            for _ in range(100):
                create_one(provider, f"key-{next(numbers)}")
            samples = interleave(
                {
                    "create": lambda: create_one(provider, f"key-{next(numbers)}"),
                    "append": lambda: append_and_sync(file, data),
                },
                session.rounds(600) + 100,
            )
    finally:
        os.close(file)
    above = differences(walls(samples["create"]), walls(samples["append"]))
    create, append = (spread(walls(samples[side])).median for side in ("create", "append"))
    return [
        Figure(
            "create_syncs",
            "syncs for each durable create, the most of any between checkpoints",
            steady["most"],
            at_least=1,
            at_most=1,
            detail=f"counted in {steady['creates']:,} creates, the least {steady['least']}",
        ),
        Figure(
            "create_checkpoints",
            f"creates of {counted['creates']:,} that were followed by a checkpoint",
            counted["checkpoints"],
            detail=f"{counted['syncs']:,} syncs in all; the median create writes {size:,} bytes",
        ),
        Figure(
            "create_above_append",
            "durable create (P-256) above an appending fdatasync of the same bytes",
            above.median / 1e6,
            "ms",
            above.low / 1e6,
            above.high / 1e6,
            differences(
                [sample.cpu for sample in samples["create"]],
                [sample.cpu for sample in samples["append"]],
            ).median
            / 1e6,
            at_most=0.15,
            detail=(
                f"create {create / 1e6:.3f} ms, append {append / 1e6:.3f} ms, "
                f"{len(samples['create'])} pairs"
            ),
            more={"create_ns": create, "append_ns": append, "bytes": size},
        ),
    ]
