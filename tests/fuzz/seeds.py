# SPDX-License-Identifier: MIT
"""Inputs that the fuzzers start from, in a folder for each target:

    python -m tests.fuzz.seeds FOLDER [TARGET...]
    python -m tests.fuzz.seeds --kept tests/fuzz/corpus

They are many and alike: corpus/ has those that reach code which no other reaches, and the few that
are kept though the fuzzer does not see what they are good for. `make -C tests/fuzz seeds` brings
both there.
"""

import hashlib
import sys
from pathlib import Path

from . import seeds_capi_blob, seeds_pfx, seeds_pkcs8

TARGETS = {"capi_blob": seeds_capi_blob, "pfx": seeds_pfx, "pkcs8": seeds_pkcs8}


def inputs(target):
    """With what memory_support.h wants in front."""
    for each in TARGETS[target].inputs():
        yield bytes(2) + each
    for most, each in TARGETS[target].starved():
        for number in range(1, most):
            yield number.to_bytes(2, "little") + each


def main(*arguments):
    kept = arguments[0] == "--kept"
    folder, *targets = arguments[1:] if kept else arguments
    for target in targets or TARGETS:
        place = Path(folder, target)
        place.mkdir(parents=True, exist_ok=True)
        chosen = (bytes(2) + each for each in TARGETS[target].kept()) if kept else inputs(target)
        for data in chosen:
            place.joinpath(hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
        print(f"{target}: {len(list(place.iterdir()))} inputs")


if __name__ == "__main__":
    main(*sys.argv[1:])
