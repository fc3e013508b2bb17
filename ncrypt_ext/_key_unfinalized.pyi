"""Keys that are being made: properties can be set, then finalize() turns them into a Key."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.dh import DHParameters, DHPublicKey
from cryptography.hazmat.primitives.asymmetric.dsa import DSAParameters, DSAPublicKey
from typing_extensions import Buffer, final

from ncrypt_ext._key import Key
from ncrypt_ext._key_properties import PropertyKey
from ncrypt_ext._provider import Provider
from ncrypt_ext.enums import KeyUsage
from ncrypt_ext.records import UIPolicy

@final
class UnfinalizedKey(PropertyKey):
    """A key that is not made yet. Comes from :meth:`Provider.create_persisted_key`.

    Nothing is stored before :meth:`finalize`. Closing it, also at the end of a ``with`` block,
    gives it up.
    """

    @staticmethod
    def from_handle(handle: int, *, own: bool) -> UnfinalizedKey:
        """Use a key that something else created and did not finalize. ``own``: as for Key."""

    @property
    def length(self) -> int:
        """The length in bits that the key will have."""

    @length.setter
    def length(self, value: int) -> None: ...
    @property
    def usage(self) -> KeyUsage:
        """What the private key may be used for."""

    @usage.setter
    def usage(self, value: int) -> None: ...
    @property
    def curve(self) -> str | None:
        """The elliptic curve, for algorithms that leave it open."""

    @curve.setter
    def curve(self, value: str) -> None: ...
    @property
    def parameter_set(self) -> str | None:
        """The parameter set, which ML-DSA and ML-KEM need."""

    @parameter_set.setter
    def parameter_set(self, value: str) -> None: ...
    @property
    def ui_policy(self) -> UIPolicy | None:
        """What the user is asked when the key is used."""

    @ui_policy.setter
    def ui_policy(self, value: UIPolicy) -> None: ...
    def set_parameters(
        self,
        parameters: Key | Buffer | DHParameters | DHPublicKey | DSAParameters | DSAPublicKey,
    ) -> None:
        """Set the group that a key of DH or DSA is to be made in, and with it its length.

        Those of another :class:`Key`, of the parameters or a public key of the package
        cryptography, or the bytes of a ``DHParameters`` or ``DSAParameters`` property. Who wants to
        agree by DH makes a key with the other side's parameters; without any, a DH key is in the
        standard group of its length, and DSA keys get parameters of their own.
        """

    def finalize(
        self, *, legacy_store: bool = False, validate: bool = True, silent: bool = False
    ) -> Key:
        """Make the key, store it if it has a name, and return it (NCryptFinalizeKey).

        The handle belongs to the returned Key from then on, and this object is closed. When it
        fails, this object is as before. A long generation is given up when another thread closes
        this object (:class:`~ncrypt_ext.CancelledError`), or when a signal handler raises, as
        Ctrl-C does; then nothing is stored. Windows cannot be asked to stop.

        ``legacy_store`` also stores an RSA key for CryptoAPI, ``validate=False`` skips checks of
        imported numbers.
        """

# For _imports.py: one native call each, with its flags.
def begin_key(provider: Provider, algorithm: Any, name: Any, flags: int) -> UnfinalizedKey: ...
def begin_import(
    provider: Provider,
    blob: Any,
    blob_type: Any,
    name: Any,
    curve: Any,
    password: bytes | None,
    flags: int,
) -> UnfinalizedKey: ...
def import_at_once(
    provider: Provider,
    blob: Any,
    blob_type: Any,
    name: Any,
    curve: Any,
    password: bytes | None,
    flags: int,
) -> Key: ...
def finalize_key(key: UnfinalizedKey, flags: int) -> Key: ...
def apply_settings(key: UnfinalizedKey, settings: dict[str, Any]) -> int:
    """Set what a caller gave, "properties" last; None means not given."""
