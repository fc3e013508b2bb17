# SPDX-License-Identifier: MIT
"""python -m ncrypt_ext: doctor, and looking after the portable key stores."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from ncrypt_ext import _doctor
from ncrypt_ext._doctor import engine
from ncrypt_ext._version import __version__
from ncrypt_ext.errors import NCryptError


def doctor(options: argparse.Namespace) -> int:
    report = _doctor.examine()
    print(json.dumps(report, indent=2) if options.json else _doctor.text(report))
    return 1 if report["problems"] else 0


def store_info(options: argparse.Namespace) -> int:
    info = engine.store_info(machine=options.machine)._asdict()
    print(json.dumps(info, indent=2) if options.json else _doctor.text(info))
    return 0


def store_check(options: argparse.Namespace) -> int:
    checked, faults = engine.store_check(machine=options.machine)
    for fault in faults:
        print(fault)
    print(f"{checked} keys checked, {len(faults)} faults")
    return 1 if faults else 0


def store_backup(options: argparse.Namespace) -> int:
    engine.store_backup(options.folder, machine=options.machine)
    print(f"database and master key are copied to {options.folder}: keep that as safe as the store")
    return 0


def _new_passphrase(path: str | None) -> str | bytes:
    if path is not None:
        with open(path, "rb") as file:
            return file.read().rstrip(b"\r\n")
    from getpass import getpass

    first = getpass("New passphrase: ")
    if getpass("The same again: ") != first:
        raise ValueError("the two passphrases are not the same")
    return first


def store_rekey(options: argparse.Namespace) -> int:
    passphrase = None if options.remove else _new_passphrase(options.passphrase_file)
    engine.store_rekey(passphrase, machine=options.machine)
    print("the master key is kept " + ("in a file" if passphrase is None else "under a passphrase"))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ncrypt_ext", description=__doc__)
    parser.add_argument("--version", action="version", version=f"ncrypt_ext {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("doctor", help="what is used, what would fail and why")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=doctor)
    if engine is None:
        return parser.parse_args(arguments)

    store = commands.add_parser("store", help="look after a key store")
    actions = store.add_subparsers(dest="action", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--machine", action="store_true", help="the machine's store")
    command = actions.add_parser("info", parents=[shared], help="where it is, what is in it")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=store_info)
    command = actions.add_parser("check", parents=[shared], help="read every page, open every seal")
    command.set_defaults(run=store_check)
    command = actions.add_parser("backup", parents=[shared], help="copy it while others use it")
    command.add_argument("folder", help="a folder that does not exist yet")
    command.set_defaults(run=store_backup)
    command = actions.add_parser("rekey", parents=[shared], help="change or remove the passphrase")
    source = command.add_mutually_exclusive_group()
    source.add_argument("--passphrase-file", metavar="FILE", help="read it from there, do not ask")
    source.add_argument("--remove", action="store_true", help="keep the master key in a file")
    command.set_defaults(run=store_rekey)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except (NCryptError, OSError, ValueError) as error:
        print(f"ncrypt_ext: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
