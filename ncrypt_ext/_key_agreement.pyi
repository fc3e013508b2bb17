"""Keys that agree on secrets, and keys that others are derived from."""

from cryptography.hazmat.primitives.asymmetric.dh import DHPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from typing_extensions import Buffer

from ncrypt_ext._key_encryption import EncryptionKey
from ncrypt_ext._secret import Secret

class AgreementKey(EncryptionKey):
    """Key agreement (ECDH, DH) and key derivation (PBKDF2, HKDF ...)."""

    def agree(
        self,
        peer: AgreementKey | Buffer | EllipticCurvePublicKey | X25519PublicKey | DHPublicKey,
        *,
        silent: bool = False,
    ) -> Secret:
        """Agree with another's public key on a secret (NCryptSecretAgreement).

        The other one may be a key (of the same provider), the bytes of a public key, as an
        ``ECCPUBLICBLOB`` or a DER SubjectPublicKeyInfo, or an ``EllipticCurvePublicKey`` or
        ``X25519PublicKey`` of the package cryptography; for a DH key a ``DHPUBLICBLOB``, such DER
        or a ``DHPublicKey``. Keys on another curve, or of another group, are a ValueError; a
        blob that does not name its curve is taken for one on this key's. CNG tells keys that agree
        (``"ECDH_P256"``, ``"ECDH"``, ...) from those that sign (``"ECDSA_P256"``, ...): this one,
        and a peer that is a key, have to be of the first kind, else NotSupportedError. Raises the
        audit event ``ncrypt_ext.agree`` with the key's name and whether it is a machine key.
        """

    def derive(
        self,
        length: int,
        *,
        hash_name: str | None = None,
        salt: Buffer | None = None,
        info: Buffer | None = None,
        label: Buffer | None = None,
        context: Buffer | None = None,
        seed: Buffer | None = None,
        iterations: int | None = None,
        algorithm_id: Buffer | None = None,
        party_u_info: Buffer | None = None,
        party_v_info: Buffer | None = None,
        supp_pub_info: Buffer | None = None,
        supp_priv_info: Buffer | None = None,
        generic: Buffer | None = None,
        for_aes: bool = False,
        silent: bool = False,
    ) -> bytes:
        """Derive a key of that many bytes (NCryptKeyDerivation).

        For keys that were made for it, see :meth:`Provider.import_secret`. Their algorithm, named
        in :mod:`ncrypt_ext.properties` (``PBKDF2``, ...), says how, and what is given for it:

        * ``"PBKDF2"`` (a password): ``salt`` and ``iterations``, at most 100,000,000 of them on the
          portable engine
        * ``"HKDF"``: ``salt`` and ``info``, which may both be left out
        * ``"SP800_108_CTR_HMAC"``: ``label`` and ``context``
        * ``"SP800_56A_CONCAT"``: ``algorithm_id``, ``party_u_info``, ``party_v_info`` (each may be
          empty), ``supp_pub_info`` and ``supp_priv_info``
        * ``"TLS1_1_KDF"`` and ``"TLS1_2_KDF"``: ``label`` and ``seed``
        * ``"CAPI_KDF"``, as CryptDeriveKey of CryptoAPI does it: nothing; ``for_aes`` says that the
          new key is one of AES, which makes a difference with MD5 and SHA1

        All but ``"TLS1_1_KDF"`` have a ``hash_name``, SHA256 where none is given. ``generic`` is
        what the standard puts together of the others, ready-made: of PBKDF2 the salt, of
        SP800_108_CTR_HMAC label, a zero byte and context, of SP800_56A_CONCAT all parts in their
        order. A parameter that the key's algorithm does not take, or lacks, is a ValueError.

        On the portable engine PBKDF2 is interrupted by signals (``KeyboardInterrupt``), and by
        ``close()`` from another thread. Raises the audit event ``ncrypt_ext.derive`` with the
        key's name and whether it is a machine key.
        """

    def encapsulate(self) -> tuple[bytes, bytes]:
        """A fresh secret and its ciphertext for this public key (NCryptEncapsulate).

        For ML-KEM keys; a public key will do. Whoever has the private key gets the same secret out
        of the ciphertext with :meth:`decapsulate`. NotSupportedError for other keys, and on a
        Windows that has no such function.
        """

    def decapsulate(self, ciphertext: Buffer) -> bytes:
        """The secret in a ciphertext of :meth:`encapsulate` (NCryptDecapsulate).

        A ciphertext of another length is a ValueError. One of the right length that does not belong
        to this key gives another secret and no error: what the secret protects tells. Raises the
        audit event ``ncrypt_ext.decapsulate`` with the key's name and whether it is a machine key.
        """
