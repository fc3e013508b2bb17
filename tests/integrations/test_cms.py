# SPDX-License-Identifier: MIT
"""openssl verifies what stored keys signed, and they decrypt what it sealed."""

import contextlib
import inspect
from pathlib import Path

import cryptography
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys
from cryptography.hazmat.primitives.serialization import pkcs7

from .conftest import stored_ec
from .material import DER, PEM, PSS, SHA256, Holder, damaged, write

MESSAGE = b"order 17\nis not text only: \x00\xff\n"
RELEASE = int(cryptography.__version__.partition(".")[0])
SMIME = serialization.Encoding.SMIME
BINARY = pkcs7.PKCS7Options.Binary
DETACHED = pkcs7.PKCS7Options.DetachedSignature
OAEP = ["-keyopt", "rsa_padding_mode:oaep"]
FORMS = {DER: "DER", PEM: "PEM", SMIME: "SMIME"}
decrypts = pytest.mark.skipif(
    not hasattr(pkcs7, "pkcs7_decrypt_der"), reason="cryptography 44 and later"
)


@pytest.fixture
def person(signer, provider):
    """Who signs, certified by an authority whose key is stored, too."""
    with stored_ec(provider, "P256", "authority") as key:
        root = Holder.root(key)
        yield root, root.issue_holder(signer)


@pytest.fixture
def recipient(rsa, tmp_path):
    holder = Holder.root(rsa)
    write(tmp_path / "recipient.pem", holder.certificate)
    return holder


# ---- signing -------------------------------------------------------------------------------------


def verify(openssl, signed, root, form="DER", *more, ok=True):
    """The content that openssl found signed."""
    folder: Path = openssl.folder
    write(folder / "root.pem", root.certificate)
    (folder / "signed").write_bytes(signed)
    (folder / "content").write_bytes(MESSAGE)
    files = ["-in", "signed", "-inform", form, "-out", "verified", "-CAfile", "root.pem"]
    kind = "-text" if form == "SMIME" else "-binary"
    said = openssl("cms", "-verify", kind, *files, *more, ok=ok)
    return (folder / "verified").read_bytes() if ok else said


@pytest.mark.parametrize("encoding", [DER, PEM], ids=["DER", "PEM"])
def test_attached_signature(person, openssl, encoding):
    root, holder = person
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
    builder = builder.add_signer(holder.certificate, holder.key, SHA256)
    signed = builder.sign(encoding, [BINARY])
    assert verify(openssl, signed, root, FORMS[encoding]) == MESSAGE


def test_signed_mail(person, openssl):
    """S/MIME is for text, which has its lines end as mail has them."""
    root, holder = person
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"order 17\nis text\n")
    builder = builder.add_signer(holder.certificate, holder.key, SHA256)
    signed = builder.sign(SMIME, [DETACHED, pkcs7.PKCS7Options.Text])
    assert b"\nContent-Type: multipart/signed;" in signed
    content = b"order 17\r\nis text\r\n"
    assert verify(openssl, signed, root, "SMIME") == content
    changed = signed.replace(b"order 17", b"order 18")
    assert "erification failure" in verify(openssl, changed, root, "SMIME", ok=False)


@pytest.mark.parametrize(
    "options", [[], [pkcs7.PKCS7Options.NoAttributes]], ids=["attributes", "no attributes"]
)
def test_detached_signature(person, openssl, options):
    root, holder = person
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
    builder = builder.add_signer(holder.certificate, holder.key, hashes.SHA384())
    signed = builder.sign(DER, [BINARY, DETACHED, *options])
    assert MESSAGE not in signed
    assert verify(openssl, signed, root, "DER", "-content", "content") == MESSAGE
    said = verify(openssl, signed, root, "DER", "-content", "root.pem", ok=False)
    assert "erification failure" in said
    said = verify(openssl, damaged(signed), root, "DER", "-content", "content", ok=False)
    assert "erification failure" in said


def test_certificates_of_a_chain_go_along(person, provider, openssl):
    """The signer's issuer is known from the message only. Certificates are added last."""
    root, _ = person
    with stored_ec(provider, "P384", "issuer") as key, stored_ec(provider, "P256", "leaf") as own:
        issuer = root.issue_authority(key)
        holder = issuer.issue_holder(own)
        builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
        builder = builder.add_signer(holder.certificate, own, SHA256)
        lonely = builder.sign(DER, [BINARY])
        signed = builder.add_certificate(issuer.certificate).sign(DER, [BINARY])
    assert verify(openssl, signed, root) == MESSAGE
    assert "unable to get local issuer" in verify(openssl, lonely, root, ok=False)


def test_two_signers(rsa, p256, openssl):
    root = Holder.root(rsa)
    other = root.issue_holder(p256)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
    builder = builder.add_signer(root.certificate, rsa, SHA256)
    builder = builder.add_signer(other.certificate, p256, hashes.SHA512())
    assert verify(openssl, builder.sign(DER, [BINARY]), root) == MESSAGE
    (openssl.folder / "print").write_bytes(builder.sign(DER, [BINARY]))
    said = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", "print")
    assert said.count("issuerAndSerialNumber") == 2


def test_signature_with_pss(rsa, openssl):
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
    if "rsa_padding" not in inspect.signature(builder.add_signer).parameters:
        pytest.skip("this cryptography signs messages without PSS")
    root = Holder.root(rsa)
    builder = builder.add_signer(root.certificate, rsa, SHA256, rsa_padding=PSS)
    assert verify(openssl, builder.sign(DER, [BINARY]), root) == MESSAGE


