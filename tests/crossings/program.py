# SPDX-License-Identifier: MIT
"""Uses keys step by step and prints, as JSON, the calls that each step made: run by test_crossings.

A step that the implementation does not support reports None.
"""

import json
import sys

import tracer

import ncrypt_ext as nc

DIGEST = bytes(32)
PADDINGS = {"RSA": nc.PKCS1("SHA256"), "ECDSA_P256": None}


def describe(key):
    names = ["algorithm", "algorithm_group", "name", "unique_name", "length", "is_machine_key"]
    return [getattr(key, name) for name in names]


def main(algorithm, name):
    counts = tracer.start()
    report = {}
    padding = PADDINGS[algorithm]
    properties = {"length": 2048} if algorithm == "RSA" else {}

    def step(title, action):
        before = counts.read()
        try:
            result = action()
        except nc.NotSupportedError:
            report[title] = None
            return None
        after = counts.read()
        report[title] = {
            function: after[function] - before[function]
            for function in sorted(after)
            if after[function] != before[function]
        }
        return result

    provider = step("open a provider", nc.Provider)
    key = step("create a key", lambda: provider.create_key(algorithm, name, **properties))
    if name is not None:
        key.close()
        key = step("open a key", lambda: provider.open_key(name))
    step("sign, first", lambda: key.sign(DIGEST, padding))
    signature = step("sign", lambda: key.sign(DIGEST, padding))
    step("sign_into", lambda: key.sign_into(DIGEST, bytearray(512), padding))
    step("sign_many of 10", lambda: key.sign_many([DIGEST] * 10, padding))
    step("verify, first", lambda: key.verify(DIGEST, signature, padding))
    step("verify", lambda: key.verify(DIGEST, signature, padding))
    step("verify a wrong signature", lambda: wrong(key, signature, padding))
    kind = "RSAPUBLICBLOB" if algorithm == "RSA" else "ECCPUBLICBLOB"
    step("export the public key", lambda: key.export(kind))  # asks for name and type to audit
    step("export the public key again", lambda: key.export(kind))
    step("public_key_pem", key.public_key_pem)
    if algorithm == "RSA":
        step("encrypt, first", lambda: key.encrypt(b"message", nc.PKCS1()))
        secret = step("encrypt", lambda: key.encrypt(b"message", nc.PKCS1()))
        step("decrypt, first", lambda: key.decrypt(secret, nc.PKCS1()))
        step("decrypt", lambda: key.decrypt(secret, nc.PKCS1()))
    step("describe", lambda: describe(key))
    step("describe again", lambda: describe(key))
    step("close a key", key.close)
    step("close a provider", provider.close)
    print(json.dumps(report))


def wrong(key, signature, padding):
    try:
        key.verify(bytes(31) + b"x", signature, padding)
    except nc.InvalidSignatureError:
        return
    raise AssertionError("a wrong signature was accepted")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
