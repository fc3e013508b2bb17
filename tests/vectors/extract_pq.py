# SPDX-License-Identifier: MIT
"""Takes the vectors of ML-DSA and ML-KEM out of three public collections (SOURCES.md names them).

    python tests/vectors/extract_pq.py CRYPTOGRAPHY_VECTORS KAT WYCHEPROOF

The arguments are folders: the package `cryptography_vectors` unpacked, and checkouts of
post-quantum-cryptography/KAT and of C2SP/wycheproof. Values are kept as they are; the records are
written in one form, "name = value" lines that begin with COUNT, because the sources have three.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

Record = dict[str, str]
HERE = Path(__file__).parent
# What each set signs before the signature, in the file of pre-hashed ones.
PREHASH = {"44": "SHA256", "65": "SHA384", "87": "SHA512"}


def write(name: str, records: Iterator[tuple[str, Record]]) -> None:
    lines, section = [], ""
    for number, (where, record) in enumerate(records):
        if where != section:
            section = where
            lines.append(f"[{section}]\n")
        lines.append(f"COUNT = {number}\n")
        lines += [f"{field} = {value}\n" for field, value in record.items()]
    (HERE / name).write_text("".join(lines))
    print(f"{name}: {number + 1} records, {len(''.join(lines))} bytes")


def kat(path: Path, count: int) -> Iterator[Record]:
    record: Record = {}
    with path.open() as lines:
        for line in lines:
            field, _, value = line.partition("=")
            if field.strip() == "count" and record:
                yield record
                record, count = {}, count - 1
                if count == 0:
                    return
            if value.strip():
                record[field.strip()] = value.strip()


def mldsa(pure: Path, hashed: Path) -> Iterator[tuple[str, Record]]:
    for name, digest in PREHASH.items():
        for path, prehash, count in (
            (pure / f"kat_MLDSA_{name}_det_pure.rsp", "", 2),
            (hashed / f"kat_MLDSA_{name}_det_hashed.rsp", digest, 1),
        ):
            for record in kat(path, count):
                size = len(record["sm"]) - len(record["msg"])
                kept = {field: record[field] for field in ("xi", "pk", "sk", "msg", "ctx")}
                yield name, {**kept, "prehash": prehash, "sig": record["sm"][:size]}


def mlkem(folder: Path) -> Iterator[tuple[str, Record]]:
    for name in ("512", "768", "1024"):
        for record in kat(folder / f"kat_MLKEM_{name}.rsp", 2):
            fields = ("d", "z", "pk", "sk", "ct", "ss", "ct_n", "ss_n")
            yield name, {field: record[field] for field in fields}


def tests(path: Path) -> Iterator[tuple[Record, Record]]:
    for group in json.loads(path.read_text())["testGroups"]:
        for test in group["tests"]:
            yield group, test


def wycheproof_mldsa(folder: Path) -> Iterator[tuple[str, Record]]:
    """One of each kind of signature, and of private keys that are none."""
    seen = set()
    for group, test in tests(folder / "mldsa_44_verify_test.json"):
        flags = "+".join(sorted(test["flags"])) or "Other"
        if (flags, test["result"]) not in seen:
            seen.add((flags, test["result"]))
            yield (
                "44 verify",
                {
                    "comment": test["comment"],
                    "flags": flags,
                    "result": test["result"],
                    "pk": group["publicKey"],
                    "msg": test["msg"],
                    "ctx": test.get("ctx", ""),
                    "sig": test["sig"],
                },
            )
    for group, test in tests(folder / "mldsa_44_sign_noseed_test.json"):
        if "PrivateKey" in "".join(test["flags"]) and test["flags"][0] not in seen:
            seen.add(test["flags"][0])
            fields = {"comment": test["comment"], "flags": test["flags"][0]}
            yield "44 private", {**fields, "sk": group["privateKey"]}


def wycheproof_mlkem(folder: Path) -> Iterator[tuple[str, Record]]:
    """Public keys with a number that is too large, private ones that are none, other rejects."""
    for name in ("512", "768", "1024"):
        for _, test in tests(folder / f"mlkem_{name}_encaps_test.json"):
            if "ModulusOverflow" in test.get("flags", ()):
                yield f"{name} public", {"flags": "ModulusOverflow", "ek": test["ek"]}
                break
        seen = set()
        for _, test in tests(folder / f"mlkem_{name}_semi_expanded_decaps_test.json"):
            flag = (test["flags"] or ["Valid"])[0]
            if flag in seen:
                continue
            seen.add(flag)
            record = {"flags": flag, "result": test["result"], "dk": test["dk"], "c": test["c"]}
            yield f"{name} decapsulation", {**record, "K": test.get("K", "")}
        for _, test in tests(folder / f"mlkem_{name}_test.json"):
            if "Strcmp" in test.get("flags", ()):
                fields = ("seed", "ek", "c", "K")
                yield f"{name} rejection", {field: test[field] for field in fields}


def main(vectors: Path, kats: Path, wycheproof: Path) -> None:
    write("mldsa_kat.txt", mldsa(vectors / "asymmetric/MLDSA", kats / "MLDSA"))
    write("mlkem_kat.txt", mlkem(vectors / "asymmetric/MLKEM"))
    write("mldsa_wycheproof.txt", wycheproof_mldsa(wycheproof / "testvectors_v1"))
    write("mlkem_wycheproof.txt", wycheproof_mlkem(wycheproof / "testvectors_v1"))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
