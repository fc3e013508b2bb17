# SPDX-License-Identifier: MIT
"""Does the steps of observed.json and questions.json, by the driver of the conformance tests.

A step is a dict. Its first entry is the call and its main argument, `"of"` names the handle it is
for ("key" if there is none), `"as"` what to call the result. Values are a str (text), an int (a
DWORD) or a dict: {"hex": ...}, {"is": <an earlier result>}, {"flipped": <an earlier result>},
{"zeros": count}, {"cut": [value, bytes more or less]}, {"rsa": [bits, kind]}, {"ec": [curve,
kind]}, {"ui": [flags, title, friendly name, description]}.

What a step must answer is in "answers" (a status' name, a list of them, "refused", or nothing:
success), what it must give in "gives" (a value, or {"size": bytes}), how that ends in "ends". A
record's "differs" says of an implementation at which "step" it answers otherwise, what, and why.
"""

import ctypes
import json
import struct
from ctypes import byref
from pathlib import Path

from ...conformance import abi, constants, material
from ...conformance.api import RefusedError, call, must

FOLDER = Path(__file__).parent
NOTHING = object()
ANSWERS = ("answers", "gives", "ends")
EC_MAGICS = {"ECDH": 0x4B, "ECDSA": 0x53}


def load(name):
    """The records of a file, each with an "id" of its own."""
    records = json.loads((FOLDER / name).read_text("utf-8"))
    assert len({record["id"] for record in records}) == len(records)
    return records


def flags_of(step):
    """ "PERSIST", ["PERSIST", "SILENT"] or nothing."""
    names = step.get("flags", [])
    names = [names] if isinstance(names, str) else names
    return sum(getattr(constants, name) for name in names)


def padding_of(step):
    """["PKCS1", hash], ["PSS", hash, salt], ["OAEP", hash], ["CIPHER", flags, vector or null],
    "PKCS1", "RAW" or nothing."""
    given = step.get("padding")
    if given is None:
        return abi.NONE
    if isinstance(given, str):
        return {"PKCS1": abi.PKCS1_ENCRYPTION, "RAW": abi.RAW}[given]
    kind, *rest = given
    if kind == "CIPHER":
        flags, vector = rest
        return abi.CipherPadding(flags, None if vector is None else bytes(vector["zeros"]))
    return {"PKCS1": abi.pkcs1, "PSS": abi.pss, "OAEP": abi.oaep}[kind](*rest)


def rsa_blob(bits, kind):
    key = material.rsa(bits)
    return {"public": key.public_blob, "private": key.private_blob, "full": key.full_blob}[kind]()


def ec_blob(curve, kind, *changes):
    """kind: public or private; changes: "ECDH" or "generic" magic, "no point", "other point"."""
    curve = {one.name: one for one in material.CURVES}[curve]
    key = material.ec(curve)
    if "no point" in changes:
        key = key._replace(x=0, y=0)
    if "off the curve" in changes:
        key = key._replace(y=key.y ^ 1)
    magic = curve.private_magic if kind == "private" else curve.public_magic
    if "generic" in changes:
        private, public = (
            constants.ECDSA_PRIVATE_GENERIC_MAGIC,
            constants.ECDSA_PUBLIC_GENERIC_MAGIC,
        )
        magic = private if kind == "private" else public
    octets = bytearray(key.private_blob(magic) if kind == "private" else key.public_blob(magic))
    if "ECDH" in changes:
        octets[2] = EC_MAGICS["ECDH"]
    return bytes(octets)


