"""The portable engine's own functions: looking after the key stores. Not there on Windows.

Each works on the user's store, or with ``machine`` on the machine's. None of them makes a store: a
missing one is a :class:`~ncrypt_ext.StoreNotFoundError`.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

class StoreInfo(NamedTuple):
    """What :func:`store_info` tells about a store."""

    folder: str
    database: str
    id: str
    schema_version: int
    keys: int
    bytes: int
    passphrase: bool
    read_only: bool

def store_folder(*, machine: bool = False) -> str:
    """Where the store is, or would be."""

def store_info(*, machine: bool = False) -> StoreInfo:
    """What is known about the store without opening a key."""

def store_check(*, machine: bool = False) -> tuple[int, list[str]]:
    """Read every page and open every seal; returns how many keys were checked, and a sentence for
    each fault.
    """

def store_backup(folder: str | bytes | os.PathLike[str], *, machine: bool = False) -> None:
    """Copy database and master key to a new folder, consistently, while others keep working."""

def store_rekey(passphrase: str | bytes | None, *, machine: bool = False) -> None:
    """Wrap the master key anew: under a passphrase (a ``str`` as UTF-8), or with None in a file of
    mode 0600.
    """

def set_passphrase_callback(callback: Callable[[str], str | bytes | None] | None) -> None:
    """Set who is asked for the passphrase of a store that needs one.

    It is called with the store's folder when the environment names no source. None means there is
    no passphrase. What it raises is the ``__cause__`` of the error that opening the store ends
    with.
    """
