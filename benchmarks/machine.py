# SPDX-License-Identifier: MIT
"""Where and with what the figures were measured."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
import time
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
        "mode": "quick" if session.quick else "full",
        "interpreter": "debug" if hasattr(sys, "gettotalrefcount") else "release",
    }


class Neighbours:
    """How busy other processes keep the machine while something is measured."""

    def __init__(self) -> None:
        self.before = self.now()

    @staticmethod
    def now() -> tuple[float, float] | None:
        """Seconds that all processors have been busy, and those that were this run's."""
        try:
            line = Path("/proc/stat").read_text().partition("\n")[0]
        except OSError:
            return None
        ticks = [int(each) for each in line.split()[1:9]]
        busy = sum(ticks) - ticks[3] - ticks[4]  # without the idle ones and those that wait
        times = os.times()
        ours = times.user + times.system + times.children_user + times.children_system
        return busy / os.sysconf("SC_CLK_TCK"), ours

    def share(self, seconds: float) -> float | None:
        """Of all processors' time; None where the system does not say."""
        after = self.now()
        if self.before is None or after is None:
            return None
        others = (after[0] - self.before[0]) - (after[1] - self.before[1])
        return max(0.0, others / (seconds * (os.cpu_count() or 1)))


def wait_until_quiet(seconds: float) -> None:
    """Until others have used less than 3 % of the machine for two seconds, if that is soon."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        neighbours = Neighbours()
        time.sleep(2)
        share = neighbours.share(2)
        if share is None or share < 0.03:
            return
