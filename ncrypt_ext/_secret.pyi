"""A secret that two keys agreed on."""

from typing_extensions import Buffer, final

from ncrypt_ext._property_handle import PropertyHandle

@final
class Secret(PropertyHandle):
    """What a private key and another's public key agreed on. Comes from :meth:`Key.agree`.

    It stays in the implementation's memory: :meth:`derive` makes keys of it, :meth:`raw` gives it
    out. As long as it is not closed, the keys that it was made of stay open natively: they may be
    closed first, but not deleted or detached. Any number of threads may use one.
    """

    def derive(
        self,
        kdf: str,
        length: int | None = None,
        *,
        hash_name: str | None = None,
        prepend: Buffer | None = None,
        append: Buffer | None = None,
        hmac_key: Buffer | None = None,
        label: Buffer | None = None,
        seed: Buffer | None = None,
        protocol: int | None = None,
        algorithm_id: Buffer | None = None,
        party_u_info: Buffer | None = None,
        party_v_info: Buffer | None = None,
        supp_pub_info: Buffer | None = None,
        supp_priv_info: Buffer | None = None,
        salt: Buffer | None = None,
        info: Buffer | None = None,
    ) -> bytes:
        """Derive a key of that many bytes (NCryptDeriveKey).

        The ways to do it, named in :mod:`ncrypt_ext.properties` (``KDF_HASH``, ...); Z stands for
        the secret as :meth:`raw` gives it:

        * ``"HASH"``: the digest of ``prepend``, Z and ``append``
        * ``"HMAC"``: the same with a key, ``hmac_key``; without one Z is the key
        * ``"TLS_PRF"``: with ``label`` and a ``seed`` of 64 bytes, 48 bytes. ``protocol`` is a
          number like ``ssl.TLSVersion.TLSv1_2``, and ``hash_name`` is for that one only
        * ``"SP800_56A_CONCAT"``: with ``algorithm_id``, ``party_u_info``, ``party_v_info`` (each
          may be empty), ``supp_pub_info`` and ``supp_priv_info``
        * ``"HKDF"``: with ``salt`` and ``info``. One secret takes one hash and one salt
        * ``"TRUNCATE"``: Z from its end to its beginning, as Windows gives it; see :meth:`raw`

        The hash is SHA256 where none is given (Windows' own default is SHA1). Without a length it
        is what the derivation gives: a digest, 48 bytes, or all of Z; ``"SP800_56A_CONCAT"`` and
        ``"HKDF"`` need one. A shorter one cuts the end off, but for ``"TLS_PRF"``; a longer one is
        a ValueError. So is a parameter that the derivation does not take, or lacks. A derivation
        that is not named here is handed on to the provider with what is given.
        """

    def raw(self) -> bytes:
        """The secret itself, big-endian: the x coordinate, as long as the curve's field.

        It is not evenly distributed, and is no key: derive one of it. For protocols that do so
        themselves.
        """
