# SPDX-License-Identifier: MIT
"""The other process of a test: child.py keys|probes ARGUMENT..., see `keys` and probes.py."""

import importlib
import sys
from pathlib import Path


def keys(api, action, name, *rest):
    """Does one thing with a named key and prints what came out."""
    if action == "exists":
        print(api.exists(name))
    elif action == "enumerated":
        print(any(key[0] == name for key in api.keys()))
    elif action == "create":
        print(api.get_text(api.make(rest[0], name), "Algorithm Name"))
    elif action == "sign":
        print(api.sign(api.open(name), bytes.fromhex(rest[0])).hex())
    elif action == "delete":
        api.delete(api.open(name))
        print("deleted")
    elif action == "public":
        print(api.export_key(api.open(name), "PUBLICBLOB").hex())
    else:
        raise SystemExit(f"no action {action}")


def main(program, *arguments):
    root = Path(__file__).resolve().parents[2]
    sys.path.append(str(root))  # last: the package may be installed, and then that one counts
    module = importlib.import_module("tests.conformance.api")
    api = module.Api()
    if program == "keys":
        keys(api, *arguments)
    else:
        importlib.import_module("tests.conformance.probes").PROBES[arguments[0]](api)
    api.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
