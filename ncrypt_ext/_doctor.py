# SPDX-License-Identifier: MIT
"""What is installed here, what it uses, and what would fail and why."""

import os
import stat
import sys

from ncrypt_ext._handle import live_handles
from ncrypt_ext._provider import Provider, implementation, storage_providers, versions
from ncrypt_ext._version import __version__
from ncrypt_ext.errors import NCryptError, StoreNotFoundError

try:
    from ncrypt_ext import _engine
except ImportError:  # where Windows does the work
    _engine = None

ENVIRONMENT = (
    "NCRYPT_EXT_HOME",
    "NCRYPT_EXT_PASSPHRASE_FILE",
    "NCRYPT_EXT_PASSPHRASE_FD",
    "NCRYPT_EXT_LOCK_TIMEOUT_MS",
    "NCRYPT_EXT_ALLOW_NETWORK_FS",
    "NCRYPT_EXT_OPENSSL_CONF",
    "NCRYPT_EXT_REQUIRE_NATIVE",
    "NCRYPT_EXT_TRACE",
)


def _describe_path(path):
    """Mode, owner and rights of what is at `path`; None when there is nothing."""
    try:
        found = os.lstat(path)
    except OSError as error:
        return None if isinstance(error, FileNotFoundError) else {"error": str(error)}
    return {
        "mode": stat.filemode(found.st_mode),
        "owner": found.st_uid,
        "readable": os.access(path, os.R_OK),
        "writable": os.access(path, os.W_OK),
    }


def _existing_parent(path):
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _examine_store(machine):
    """One scope of the portable store; `problem` says what would fail, "" when nothing would."""
    report = {"scope": "machine" if machine else "user", "exists": False, "problem": ""}
    try:
        folder = report["folder"] = _engine.store_folder(machine=machine)
    except NCryptError as error:
        report["problem"] = f"no key can be stored: {error}"
        return report
    report["folder_access"] = _describe_path(folder)
    try:
        info = _engine.store_info(machine=machine)
    except StoreNotFoundError:
        parent = _existing_parent(folder)
        if not os.access(parent, os.W_OK | os.X_OK):
            report["problem"] = f"no key can be stored: {parent} is not writable for this user"
    except NCryptError as error:
        report["problem"] = f"stored keys cannot be used: {error}"
    else:
        report.update(info._asdict(), exists=True)
        report["database_access"] = _describe_path(info.database)
        if info.read_only:
            report["problem"] = "keys can be used, but not stored: the store is read-only"
    return report


def _try_a_key():
    """Whether the main job works, without touching a store."""
    try:
        with Provider() as provider, provider.create_key("ECDSA_P256") as key:
            digest = bytes(32)
            key.verify(digest, key.sign(digest))
    except Exception as error:
        return f"a key in memory cannot be made and used: {error}"
    return ""


def examine():
    """Everything as a dict of plain values."""
    portable = implementation() != "native"
    stores = [_examine_store(machine) for machine in (False, True)] if _engine else []
    problems = [f"{store['scope']} store: {store['problem']}" for store in stores if store["problem"]]
    if portable and _engine is None:
        problems.append("the module _engine is missing: the installation is damaged")
    if _try_a_key():
        problems.append(_try_a_key())
    return {
        "version": __version__,
        "implementation": implementation(),
        "libraries": versions(),
        "python": sys.version.split()[0],
        "platform": sys.platform,
        "package": os.path.dirname(os.path.abspath(__file__)),
        "providers": [provider.name for provider in storage_providers()],
        "stores": stores,
        "environment": {name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        "live_handles": live_handles(),
        "problems": problems,
    }


def _lines(name, value, indent=""):
    if isinstance(value, dict):
        yield f"{indent}{name}:"
        for key, inner in value.items():
            yield from _lines(key, inner, indent + "  ")
    elif isinstance(value, list):
        yield f"{indent}{name}:" if value else f"{indent}{name}: none"
        for number, inner in enumerate(value):
            if isinstance(inner, dict):
                yield from _lines(inner.get("scope", number), inner, indent + "  ")
            else:
                yield f"{indent}  {inner}"
    else:
        yield f"{indent}{name}: {'none' if value is None or value == '' else value}"


def text(report):
    """The same for people."""
    return "\n".join(
        line for name, value in report.items() for line in _lines(name.replace("_", " "), value)
    )
