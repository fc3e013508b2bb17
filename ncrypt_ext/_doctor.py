# SPDX-License-Identifier: MIT
"""What is installed here, what it uses, and what would fail and why."""

from __future__ import annotations

import os
import re
import stat
import sys

from ncrypt_ext._handle import live_handles
from ncrypt_ext._provider import Provider, implementation, storage_providers, versions
from ncrypt_ext._version import __version__
from ncrypt_ext.errors import NCryptError, StoreNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

engine: Any
try:
    from ncrypt_ext import _engine as engine
except ImportError:  # where Windows does the work
    engine = None

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


def _describe_path(path: str) -> dict[str, Any] | None:
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


def _existing_parent(path: str) -> str:
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _examine_store(machine: bool) -> dict[str, Any]:
    """One scope of the portable store; `problem` says what would fail, "" when nothing would."""
    scope = "machine" if machine else "user"
    report: dict[str, Any] = {"scope": scope, "exists": False, "problem": ""}
    try:
        folder = report["folder"] = engine.store_folder(machine=machine)
    except NCryptError as error:
        report["problem"] = f"no key can be stored: {error}"
        return report
    report["folder_access"] = _describe_path(folder)
    try:
        info = engine.store_info(machine=machine)
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


SERVICE_REMARK = (
    "a service must not create, open or use keys before it has told the service control manager "
    "that it runs: Windows' key isolation service may be waiting for the same manager (deadlock)"
)


def describe_service(environment: Mapping[str, str]) -> dict[str, Any]:
    """Whether this looks like a service of Windows: only the environment is asked.

    The three built-in accounts and the virtual accounts of services have profiles that no person
    has; a person's session at the console or by remote desktop has a name. A service that runs
    under a person's account cannot be told from a task or a remote shell.
    """
    variables = {name.upper(): value for name, value in environment.items()}
    profile = variables.get("USERPROFILE", "").replace("/", "\\").rstrip("\\")
    folder, _, last = profile.rpartition("\\")
    account = ""
    if last.lower() == "systemprofile":
        account = "LocalSystem"
    elif folder.lower().endswith("\\serviceprofiles"):
        built_in = last.lower() in ("localservice", "networkservice")
        account = last if built_in else f"NT SERVICE\\{last}"
    if account:
        likely = f"yes: the profile is that of {account}"
    elif "SESSIONNAME" in variables:
        likely = f"no: the session has the name {variables['SESSIONNAME']}"
    else:
        likely = "possibly: no service's own account, but the session has no name either"
    return {"service": likely, "account": account, "remark": SERVICE_REMARK}


LOCK_TIMEOUT = "NCRYPT_EXT_LOCK_TIMEOUT_MS"
LONGEST_LOCK_TIMEOUT = 600_000


def _examine_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """What is set and has no effect."""
    text = environment.get(LOCK_TIMEOUT, "")
    if text and not (re.fullmatch("[0-9]+", text) and int(text) <= LONGEST_LOCK_TIMEOUT):
        yield f"{LOCK_TIMEOUT} is not a number from 0 to {LONGEST_LOCK_TIMEOUT}: 5000 is used"


def _try_a_key() -> str:
    """Whether the main job works, without touching a store."""
    try:
        with Provider() as provider, provider.create_key("ECDSA_P256") as key:
            digest = bytes(32)
            key.verify(digest, key.sign(digest))
    except Exception as error:
        return f"a key in memory cannot be made and used: {error}"
    return ""


def examine() -> dict[str, Any]:
    """Everything as a dict of plain values."""
    portable = implementation() != "native"
    stores = [_examine_store(machine) for machine in (False, True)] if engine else []
    problems = [f"{each['scope']} store: {each['problem']}" for each in stores if each["problem"]]
    if portable:
        problems.extend(_examine_environment(os.environ))
    if portable and engine is None:
        problems.append("the module _engine is missing: the installation is damaged")
    if trouble := _try_a_key():
        problems.append(trouble)
    report = {
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
    }
    if not portable:
        report["service"] = describe_service(os.environ)
    report["problems"] = problems
    return report


def _lines(name: object, value: object, indent: str = "") -> Iterator[str]:
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


def text(report: dict[str, Any]) -> str:
    """The same for people."""
    return "\n".join(
        line for name, value in report.items() for line in _lines(name.replace("_", " "), value)
    )
