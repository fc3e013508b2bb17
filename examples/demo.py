"""The main job end to end: a key signs in one process, is used by another, never leaves its store.

Run it with ``make demo``. It works in a key store of its own in a temporary folder: your keys are
not touched.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KEY_NAME = "orders"
MESSAGE = b"order 17: two apples"

# What the second process does: it knows the key's name and nothing else.
SECOND_PROCESS = """
import sys
import ncrypt_ext as nc

digest, signature = (bytes.fromhex(text) for text in sys.argv[2:])
with nc.Provider() as provider, provider.open_key(sys.argv[1]) as key:
    key.verify(digest, signature)
    print(f"process {__import__('os').getpid()} opened {key.name!r} and verified the signature")
"""


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is done and, behind it, how long it took."""
    print(f"  {text} ... ", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"{(time.perf_counter() - start) * 1000:.2f} ms")


def verify_with_openssl(folder: Path, public_key: str, signature_der: bytes) -> None:
    """Let the openssl command check the signature from files."""
    (folder / "public.pem").write_text(public_key)
    (folder / "message").write_bytes(MESSAGE)
    (folder / "signature").write_bytes(signature_der)
    command = ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"]
    result = subprocess.run(
        [*command, "message"], cwd=folder, capture_output=True, text=True, check=False
    )
    print(f"    openssl says: {(result.stdout or result.stderr).strip()}")
    result.check_returncode()


def show_properties(key: object) -> None:
    """Print the properties that a stored key answers with."""
    for name in ("algorithm", "length", "signature_length", "export_policy", "usage", "modified"):
        print(f"    {name:<17} {getattr(key, name)!r}")


def main_job(folder: Path) -> None:
    """Create, sign, release, open elsewhere, verify twice, look at, list and delete a key."""
    import ncrypt_ext as nc

    digest = hashlib.sha256(MESSAGE).digest()
    with nc.Provider() as provider:
        print(f"Provider {provider.name!r}, implementation {provider.implementation!r}")
        with step(f"create and finalize the key {KEY_NAME!r} (ECDSA P-256), durably"):
            new = provider.create_persisted_key("ECDSA_P256", KEY_NAME)
            key = new.finalize()
        with step("sign a SHA-256 digest"):
            signature = key.sign(digest)
        with step("release the key's handle"):
            key.close()
        print(f"    the signature has {len(signature)} bytes: {signature.hex()[:32]}...")

        print("A second process opens the key by its name:")
        arguments = [sys.executable, "-c", SECOND_PROCESS, KEY_NAME, digest.hex(), signature.hex()]
        second = subprocess.run(arguments, capture_output=True, text=True, check=True)
        print("   ", second.stdout, end="")

        print("The openssl command, which has never seen the private key:")
        with provider.open_key(KEY_NAME) as key:
            verify_with_openssl(folder, key.public_key_pem(), key.sign(digest, encoding="der"))
            print("What the stored key says of itself:")
            show_properties(key)
            try:
                key.export("ECCPRIVATEBLOB")
            except nc.NotSupportedError as error:
                print(f"    the private key stays where it is: {error}")
        print("The store holds:", *(f"{info.name} ({info.algorithm})" for info in provider.keys()))
        with step("delete the key"):
            provider.delete_key(KEY_NAME)
        print("The store holds:", ", ".join(info.name for info in provider.keys()) or "nothing")
    print("Handles still open:", sum(nc.live_handles()["binding"].values()))


