# SPDX-License-Identifier: MIT
"""The same as `python -m benchmarks`, from any folder."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)