class Replay:
    """One run of one record's steps. `name` is what its stored key is called."""

    def __init__(self, api, name):
        self.api = api
        self.name = name
        self.found = {"provider": api.provider}

    def value(self, given):
        if isinstance(given, str):
            return abi.wide_bytes(given)
        if isinstance(given, int):
            return struct.pack("<I", given)
        ((kind, argument),) = given.items()
        if kind == "hex":
            return bytes.fromhex(argument)
        if kind == "is":
            return self.found[argument]
        if kind == "flipped":
            octets = bytearray(self.found[argument])
            octets[len(octets) // 2] ^= 1
            return bytes(octets)
        if kind == "zeros":
            return bytes(argument)
        if kind == "cut":
            whole, count = self.value(argument[0]), argument[1]
            return whole[:count] if count < 0 else whole + bytes(count)
        if kind == "rsa":
            return rsa_blob(*argument)
        if kind == "ec":
            return ec_blob(*argument)
        raise ValueError(f"no kind of value: {kind}")

    def run(self, step):
        """(name of the status, what came out or NOTHING) of one step."""
        action, argument = next(iter(step.items()))
        try:
            result = getattr(self, f"do_{action}")(argument, step)
        except RefusedError as refusal:
            name = constants.STATUS_NAMES.get(refusal.status, f"0x{refusal.status:08X}")
            return name, NOTHING
        if "as" in step:
            self.found[step["as"]] = result
        return "ERROR_SUCCESS", NOTHING if result is None else result

    def check(self, step):
        """Raises AssertionError where the answer is not the one that the step has."""
        status, result = self.run(step)
        wanted = step.get("answers", "ERROR_SUCCESS")
        if wanted == "refused":
            assert status != "ERROR_SUCCESS", f"{step}: succeeded"
        else:
            assert status in ([wanted] if isinstance(wanted, str) else wanted), f"{step}: {status}"
        if "ends" in step:
            assert result.endswith(bytes.fromhex(step["ends"])), f"{step}: ended {result[-32:]!r}"
        if "gives" in step:
            assert self.matches(step["gives"], result), f"{step}: gave {result!r}"

    def check_difference(self, steps, difference):
        """All as recorded up to the step where an implementation is known to answer otherwise."""
        at = difference["step"]
        for step in steps[:at]:
            self.check(step)
        other = {name: value for name, value in steps[at].items() if name not in ANSWERS}
        self.check({**other, **{name: difference[name] for name in ANSWERS if name in difference}})

    def matches(self, wanted, result):
        if result is NOTHING or isinstance(wanted, bool):
            return result is wanted
        if isinstance(wanted, dict) and "size" in wanted:
            return len(result) == wanted["size"]
        if isinstance(wanted, dict) and "ui" in wanted:
            return result == tuple(wanted["ui"])
        return result == self.value(wanted)

    def of(self, step):
        return self.found[step.get("of", "key")]

    def named(self, step):
        if "name_length" in step:
            return self.name.ljust(step["name_length"], "x")[: step["name_length"]]
        name = self.name.upper() if step.get("change") == "upper" else self.name
        return name if step.get("named") else None

    def remember(self, step, handle):
        step.setdefault("as", "key")
        return handle

    # ---- the calls

    def do_create(self, algorithm, step):
        handle = self.api.create(algorithm, self.named(step), step.get("spec", 0), flags_of(step))
        return self.remember(step, handle)

    def do_make(self, algorithm, step):
        """Create, set, finalize: the first refusal is the answer."""
        key = self.api.create(algorithm, self.named(step), 0, flags_of(step))
        for title, value in step.get("set", {}).items():
            self.api.set(key, title, self.value(value), constants.PERSIST)
        return self.remember(step, self.api.finalize(key))

    def do_finalize(self, which, step):
        self.api.finalize(self.found[which], flags_of(step))

    def do_create_in(self, provider, step):
        """In another provider's handle than the driver's own."""
        handle = abi.H()
        rest = (step["algorithm"], None, 0, 0)
        must("NCryptCreatePersistedKey", self.found[provider], byref(handle), *rest)
        return self.remember(step, self.api.keep(handle.value))

    def do_open_unique(self, which, step):
        unique = abi.text_of(self.api.get(self.found[which], "Unique Name"))
        return self.remember(step, self.api.open(unique))

    def do_open(self, which, step):
        name = self.named({"named": True, **step}) if which == "it" else which
        return self.remember(step, self.api.open(name, step.get("spec", 0), flags_of(step)))

    def do_delete(self, which, step):
        self.api.delete(self.found[which], flags_of(step))

    def do_free(self, which, step):
        self.api.free(self.found[which])

    def do_listed(self, which, step):
        return any(entry[0] == self.name for entry in self.api.keys(flags_of(step)))

    def do_supported(self, algorithm, step):
        must("NCryptIsAlgSupported", self.api.provider, algorithm, flags_of(step))

    def do_provider(self, name, step):
        return self.api.open_provider(name, flags_of(step))

    def do_get(self, title, step):
        if title == "UI Policy":
            return self.ui_policy(step)
        if title == "Provider Handle":
            value = self.api.get(self.of(step), title)
            return self.api.keep(int.from_bytes(value, "little"))
        return self.api.get(self.of(step), title, flags_of(step))

    def do_query(self, title, step):
        """Only the size."""
        size = abi.D()
        rest = (None, 0, byref(size), flags_of(step))
        must("NCryptGetProperty", self.of(step), title, *rest)
        return struct.pack("<I", size.value)

    def do_get_flags(self, title, step):
        """With flags that are given as a number."""
        return self.api.get(self.of(step), title, step["number"])

    def do_query_flags(self, title, step):
        size = abi.D()
        must("NCryptGetProperty", self.of(step), title, None, 0, byref(size), step["number"])

    def do_set_flags(self, title, step):
        self.api.set(self.of(step), title, self.value(step["value"]), step["number"])

    def do_raw(self, function, step):
        """A call with arguments as they are: null, numbers, texts, {"of": handle}, {"hex": ...},
        {"out": size of a buffer}, {"number": ...} and {"pointer": 0} by reference."""
        must(function, *map(self.argument, step["arguments"]))

    def argument(self, given):
        if not isinstance(given, dict):
            return given
        ((kind, value),) = given.items()
        if kind == "of":
            return self.found[value]
        if kind == "out":
            return (ctypes.c_uint8 * value)()
        if kind in ("number", "pointer"):
            return byref(abi.P())
        return self.value(given)

    def do_set(self, title, step):
        value = step["value"]
        if value is None:
            must("NCryptSetProperty", self.of(step), title, None, 0, flags_of(step))
        elif isinstance(value, dict) and "ui" in value:
            held, policy = self.ui_bytes(*value["ui"])
            self.api.set(self.of(step), title, policy, flags_of(step))
            del held
        else:
            self.api.set(self.of(step), title, self.value(value), flags_of(step))

    def ui_bytes(self, flags, *texts):
        held = [None if text is None else abi.wide(text) for text in texts]
        addresses = [None if one is None else ctypes.addressof(one) for one in held]
        return held, bytes(abi.UiPolicy(1, flags, *addresses))

    def ui_policy(self, step):
        """The flags and the three texts, read while the buffer that they are in lives."""
        size = abi.D()
        must("NCryptGetProperty", self.of(step), "UI Policy", None, 0, byref(size), 0)
        room = (ctypes.c_uint8 * size.value)()
        must("NCryptGetProperty", self.of(step), "UI Policy", room, size, byref(size), 0)
        policy = abi.UiPolicy.from_buffer(room)
        texts = (policy.title, policy.friendly, policy.description)
        return policy.flags, *(None if text is None else abi.text_at(text) for text in texts)

    def do_sign(self, digest, step):
        return self.api.sign(self.of(step), self.value(digest), padding_of(step), flags_of(step))

    def do_sign_into(self, digest, step):
        """With an output of "room" bytes."""
        room, data, padding = step["room"], self.value(digest), padding_of(step)
        out, rest = (ctypes.c_uint8 * max(1, room))(), byref(abi.D())
        must(
            "NCryptSignHash", self.of(step), padding.pointer, data, len(data), out, room, rest,
            padding.flag,
        )  # fmt: skip

    def do_verify(self, digest, step):
        signature = self.value(step["signature"])
        padding = padding_of(step)
        self.api.verify(self.of(step), self.value(digest), signature, padding, flags_of(step))

    def do_encrypt(self, data, step):
        return self.api.encrypt(self.of(step), self.value(data), padding_of(step), flags_of(step))

    def do_decrypt(self, data, step):
        return self.api.decrypt(self.of(step), self.value(data), padding_of(step), flags_of(step))

    def do_import(self, kind, step):
        buffers = [
            (number, self.name if value == "$name" else self.plain(value))
            for number, value in step.get("parameters", [])
        ]
        desc = abi.parameters(*buffers) if buffers else None
        handle = self.api.import_key(kind, self.value(step["blob"]), desc, flags_of(step))
        return self.remember(step, handle)

    def plain(self, value):
        """Text stays text: the driver ends it with a NUL."""
        return value if isinstance(value, str) else self.value(value)

    def do_export(self, kind, step):
        buffers = [(number, self.plain(value)) for number, value in step.get("parameters", [])]
        if not buffers:
            return self.api.export_key(self.of(step), kind, flags_of(step))
        desc, size = abi.parameters(*buffers), abi.D()
        room = (ctypes.c_uint8 * 8192)()
        must(
            "NCryptExportKey", self.of(step), 0, kind, byref(desc), room, len(room), byref(size),
            flags_of(step),
        )  # fmt: skip
        return bytes(room)[: size.value]

    def do_is_key(self, which, step):
        return bool(call("NCryptIsKeyHandle", self.found[which]))