# ---- decrypting ----------------------------------------------------------------------------------


def seal(openssl, *options, form="DER", command="cms", data=MESSAGE):
    cipher, *more = options or ["-aes-128-cbc"]
    to = ["recipient.pem"] if command == "smime" else ["-recip", "recipient.pem", *more]
    files = ["-out", "sealed", "-outform", form]
    openssl(command, "-encrypt", "-binary", cipher, *files, *to, data=data)
    return (openssl.folder / "sealed").read_bytes()


@decrypts
@pytest.mark.parametrize("encoding", FORMS, ids=FORMS.values())
@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-256-cbc"])
def test_message_of_openssl(recipient, openssl, encoding, cipher):
    """With the command smime, whose PEM has PKCS7 in its first line and not CMS."""
    if cipher == "-aes-256-cbc" and RELEASE < 45:
        pytest.skip("cryptography 45 and later")
    sealed = seal(openssl, cipher, form=FORMS[encoding], command="smime")
    decrypt = getattr(pkcs7, f"pkcs7_decrypt_{FORMS[encoding].lower()}")
    assert decrypt(sealed, recipient.certificate, recipient.key, []) == MESSAGE


@decrypts
def test_recipients_named_by_issuer_and_number_only(recipient, openssl):
    def decrypt(sealed):
        return pkcs7.pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])

    assert decrypt(seal(openssl)) == MESSAGE
    with pytest.raises(ValueError):  # noqa: PT011 (a parser's words, which change)
        decrypt(seal(openssl, "-aes-128-cbc", "-keyid"))


@decrypts
def test_signed_and_sealed(recipient, p256, openssl):
    """What was signed here, encrypted by openssl, decrypted here, and verified by openssl."""
    sender = Holder.root(p256, "sender")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MESSAGE)
    signed = builder.add_signer(sender.certificate, p256, SHA256).sign(DER, [BINARY])
    sealed = seal(openssl, data=signed)
    opened = pkcs7.pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])
    assert verify(openssl, opened, sender) == MESSAGE


def outcome(sealed, certificate, key):
    """A key that is not that of the message may yield bytes that end like content, if seldom."""
    try:
        return "rubbish" if pkcs7.pkcs7_decrypt_der(sealed, certificate, key, []) else "nothing"
    except ValueError as error:
        return str(error)


@decrypts
def test_message_for_somebody_else(recipient, openssl, tmp_path):
    """The name on it may be the recipient's: it still does not come out."""
    other = rsa_keys.generate_private_key(65537, 2048)
    copy = Holder.root(other).certificate
    write(tmp_path / "recipient.pem", copy)
    sealed = seal(openssl)
    with pytest.raises(ValueError, match="No recipient found"):
        pkcs7.pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])
    with contextlib.suppress(ValueError):
        assert pkcs7.pkcs7_decrypt_der(sealed, copy, recipient.key, []) != MESSAGE


@pytest.mark.skipif(RELEASE < 50, reason="cryptography 50 and later")
def test_bad_key_in_a_message_looks_like_a_wrong_one(recipient, openssl):
    """Nobody learns whether the padding of the key was good, whatever the store says of it."""
    sealed = seal(openssl)
    public_key = recipient.key.public_key()
    start = sealed.index(b"\x04\x82\x01\x00") + 4  # an OCTET STRING of 256 bytes
    wrong = public_key.encrypt(bytes(16), padding.PKCS1v15())
    bad = bytes(255) + b"\2"
    told = set()
    for encrypted_key in (wrong, bad):
        changed = sealed[:start] + encrypted_key + sealed[start + 256 :]
        told.add(outcome(changed, recipient.certificate, recipient.key))
    assert told <= {"Invalid padding bytes.", "rubbish", "nothing"}


# ---- what does not work, and why is in docs/howto/cms.md -----------------------------------------


@decrypts
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (["-aes-128-cbc", *OAEP], UnsupportedAlgorithm, "PKCS #1 v1.5"),
        (["-des3"], UnsupportedAlgorithm, "Only AES"),
        (["-aes-192-cbc"], UnsupportedAlgorithm, "Only AES"),
        (["-aes-128-gcm"], ValueError, "EnvelopedData|ContentInfo"),
    ],
    ids=["OAEP", "3DES", "AES-192", "GCM"],
)
def test_messages_that_cryptography_does_not_read(recipient, openssl, options, error, words):
    sealed = seal(openssl, *options)
    with pytest.raises(error, match=words):
        pkcs7.pkcs7_decrypt_der(sealed, recipient.certificate, recipient.key, [])


@decrypts
def test_pem_that_calls_itself_cms(recipient, openssl):
    with pytest.raises(ValueError, match="PKCS7"):
        pkcs7.pkcs7_decrypt_pem(seal(openssl, form="PEM"), recipient.certificate, recipient.key, [])


@decrypts
def test_messages_for_ec_keys(p256, openssl, tmp_path):
    holder = Holder.root(p256)
    write(tmp_path / "recipient.pem", holder.certificate)
    sealed = seal(openssl)
    with pytest.raises(TypeError, match="RSA"):
        pkcs7.pkcs7_decrypt_der(sealed, holder.certificate, p256, [])
    with pytest.raises(TypeError, match="RSA"):
        pkcs7.PKCS7EnvelopeBuilder().set_data(MESSAGE).add_recipient(holder.certificate)
