# SPDX-License-Identifier: MIT
"""Runs the tests that make sense on Windows' own DLLs, real ones or Wine's; also on the engine.

python tools/windows/suite.py                    by a Python that has ncrypt_ext and pytest
python tools/windows/suite.py --install          builds and installs both in build/suite first
python tools/windows/suite.py --install WHEEL    the same with that wheel: needs no compiler

The conformance tests run, which call the functions by ctypes and compare what they do, and, on
Windows, those tests of the package itself that need no more than it. The results are in
build/conformance/<engine, wine or windows>.jsonl: what each test did, and on which system.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "conformance"
PYTEST = ["-m", "pytest", "-q", "-rN", "--tb=native"]
PYTEST += ["-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "bindings"]
# As in pyproject.toml.
TEST_PACKAGES = ["pytest>=9.2,<10", "cryptography>=50,<51"]
# Those that need neither the engine nor a store nor another package.
BINDINGS = [
    "test_attack_arguments.py",
    "test_attack_batch.py",
    "test_attack_pointers.py",
    "test_audit.py",
    "test_bad_signatures.py",
    "test_batch.py",
    "test_buffers.py",
    "test_capi.py",
    "test_capi_handles.py",
    "test_doctor.py",
    "test_errors.py",
    "test_handles.py",
    "test_key_security.py",
    "test_keys.py",
    "test_names.py",
    "test_padding.py",
    "test_security.py",
    "test_x509.py",
    "threads",
    "crossings",
    "windows",
    "ws/test_async_channel.py",
    "ws/test_channel.py",
    "ws/test_channel_arguments.py",
    "ws/test_channel_calls.py",
    "ws/test_channel_failures.py",
    "ws/test_errors.py",
    "ws/test_heap.py",
    "ws/test_key_handle_arguments.py",
    "ws/test_key_handles.py",
    "ws/test_token_checks.py",
    "ws/test_token_threads.py",
    "ws/test_token_xml.py",
    "ws/test_tokens.py",
    "ws/test_xml.py",
]


# What pytest exits with when it came to its end. On Wine it may be broken off, though rarely: some
# of what its DLLs are asked makes them write behind their memory, which anything may suffer from.
FINISHED = (0, 1)


def install(wheel: str | None) -> int:
    """An environment with the package and pytest, and the suite in it."""
    folder = ROOT / "build" / "suite"
    venv.create(folder, clear=True, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    package = wheel or str(ROOT)
    subprocess.run([python, "-m", "pip", "install", package, *TEST_PACKAGES], check=True)
    return subprocess.run([python, __file__]).returncode


def implementation() -> str:
    if os.name != "nt":
        return "engine"
    ntdll = getattr(ctypes, "WinDLL")("ntdll.dll")  # noqa: B009 (there is none elsewhere)
    return "wine" if hasattr(ntdll, "wine_get_version") else "windows"


def wine_version() -> str:
    version = getattr(ctypes, "WinDLL")("ntdll.dll").wine_get_version  # noqa: B009
    version.restype = ctypes.c_char_p
    return str(version().decode())


def start(log: Path, results: Path, *paths: str) -> subprocess.Popen[bytes]:
    """Safe path: what is in the current folder is not the package that is installed."""
    environment = dict(os.environ, NCRYPT_EXT_CONFORMANCE_RESULTS=str(results))
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", *PYTEST, *paths],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )


def outcomes(results: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    if not results.exists():
        return counts
    for line in results.read_text("utf-8").splitlines():
        outcome = json.loads(line)["outcome"]
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def main() -> int:
    if sys.argv[1:2] == ["--install"]:
        return install(sys.argv[2] if len(sys.argv) > 2 else None)
    where = implementation()
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = {where: ["tests/conformance"]}
    if where != "engine":
        parts[f"{where}-bindings"] = [f"tests/{name}" for name in BINDINGS]
    running = {}
    for name, paths in parts.items():
        log, results = FOLDER / f"{name}.log", FOLDER / f"{name}.jsonl"
        results.unlink(missing_ok=True)
        running[name] = start(log, results, *paths)
    passed = True
    for name, process in running.items():
        if process.wait() not in FINISHED and where == "wine":
            print(f"{name}: broken off (exit code {process.returncode}), once more")
            log, results = FOLDER / f"{name}.log", FOLDER / f"{name}.jsonl"
            results.unlink(missing_ok=True)
            process = start(log, results, *parts[name])
            process.wait()
        text = (FOLDER / f"{name}.log").read_text("utf-8", "replace").rstrip()
        last = text.rpartition("\n")[2]
        print(f"{name}: {outcomes(FOLDER / f'{name}.jsonl')}; {last}")
        if process.returncode != 0 or " failed" in last or " error" in last or " in " not in last:
            print(text)
            passed = False
    system = {"on": where, "date": time.strftime("%Y-%m-%d"), "build": platform.version()}
    system["python"] = platform.python_version()
    if where == "wine":
        system["wine"] = wine_version()
    (FOLDER / f"{where}-system.json").write_text(json.dumps(system), "utf-8")
    print(f"the suite {'passed' if passed else 'FAILED'} on {where} ({system['build']})")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
