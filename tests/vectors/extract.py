# SPDX-License-Identifier: MIT
"""Takes the vectors of this folder out of PyPI's `cryptography_vectors`.

    pip download --no-deps --no-binary :none: cryptography_vectors==50.0.2
    unzip cryptography_vectors-50.0.2-py3-none-any.whl -d somewhere
    python tests/vectors/extract.py somewhere/cryptography_vectors

Whole records are chosen, their lines are kept byte for byte. What is chosen from which file stands
in `main`, and in SOURCES.md for readers.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Lines = list[str]
HERE = Path(__file__).parent
AES_TESTS = ("MMT", "GFSbox", "KeySbox")
PKCS8_PASSWORDS = {
    "enc-rsa-pkcs8.pem": "foobar",
    "enc2-rsa-pkcs8.pem": "baz",
    "rsa-aes-192-cbc.pem": "PolarSSLTest",
    "rsa-pbe-3des-long-salt.pem": "password",
    "rsa_pkcs8_pbes2_pbkdf2_2048_3des_sha384.pem": "PolarSSLTest",
    "rsa_pkcs8_pbes2_pbkdf2_2048_3des_sha512.pem": "PolarSSLTest",
}


def read(path: Path) -> Lines:
    return path.read_bytes().decode("latin-1").splitlines(keepends=True)


def write(name: str, lines: Lines) -> None:
    data = "".join(lines).encode("latin-1")
    (HERE / name).write_bytes(data)
    print(f"{name}: {len(data)} bytes")


def paragraphs(lines: Lines) -> Iterator[Lines]:
    """Runs of lines that end with a blank one, or where the file ends."""
    run: Lines = []
    for line in lines:
        run.append(line)
        if not line.strip() and any(held.strip() for held in run):
            yield run
            run = []
    yield run


def sections(lines: Lines, starts: str, wanted: Callable[[str, int], bool]) -> Lines:
    """The head of the file and the sections whose first line matches and is wanted."""
    kept: Lines = []
    keep, number = True, 0
    for line in lines:
        if re.match(starts, line):
            number += 1
            keep = wanted(line, number)
        if keep:
            kept.append(line)
    return kept


def ecdsa(lines: Lines, hashes: dict[str, set[str]]) -> Lines:
    """CAVP sections of the NIST prime curves: "[P-256,SHA-1]"."""

    def wanted(line: str, _: int) -> bool:
        curve, _, digest = line.strip("[]\r\n").partition(",")
        return digest in hashes.get(curve, ())

    return [line for line in sections(lines, r"\[", wanted) if not line.startswith("#  Curves")]


def rsa_cavp(lines: Lines, sizes: set[str], per_hash: int) -> Lines:
    """CAVP RSA files: of each modulus size the first key, of each hash the first records."""
    kept: Lines = []
    seen: dict[str, int] = {}
    size, keys = "", 0
    for run in paragraphs(lines):
        first = next((line.strip() for line in run if line.strip()), "#")
        if first.startswith("[mod"):
            # The same size comes again for each further key.
            keys = keys + 1 if first == size else 1
            size, seen = first, {}
        if first.startswith("#"):
            pass
        elif size.strip("[]").split(" = ")[1] not in sizes or keys > 1:
            continue
        elif first.startswith("SHAAlg"):
            digest = first.split(" = ")[1]
            seen[digest] = seen.get(digest, 0) + 1
            if digest == "SHA224" or seen[digest] > per_hash:  # CNG names no SHA-224
                continue
        kept += run
    return kept


def numbered(lines: Lines, title: str, wanted: set[int]) -> Lines:
    """Files with one section a key, begun by a title line."""
    return sections(lines, title, lambda _, number: number in wanted)


def rfc6979(lines: Lines) -> Lines:
    head = lines[: next(i for i, line in enumerate(lines) if line.startswith("Title"))]
    curves = ("P-256", "P-384", "P-521")
    return head + sections(
        lines[len(head) :], r"Title", lambda line, _: any(f" {curve} " in line for curve in curves)
    )


def kas(lines: Lines, chosen: set[str], results: str) -> Lines:
    """CAVP key agreement: of the chosen sections ("EC - SHA256") the records with such results."""
    head = lines[: next(i for i, line in enumerate(lines) if re.match(r"\[[EF]. - ", line))]
    kept = [line for line in head if line.startswith("#")] + ["\r\n"]
    body = sections(lines[len(head) :], r"\[", lambda line, _: line.strip().strip("[]") in chosen)
    for run in paragraphs(body):
        outcome = [line for line in run if line.startswith("Result")]
        if not outcome or re.search(results, outcome[0]):
            kept += run
    return kept


def dsa(lines: Lines) -> Lines:
    """The sections of those sizes whose hash is as long as Q."""
    wanted = {"L=1024, N=160, SHA-1", "L=2048, N=256, SHA-256", "L=3072, N=256, SHA-256"}

    def is_wanted(line: str, _: int) -> bool:
        return line.partition("= ")[2].rstrip("]\r\n") in wanted

    return sections(lines, r"\[mod", is_wanted)


def finite_fields(source: Path) -> None:
    write("dsa_sigver.rsp", dsa(read(source / "DSA/FIPS_186-3/SigVer.rsp")))
    write("dsa_siggen.txt", dsa(read(source / "DSA/FIPS_186-3/SigGen.txt")))
    agreement = read(source / "DH/KASValidityTest_FFCStatic_NOKC_ZZOnly_init.fax")
    write("dh_cavp.txt", kas(agreement, {"FA - SHA1", "FC - SHA256"}, ""))


def cavp_cipher(paths: list[Path]) -> Lines:
    """CAVP files of one cipher and mode, one after the other."""
    kept: Lines = []
    for path in paths:
        kept += [*read(path), "\r\n"]
    return kept


def ciphers(source: Path) -> None:
    for ours, mode in (("ecb", "ECB"), ("cbc", "CBC"), ("cfb8", "CFB8")):
        folder = source / "AES" / mode[:3]
        names = [f"{mode}{test}{bits}" for bits in (128, 192, 256) for test in AES_TESTS]
        write(f"aes_{ours}.txt", cavp_cipher([folder / f"{name}.rsp" for name in names]))
        folder = source / "3DES" / mode[:3]
        names = [f"T{mode}MMT{keys}" for keys in (2, 3)]
        write(f"tdes_{ours}.txt", cavp_cipher([folder / f"{name}.rsp" for name in names]))


def first_records(lines: Lines, count: int) -> Lines:
    """Of each section its first line and so many records."""
    kept: Lines = []
    left = 0
    for run in paragraphs(lines):
        if any(line.startswith("[") for line in run):
            left = count + 1
        if left > 0:
            kept += run
            left -= 1
    return kept


def encrypted_keys(folder: Path) -> Lines:
    """The keys of files, each behind its name and password."""
    kept: Lines = []
    for name, password in PKCS8_PASSWORDS.items():
        lines = read(folder / name)
        start = next(i for i, line in enumerate(lines) if line.startswith("-----BEGIN "))
        kept += [f"# {name} {password}\n", *lines[start:]]
    return kept


def main(source: Path) -> None:
    ciphers(source / "ciphers")
    write("pkcs8_encrypted.txt", encrypted_keys(source / "asymmetric/PKCS8"))
    finite_fields(source / "asymmetric")
    curves = ("P-256", "P-384", "P-521")
    every = {"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"}
    ec, rsa = source / "asymmetric/ECDSA", source / "asymmetric/RSA"
    write(
        "ecdsa_sigver.rsp",
        ecdsa(read(ec / "FIPS_186-3/SigVer.rsp"), dict.fromkeys(curves, every)),
    )
    write(
        "ecdsa_siggen.txt",
        ecdsa(
            read(ec / "FIPS_186-3/SigGen.txt"),
            {"P-256": {"SHA-256"}, "P-384": {"SHA-384"}, "P-521": {"SHA-512"}},
        ),
    )
    write("ecdsa_rfc6979.txt", rfc6979(read(ec / "RFC6979/evppkey_ecdsa_rfc6979.txt")))
    for ours, theirs in (
        ("rsa_sigver15.rsp", "SigVer15_186-3.rsp"),
        ("rsa_sigverpss.rsp", "SigVerPSS_186-3.rsp"),
    ):
        lines = read(rsa / "FIPS_186-2" / theirs)
        write(ours, rsa_cavp(lines, {"1024", "1536", "2048", "4096"}, 6))
    write(
        "rsa_siggen15.txt",
        rsa_cavp(
            read(rsa / "FIPS_186-2/SigGen15_186-2.txt"),
            {"1024", "1536", "2048", "3072", "4096"},
            2,
        ),
    )
    ecdh = source / "asymmetric/ECDH"
    write(
        "ecdh_cavp.txt",
        kas(
            read(ecdh / "KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax"),
            {"EC - SHA256", "ED - SHA384", "EE - SHA512"},
            "",
        ),
    )
    write(
        "ecdh_concat_cavp.txt",
        kas(
            read(ecdh / "KASValidityTest_ECCStaticUnified_KDFConcat_NOKC_init.fax"),
            {"EC - SHA256", "ED - SHA384", "EE - SHA512"},
            "= P ",
        ),
    )
    write(
        "ecdh_cavp_small.txt",
        kas(
            read(ecdh / "KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax"),
            {"EA - SHA1", "EB - SHA224"},
            "",
        ),
    )
    write("ecdh_brainpool.txt", read(ecdh / "brainpool.txt"))
    write(
        "ecdsa_sigver_small.rsp",
        ecdsa(read(ec / "FIPS_186-3/SigVer.rsp"), dict.fromkeys(("P-192", "P-224"), every)),
    )
    write("ecdsa_secp256k1.txt", first_records(read(ec / "SECP256K1/SigGen.txt"), 20))
    write("x25519_rfc7748.txt", read(source / "asymmetric/X25519/rfc7748.txt"))
    for digest in ("SHA1", "SHA256"):
        name = f"rfc-5869-HKDF-{digest}.txt"
        write(f"hkdf_{digest.lower()}.txt", read(source / "KDF" / name))
    lines = read(source / "KDF/rfc-6070-PBKDF2-SHA1.txt")
    write("pbkdf2_sha1.txt", sections(lines, r"COUNT", lambda _, number: number != 4))
    write("rsa_oaep_sha1.txt", read(rsa / "pkcs-1v2-1d2-vec/oaep-vect.txt"))
    write("rsa_pss_sha1.txt", read(rsa / "pkcs-1v2-1d2-vec/pss-vect.txt"))
    for digest in ("sha256", "sha384", "sha512"):
        lines = read(rsa / f"oaep-custom/oaep-{digest}-{digest}.txt")
        write(f"rsa_oaep_{digest}.txt", numbered(lines, r"# Example", {1, 8, 9, 10}))
    write("rsa_oaep_label.txt", read(rsa / "oaep-label.txt"))
    lines = read(rsa / "pkcs1v15crypt-vectors.txt")
    write("rsa_pkcs1_crypt.txt", numbered(lines, r"# Example \d+:", {1, 7, 13, 15}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
