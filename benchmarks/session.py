# SPDX-License-Identifier: MIT
"""What the measurements share: options, a scratch folder, peers, and child processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.peers import ROOT, PeerKey, Peers


class Session:
    """One run."""

    def __init__(self, quick: bool, pairs: int, folder: str | None) -> None:
        self.quick = quick
        self.pairs = max(pairs, 21)
        base = Path(folder) if folder else ROOT / "build" / "bench"
        base.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        self._peers: Peers | None = None
        self._keys: dict[int, PeerKey] = {}

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def peers(self) -> Peers:
        if self._peers is None:
            self._peers = Peers()
        return self._peers

    def key(self, rsa_bits: int = 0) -> PeerKey:
        """One key of each size for the whole run, the same for every side."""
        if rsa_bits not in self._keys:
            self._keys[rsa_bits] = PeerKey(self.peers, rsa_bits)
        return self._keys[rsa_bits]

    def rounds(self, many: int) -> int:
        """How often something is repeated when the run is not a quick one."""
        return many // 10 if self.quick else many

    def home(self, name: str) -> Path:
        """A new folder for a key store."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))


def package(home: Path | None = None) -> ModuleType:
    """ncrypt_ext; providers that are opened from now on use this folder."""
    if home is not None:
        os.environ["NCRYPT_EXT_HOME"] = str(home)
    import ncrypt_ext

    return ncrypt_ext


def open_provider(home: Path) -> Any:
    """A provider on the store in this folder, which it goes on using."""
    return package(home).Provider()


def child(name: str, *arguments: object, home: Path, preload: Path | None = None) -> Any:
    """Runs benchmarks/children.py's function in a process of its own; returns what it returned."""
    environment = {**os.environ, "NCRYPT_EXT_HOME": str(home)}
    if preload is not None:
        environment["LD_PRELOAD"] = str(preload)
    command = [sys.executable, "-m", "benchmarks.children", name, json.dumps(arguments)]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(answer.stdout)
