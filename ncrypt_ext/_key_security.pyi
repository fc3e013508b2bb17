"""Who may use a stored key: its security descriptor. Who vouches for it: claims."""

from collections.abc import Mapping

from typing_extensions import Buffer

from ncrypt_ext._key_device import DeviceKey
from ncrypt_ext.security import SecurityDescriptor, SecurityInformation

class SecuredKey(DeviceKey):
    """A key's security descriptor ("Security Descr"): on Windows, for keys with a name. Claims
    about keys in devices.

    The portable engine has neither: the owner and the mode of the store's files decide there who
    uses a key, and all of these methods are a :class:`~ncrypt_ext.NotSupportedError`.
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

    def create_claim(
        self,
        claim_type: int,
        *,
        authority: SecuredKey | None = None,
        parameters: Mapping[int, Buffer | str | int] | None = None,
    ) -> bytes:
        """Let the key's provider vouch for it (NCryptCreateClaim): that it is in this device.

        What there is to claim, with which authority, a key that signs the claim, and with which
        parameters, is the provider's: :class:`~ncrypt_ext.ClaimType` and
        :class:`~ncrypt_ext.ClaimParameter` have Windows' numbers. Keys of software providers have
        no claims. Raises the audit event ``ncrypt_ext.create_claim`` with the key's name, whether
        it is a machine key, and the type.
        """

    def verify_claim(
        self,
        claim_type: int,
        claim: Buffer,
        *,
        authority: SecuredKey | None = None,
        parameters: Mapping[int, Buffer | str | int] | None = None,
        details: bool = False,
    ) -> dict[int, bytes]:
        """Check a claim about this key (NCryptVerifyClaim).

        One that does not hold is an :class:`~ncrypt_ext.InvalidSignatureError`.

        What the provider tells of it is returned, by the numbers of
        :class:`~ncrypt_ext.ClaimParameter`. With ``details``
        (``NCRYPT_VBS_RETURN_CLAIM_DETAILS_FLAG``) it is more.
        """
