# SPDX-License-Identifier: MIT
"""What an implementation can do, found out by doing it: a probe that returns says yes.

Each one is run in a process of its own where a stub may end the process (see conftest.py).
"""

import os
from ctypes import byref

from . import certificates, material, ws_probes
from .abi import PKCS1_ENCRYPTION, BufferDesc, D, parameters, pkcs1
from .api import call
from .constants import BUFFER_ECC_CURVE_NAME


def _probe_name():
    return f"ncrypt-ext conformance probe {os.getpid()}"


def algorithm(name):
    def probe(api):
        api.make(name)

    return probe


def persisted(api):
    name = _probe_name()
    key = api.make("RSA", name)
    api.free(key)
    api.delete(api.open(name))


def enumerate_keys(api):
    api.keys()


def enumerate_providers(api):
    api.providers()


def enumerate_algorithms(api):
    api.algorithms()


def delete(api):
    api.delete(api.create("RSA"))


def is_key_handle(api):
    if call("NCryptIsKeyHandle", api.create("RSA")) != 1:
        raise SystemExit("a key is no key")


def lengths(api):
    api.get(api.create("RSA"), "Lengths")


def rsa_import(api):
    api.import_key("RSAFULLPRIVATEBLOB", material.rsa(1024).full_blob())


def ecc_import(api):
    api.import_key("ECCPRIVATEBLOB", material.ec(material.P256).private_blob())


def cipher_import(api):
    api.import_key("CipherKeyBlob", material.cipher_key_blob("AES", bytes(16)))


def pkcs8(api):
    key = api.make("RSA", Length=1024, Export_Policy=3)
    api.import_key("PKCS8_PRIVATEKEY", api.export_key(key, "PKCS8_PRIVATEKEY"))


def encryption(scheme):
    def probe(api):
        key = api.make("RSA", Length=1024, Export_Policy=3)
        settings = b"\1\0\0\0\x08" + bytes(11)
        desc = parameters((41, scheme), (42, settings), (46, "x"))
        blob = api.export_key(key, "PKCS8_PRIVATEKEY", desc=desc)
        api.import_key("PKCS8_PRIVATEKEY", blob, parameters((46, "x")))

    return probe


def opaque(api):
    key = api.make("RSA", Length=1024, Export_Policy=3)
    api.import_key("OpaqueTransport", api.export_key(key, "OpaqueTransport"))


def envelope(api):
    key = api.make("RSA", Length=1024, Export_Policy=3)
    store = certificates.serialized(certificates.of_rsa(material.rsa(1024)))
    desc = parameters((47, store), (41, b"2.16.840.1.101.3.4.1.42\0"))
    api.export_key(key, "PKCS7_ENVELOPE", desc=desc)


def rsa_aes_wrap(api):
    key = api.make("RSA", Length=1024, Export_Policy=3)
    api.export_key(key, "PKCS11RsaAesWrapBlob", other=key)


def sign(api):
    api.sign(api.make("RSA", Length=1024), bytes(32), pkcs1("SHA256"))


def decrypt(api):
    key = api.make("RSA", Length=1024)
    api.decrypt(key, api.encrypt(key, b"probe", PKCS1_ENCRYPTION), PKCS1_ENCRYPTION)


def translate(api):
    call("NCryptTranslateHandle", None, None, 0, 0, 0, 0)


def agreement(api):
    key = api.make("ECDH_P256")
    api.derive(api.agree(key, key), "HASH")


def derivation(name):
    def probe(api):
        api.make(name, KDFKeySecret=b"probe")

    return probe


def claims(api):
    """That the functions are there: they answer something."""
    key = api.make("RSA", Length=512)
    call("NCryptCreateClaim", key, 0, 2, None, None, 0, byref(D()), 0)
    call("NCryptVerifyClaim", key, 0, 2, None, b"claim", 5, byref(BufferDesc()), 0)


def notify(api):
    api.watch()


def generic_ecdsa(api):
    api.make("ECDSA", ECCCurveName="nistP256")


def curves(api):
    """Generic algorithms on curves without algorithms of their own."""
    key = api.make("ECDSA", ECCCurveName="brainpoolP256r1")
    name = parameters((BUFFER_ECC_CURVE_NAME, "brainpoolP256r1"))
    api.import_key("ECCPUBLICBLOB", api.export_key(key, "ECCPUBLICBLOB"), name)


def x25519(api):
    key = api.make("ECDH", ECCCurveName="curve25519")
    api.derive(api.agree(key, key), "TRUNCATE")


def dh(api):
    api.make("DH")


def dsa(api):
    api.make("DSA", Length=1024)


def eccfull(api):
    api.export_key(api.make("ECDSA_P256"), "ECCFULLPUBLICBLOB")


def parameter_set(name, value):
    def probe(api):
        api.make(name, ParameterSetName=value)

    return probe


def encapsulate(api):
    call("NCryptEncapsulate", 0, None, 0, None, None, 0, None, 0)


PROBES = {
    "ML-DSA": parameter_set("ML-DSA", "44"),
    "ML-KEM": parameter_set("ML-KEM", "512"),
    "encapsulate": encapsulate,
    "RSA": algorithm("RSA"),
    "ECDSA_P256": algorithm("ECDSA_P256"),
    "ECDSA_P384": algorithm("ECDSA_P384"),
    "ECDSA_P521": algorithm("ECDSA_P521"),
    "ECDSA": generic_ecdsa,
    "AES": algorithm("AES"),
    "3DES": algorithm("3DES"),
    "3DES_112": algorithm("3DES_112"),
    "cipher_import": cipher_import,
    "agreement": agreement,
    "curves": curves,
    "x25519": x25519,
    "eccfull": eccfull,
    "SP800_108_CTR_HMAC": derivation("SP800_108_CTR_HMAC"),
    "SP800_56A_CONCAT": derivation("SP800_56A_CONCAT"),
    "PBKDF2": derivation("PBKDF2"),
    "CAPI_KDF": derivation("CAPI_KDF"),
    "TLS1_1_KDF": derivation("TLS1_1_KDF"),
    "TLS1_2_KDF": derivation("TLS1_2_KDF"),
    "HKDF": derivation("HKDF"),
    "DH": dh,
    "DSA": dsa,
    "claims": claims,
    "notify": notify,
    "persisted": persisted,
    "enumerate": enumerate_keys,
    "enumerate_providers": enumerate_providers,
    "enumerate_algorithms": enumerate_algorithms,
    "delete": delete,
    "lengths": lengths,
    "is_key_handle": is_key_handle,
    "rsa_import": rsa_import,
    "ecc_import": ecc_import,
    "pkcs8": pkcs8,
    "pkcs8_encrypted": encryption(b"1.2.840.113549.1.12.1.3\0"),
    "pbes2": encryption(b"1.2.840.113549.1.5.13\0"),
    "opaque": opaque,
    "envelope": envelope,
    "rsa_aes_wrap": rsa_aes_wrap,
    "sign": sign,
    "decrypt": decrypt,
    "translate": translate,
    **ws_probes.PROBES,
}
