# SPDX-License-Identifier: MIT
"""The peers: C loops, compiled from benchmarks/c, and the package cryptography if installed."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import subprocess
import sysconfig
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.measure import Sample, per_operation

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ncrypt_ext"
CACHE = ROOT / "build" / "bench-cache"

SIGN, VERIFY, ENCRYPT, DECRYPT = range(4)
PADDINGS = {"": 0, "pkcs1": 1, "pss": 2, "oaep": 3}


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "") or sysconfig.get_config_var("CC") or "cc")


def pkg_config(*arguments: str) -> list[str]:
    command = [os.environ.get("PKG_CONFIG", "pkg-config"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def shared_library(name: str) -> Path:
    """Compiles benchmarks/c/<name>.c, unless that has been done."""
    source = ROOT / "benchmarks" / "c" / f"{name}.c"
    flags = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared", "-pthread"]
    flags += ["-Wall", "-Wextra", f"-I{ROOT / 'include'}"]
    libraries = ["-ldl"]
    if name == "peers":
        flags += pkg_config("--cflags", "libcrypto")
        libraries += pkg_config("--libs", "libcrypto")
    if name == "engine_loop":
        flags += [f"-I{sysconfig.get_path('include')}"]
    if name in ("peers", "engine_loop"):
        libraries += [f"-L{PACKAGE}", "-lncrypt_ext_core", f"-Wl,-rpath,{PACKAGE}"]
    command = [*compiler(), *flags, str(source)]
    inputs = [*command, *libraries, source.read_text(), (ROOT / "include/ncrypt.h").read_text()]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    target = CACHE / f"{name}-{key}.so"
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}")
        subprocess.run([*command, "-o", str(fresh), *libraries], check=True)
        fresh.replace(target)
    return target


def executable(name: str) -> Path:
    """benchmarks/c/<name>.c as a program."""
    source = ROOT / "benchmarks" / "c" / f"{name}.c"
    command = [*compiler(), "-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", str(source)]
    command += ["-o", str(CACHE / name), *pkg_config("--cflags", "--libs", "libssl")]
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True)
    return CACHE / name


def extension_module(name: str) -> ModuleType:
    """benchmarks/c/<name>.c as a module of this interpreter."""
    path = str(shared_library(name))
    loader = ExtensionFileLoader(name, path)
    spec = spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


class Timing(ctypes.Structure):
    _fields_ = [("wall", ctypes.c_int64), ("cpu", ctypes.c_int64)]


class Peers:
    """benchmarks/c/peers.c, with Python's types."""

    def __init__(self) -> None:
        self.library = library = ctypes.CDLL(str(shared_library("peers")))
        pointer, size, rounds = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint64
        dword = ctypes.c_uint32
        text, number, timing = ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(Timing)
        for name, result, arguments in (
            ("libcrypto", text, []),
            ("generate", pointer, [number]),
            ("export", number, [pointer, pointer, size, ctypes.POINTER(size)]),
            ("free", None, [pointer]),
            ("context", pointer, [pointer, number, number]),
            ("context_free", None, [pointer]),
            ("sign", number, [pointer, text, size, rounds, timing]),
            ("verify", number, [pointer, text, size, text, size, rounds, timing]),
            ("cipher", number, [pointer, number, text, size, rounds, timing]),
            ("sign_threads", number, [pointer, number, text, size, rounds, number, timing]),
            (
                "engine_sign",
                number,
                [pointer, pointer, dword, text, dword, dword, rounds, timing],
            ),
            ("engine_open", number, [pointer, pointer, pointer, rounds, timing]),
        ):
            function = getattr(library, f"peer_{name}")
            function.restype, function.argtypes = result, arguments

    def timed(self, name: str, rounds: int, *arguments: object) -> Sample:
        """Calls a function that ends in `rounds, timing`."""
        timing = Timing()
        function = getattr(self.library, f"peer_{name}")
        if function(*arguments, rounds, ctypes.byref(timing)) != 1:
            raise RuntimeError(f"peer_{name} failed")
        return per_operation(timing.wall, timing.cpu, rounds)

    def sign_threads(
        self, key: PeerKey, padding: str, digest: bytes, rounds: int, threads: int
    ) -> Sample:
        """The time for each signature of all threads together: half of one's with two."""
        timing = Timing()
        arguments = (key.key, PADDINGS[padding], digest, len(digest), rounds, threads)
        if self.library.peer_sign_threads(*arguments, ctypes.byref(timing)) != 1:
            raise RuntimeError("peer_sign_threads failed")
        return per_operation(timing.wall, timing.cpu, rounds * threads)

    def libcrypto(self) -> str:
        return str(self.library.peer_libcrypto().decode())


class PeerKey:
    """A key of libcrypto's, also as PKCS#8 for the others. Lives until the process ends."""

    def __init__(self, peers: Peers, rsa_bits: int = 0) -> None:
        self.peers = peers
        self.key = peers.library.peer_generate(rsa_bits)
        buffer, size = ctypes.create_string_buffer(8192), ctypes.c_size_t()
        if not self.key or not peers.library.peer_export(self.key, buffer, 8192, size):
            raise RuntimeError("libcrypto could not make a key")
        self.pkcs8 = buffer.raw[: size.value]

    def context(self, operation: int, padding: str = "") -> int:
        context = self.peers.library.peer_context(self.key, operation, PADDINGS[padding])
        if not context:
            raise RuntimeError("libcrypto could not make a context")
        return int(context)


def cryptography_modules() -> dict[str, ModuleType] | None:
    """What the comparisons need of the package cryptography; None when it is not there."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
    except ImportError:
        return None
    return {
        "hashes": hashes,
        "serialization": serialization,
        "ec": ec,
        "padding": padding,
        "utils": utils,
    }


def cryptography_signer(pkcs8: bytes, padding: str) -> tuple[Any, tuple[Any, ...]] | None:
    """A key of cryptography's and the arguments behind the digest, all made beforehand."""
    modules = cryptography_modules()
    if modules is None:
        return None
    key = modules["serialization"].load_der_private_key(pkcs8, None)
    sha256 = modules["hashes"].SHA256()
    prehashed = modules["utils"].Prehashed(sha256)
    paddings = modules["padding"]
    if padding == "pkcs1":
        return key, (paddings.PKCS1v15(), prehashed)
    if padding == "pss":
        return key, (paddings.PSS(paddings.MGF1(sha256), salt_length=32), prehashed)
    return key, (modules["ec"].ECDSA(prehashed),)
