"""Keys that agree on secrets."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from typing_extensions import Buffer

from ncrypt_ext._key_encryption import EncryptionKey
from ncrypt_ext._secret import Secret

class AgreementKey(EncryptionKey):
    """Key agreement (ECDH)."""

    def agree(
        self,
        peer: AgreementKey | Buffer | EllipticCurvePublicKey,
        *,
        silent: bool = False,
    ) -> Secret:
        """Agree with another's public key on a secret (NCryptSecretAgreement).

        The other one may be a key (of the same provider), the bytes of a public key, as an
        ``ECCPUBLICBLOB`` or a DER SubjectPublicKeyInfo, or an ``EllipticCurvePublicKey`` of the
        package cryptography. Keys on another curve are a ValueError. CNG tells keys that agree
        (``"ECDH_P256"``, ...) from those that sign (``"ECDSA_P256"``, ...): this one, and a peer
        that is a key, have to be of the first kind, else NotSupportedError. Raises the audit event
        ``ncrypt_ext.agree`` with the key's name and whether it is a machine key.
        """
