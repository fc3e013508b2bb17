# SPDX-License-Identifier: MIT
"""Where and with what the figures were measured."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.peers import ROOT, compiler
from benchmarks.session import Session, package


def first_line(*command: str) -> str:
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.strip().partition("\n")[0]


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return first_line("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()


def cryptography_versions() -> str:
    try:
        import cryptography
        from cryptography.hazmat.backends.openssl import backend
    except ImportError:
        return "not installed"
    return f"{cryptography.__version__} with its own {backend.openssl_version_text()}"


def describe(session: Session) -> dict[str, str]:
    commit = first_line("git", "rev-parse", "--short=12", "HEAD")
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no", "ncrypt_ext")
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "package": f"{package().__version__}, commit {commit}{' with changes' if changed else ''}",
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "file system": first_line("stat", "-f", "-c", "%T", str(session.folder)),
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "compiler": first_line(*compiler(), "--version"),
        "libcrypto": session.peers.libcrypto(),
        "sqlite": first_line("pkg-config", "--modversion", "sqlite3") or sqlite3.sqlite_version,
        "cryptography": cryptography_versions(),
        "load before": load,
        "mode": "quick" if session.quick else "full",
        "interpreter": "debug" if hasattr(sys, "gettotalrefcount") else "release",
    }