def certified_key(folder: Path) -> tuple[bytes, bytes]:
    """Let the openssl command make an RSA key and a certificate for it: both as DER."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    command += ["-subj", "/CN=orders.example", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    key, certificate = (folder / "key.pem"), (folder / "certificate.pem")
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    private = base64.b64decode("".join(key.read_text().splitlines()[1:-1]))
    key.unlink()  # from now on the store alone has it
    return private, der


def shortened(xml: bytes) -> str:
    """XML with long values cut, one element a line."""
    text = re.sub(r">([^<]{48})[^<]*<", r">\1...<", xml.decode())
    return text.replace("><", ">\n      <")


def token_job(folder: Path) -> None:
    """Make the key of a certificate a SOAP security token: it stays in its store."""
    import ncrypt_ext as nc
    from ncrypt_ext import ws

    private, certificate = certified_key(folder)
    print("An XML security token for SOAP, with the key of a certificate:")
    with nc.Provider() as provider:
        with step("import the RSA key, not to be exported again"):
            key = provider.import_key(private, "PKCS8_PRIVATEKEY", name="soap")
        parts = ws.x509_token(certificate, id="orders-certificate")
        with step("make the token"):
            token = ws.XmlToken.from_xml(parts, key)
        provider.close()
        key.close()  # the token still holds what it needs
        print(f"    its key is {token.key_type.name.lower()}; what goes into the message:")
        print(f"      {shortened(token.xml)}")
        print("    how a signature refers to it:")
        print(f"      {shortened(token.attached_reference or b'')}")
        token.close()
    with nc.Provider() as provider:
        provider.delete_key("soap")
    print("Handles still open:", sum(nc.live_handles()["binding"].values()))


def request_job() -> None:
    """Send signed SOAP requests to a service on this machine."""
    import soap_x509

    import ncrypt_ext as nc

    print("\nSOAP requests to a service on this machine, signed by a key that stays in its store:")
    soap_x509.job()
    print("Handles still open:", sum(nc.live_handles()["binding"].values()))


def rate(function: Callable[[], object], seconds: float = 0.6) -> float:
    """Calls per second: the best of three short runs."""
    best = 0.0
    for _ in range(3):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 3:
            for _ in range(20):
                function()
            count += 20
        best = max(best, count / (time.perf_counter() - start))
    return best


def ours() -> Iterator[tuple[str, Callable[[], object]]]:
    """Signing with a stored key of each kind."""
    import ncrypt_ext as nc

    digest = hashlib.sha256(MESSAGE).digest()
    with nc.Provider() as provider:
        for name, algorithm, length, padding in (
            ("ECDSA P-256", "ECDSA_P256", None, None),
            ("RSA-2048 PKCS#1", "RSA", 2048, nc.PKCS1("SHA256")),
            ("RSA-2048 PSS", "RSA", 2048, nc.PSS("SHA256", salt_length=32)),
        ):
            with provider.create_key(algorithm, "rates", length=length, overwrite=True) as key:
                yield name, lambda key=key, padding=padding: key.sign(digest, padding)
        provider.delete_key("rates")


def theirs() -> Iterator[Callable[[], object]]:
    """The same by cryptography, with keys in memory; nothing when it is not installed."""
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
    except ImportError:
        return
    digest = hashlib.sha256(MESSAGE).digest()
    prehashed = utils.Prehashed(hashes.SHA256())
    ec_key, ecdsa = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(prehashed)
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pkcs1, pss = padding.PKCS1v15(), padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
    yield lambda: ec_key.sign(digest, ecdsa)
    yield lambda: rsa_key.sign(digest, pkcs1, prehashed)
    yield lambda: rsa_key.sign(digest, pss, prehashed)


def show_rates() -> None:
    """A short table: signatures per second, side by side."""
    others = theirs()
    print("\nSignatures per second on one core (stored key here, key in memory there):")
    print(f"    {'':<18}{'ncrypt_ext':>12}{'cryptography':>14}")
    for name, function in ours():
        other = next(others, None)
        there = f"{rate(other):,.0f}" if other else "not installed"
        print(f"    {name:<18}{rate(function):>12,.0f}{there:>14}")


def main() -> None:
    """Run the demo in a store of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ncrypt-ext-demo-"))
    os.environ["NCRYPT_EXT_HOME"] = str(folder)
    start = time.perf_counter()
    try:
        main_job(folder)
        token_job(folder)
        print(f"The main job took {time.perf_counter() - start:.2f} s.")
        show_rates()
        request_job()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
