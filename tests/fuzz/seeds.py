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
from importlib import import_module
from pathlib import Path

# Each has inputs(); some have kept(), and starved(): those to run with one allocation failing, and
# how many there are to fail.
TARGETS = ("blob", "capi_blob", "lists", "opaque", "pfx", "pkcs8", "property", "wrapped")


def those(target, kind):
    module = import_module(f".seeds_{target}", __package__)
    return getattr(module, kind, tuple)()


def inputs(target):
    """With what memory_support.h wants in front."""
    for each in those(target, "inputs"):
        yield bytes(2) + each
    for most, each in those(target, "starved"):
        for number in range(1, most):
            yield number.to_bytes(2, "little") + each


def main(*arguments):
    kept = arguments[0] == "--kept"
    folder, *targets = arguments[1:] if kept else arguments
    for target in targets or TARGETS:
        place = Path(folder, target)
        place.mkdir(parents=True, exist_ok=True)
        chosen = (bytes(2) + each for each in those(target, "kept")) if kept else inputs(target)
        for data in chosen:
            place.joinpath(hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
        print(f"{target}: {len(list(place.iterdir()))} inputs")


if __name__ == "__main__":
    main(*sys.argv[1:])
