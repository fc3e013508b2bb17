"""Who may use a stored key: its security descriptor."""

from typing_extensions import Buffer

from ncrypt_ext._key_device import DeviceKey
from ncrypt_ext.security import SecurityDescriptor, SecurityInformation

class SecuredKey(DeviceKey):
    """A key's security descriptor ("Security Descr"): on Windows, for keys with a name.

    The portable engine has none: the owner and the mode of the store's files decide there, and
    these methods are a :class:`~ncrypt_ext.NotSupportedError`.
    """

    def security_descriptor(
        self, parts: SecurityInformation | int = 7, *, silent: bool = False
    ) -> SecurityDescriptor:
        """Read the key's security descriptor; ``str()`` of it is SDDL, ``to_bytes()`` the bytes.

        ``parts`` are owner, group and DACL if not given. Reading ``SACL`` takes the privilege
        ``SeSecurityPrivilege``.
        """

    def set_security_descriptor(
        self,
        descriptor: SecurityDescriptor | str | Buffer,
        parts: SecurityInformation | int | None = None,
        *,
        persist: bool = True,
        silent: bool = False,
    ) -> None:
        """Replace parts of the key's security descriptor, given as SDDL (a ``str``), as a
        :class:`~ncrypt_ext.security.SecurityDescriptor` or as the bytes of a self-relative one.

        ``parts`` are those that the descriptor has if not given; the others stay as they are. One
        that it has not is a ``ValueError``: Windows takes a DACL that is not there for no limit.
        ``persist`` passes ``NCRYPT_PERSIST_FLAG``. Raises the audit event
        ``ncrypt_ext.set_security_descriptor`` with the key's name and whether it is a machine key.
        """

    def grant_read(self, who: str, *, persist: bool = True, silent: bool = False) -> None:
        r"""Let somebody use the key: ``"NT SERVICE\\Spooler"``, ``"LS"``, ``"S-1-5-..."``.

        Reads the key's DACL, adds an entry that allows generic read, and writes the DACL back, if
        it is not there yet. Nothing locks the key in between: of two programs that do this at the
        same time, one loses its entry. A right to read the key is a right to use it.
        """
