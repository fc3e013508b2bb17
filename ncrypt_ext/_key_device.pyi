"""Keys that may live in a device: a platform module (TPM), a smart card."""

from collections.abc import Callable

from typing_extensions import Buffer, disjoint_base, final

from ncrypt_ext._key_base import KeyBase
from ncrypt_ext.records import PinRequest

@disjoint_base
class DeviceKey(KeyBase):
    """A key that may be in a device and want a PIN. See docs/hardware.md."""

    @property
    def is_hardware(self) -> bool:
        """Whether the private key is in a device: a platform module (TPM), a smart card.

        That is what the implementation type of the key says, or, where it has none, that of its
        provider (``HARDWARE`` or ``REMOVABLE``). False as well when neither says anything.
        """

    @property
    def pin_callback(self) -> Callable[[PinRequest], str | Buffer | None] | None:
        """What is called when the private key wants a PIN; keys get that of their provider.

        It is told what is asked for, a :class:`~ncrypt_ext.PinRequest`, and returns the PIN, or
        None to give up: then the call fails as it would have without a callback. The PIN is handed
        to the provider and the call repeated, once; one call never tries a second PIN. When the
        last PIN was refused the next call asks before anything else. While there is a callback
        the calls for the private key are silent: no dialog of Windows comes up.

        Signing, decrypting, :meth:`UnfinalizedKey.finalize` and :meth:`Key.delete` ask for it. One
        thread asks at a time. It runs in the thread of the call, with the key usable: but a call
        that wants a PIN again, from inside, fails.
        """

    @pin_callback.setter
    def pin_callback(self, value: Callable[[PinRequest], str | Buffer | None] | None) -> None: ...
    def set_pin(self, pin: str | Buffer, *, silent: bool = False) -> None:
        """Hand a PIN to the provider, for the calls to come.

        It goes into the property ``"PCP_USAGEAUTH"`` of a key of the platform module, else into
        ``"SmartCardPin"``. For an :class:`UnfinalizedKey` of the platform module it is the PIN that
        the new key will want. What this object made of the PIN is wiped before the method
        returns; it is nowhere kept. A bytes-like PIN must be ASCII; a ``bytearray`` can be wiped by
        the caller as well.

        A wrong one is usually found out by the next use, which is a :class:`~ncrypt_ext.PinError`;
        after that this object's private key is not used again until there is another PIN, so
        that a program that tries again and again does not block a card. A provider without PINs is
        a :class:`~ncrypt_ext.NotSupportedError`. Raises the audit event ``ncrypt_ext.set_pin``
        with the key's name and whether it is a machine key.
        """

@final
class PinTurn:
    """One call that tries a PIN."""

    def __enter__(self) -> None: ...
    def __exit__(self, kind: object, error: object, traceback: object) -> None: ...
