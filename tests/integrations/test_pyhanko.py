# SPDX-License-Identifier: MIT
"""pyHanko signs PDF files with stored keys, and finds the signatures to be right."""

import asyncio
import io
import threading

import pytest

pytest.importorskip("pyhanko", reason="pyHanko is not installed: it is in the group recipes")

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter, generic
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

import ncrypt_ext as nc
from ncrypt_ext.integrations.pyhanko_signer import StoredSigner

from .certified import certificate_of


def blank_pdf():
    writer = PdfFileWriter(stream_xrefs=False)
    content = writer.add_object(generic.StreamObject(stream_data=b"q Q"))
    writer.insert_page(PageObject(contents=content, media_box=(0, 0, 100, 100)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def authority(provider):
    """A stored key that signs its own certificate and those of others."""
    with provider.create_key("ECDSA_P384", "authority") as key, key.as_cryptography() as stored:
        own = certificate_of(stored, "CA", ca=True)
        yield stored, own


@pytest.fixture(params=["RSA", "P256", "P384", "P521"])
def certified(request, provider, rsa_blob, authority):
    if request.param == "RSA":
        key = provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB", name="signer")
    else:
        key = provider.create_key(f"ECDSA_{request.param}", "signer")
    with key, key.as_cryptography() as stored:
        own = certificate_of(stored, authority=authority)
        yield key, own


def sign(signer, md_algorithm="sha256"):
    metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm=md_algorithm)
    return PdfSigner(metadata, signer=signer).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(blank_pdf()))
    )


def status(pdf, root):
    trusted = asn1_x509.Certificate.load(root.public_bytes(serialization.Encoding.DER))
    (signature,) = PdfFileReader(pdf).embedded_signatures
    context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
    return signature, validate_pdf_signature(signature, context)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_signature_is_valid(certified, authority, algorithm):
    key, own = certified
    signer = StoredSigner(key, [own, authority[1]])
    signature, result = status(sign(signer, algorithm), authority[1])
    assert result.bottom_line
    assert signature.signer_cert.subject.native == {"common_name": "Alice"}
    assert result.md_algorithm == algorithm
    signer.close()


def test_pss(provider, rsa_blob, authority):
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        with key.as_cryptography() as stored:
            own = certificate_of(stored, authority=authority)
        signer = StoredSigner(key, [own], prefer_pss=True)
    signature, result = status(sign(signer), authority[1])
    assert result.bottom_line
    (info,) = signature.signed_data["signer_infos"]
    assert info["signature_algorithm"].signature_algo == "rsassa_pss"
    signer.close()


def test_changed_file_is_not_valid(certified, authority):
    signer = StoredSigner(certified[0], [certified[1]])
    content = sign(signer).getvalue()
    signer.close()
    assert status(io.BytesIO(content), authority[1])[1].bottom_line
    changed = content.replace(b"q Q", b"Q q")
    assert changed != content
    assert not status(io.BytesIO(changed), authority[1])[1].bottom_line


def test_one_signature_for_one_file(certified, monkeypatch):
    calls = []
    real = StoredSigner.sign_raw
    monkeypatch.setattr(
        StoredSigner, "sign_raw", lambda *arguments: calls.append(arguments) or real(*arguments)
    )
    signer = StoredSigner(certified[0], [certified[1]])
    sign(signer)
    assert len(calls) == 1
    signer.close()


def test_certificates_as_der(certified, authority):
    key, own = certified
    chain = [each.public_bytes(serialization.Encoding.DER) for each in (own, authority[1])]
    signer = StoredSigner(key, chain)
    assert status(sign(signer), authority[1])[1].bottom_line
    signer.close()


def test_certificates_of_the_store(certified, authority):
    key, own = certified
    with pytest.raises(ValueError, match="not begin with"):
        StoredSigner(key)
    key.set_certificates([own, authority[1]])
    signer = StoredSigner(key)
    signature, result = status(sign(signer), authority[1])
    assert result.bottom_line
    assert len(signature.other_embedded_certs) == 1
    signer.close()


def test_the_first_certificate_must_be_the_keys(certified, authority):
    with pytest.raises(ValueError, match="not begin with"):
        StoredSigner(certified[0], [authority[1], certified[1]])
    with pytest.raises(ValueError, match="not begin with"):
        StoredSigner(certified[0], [])


def test_no_handle_stays_behind_after_an_error(certified, authority):
    """Not even as long as the exception lives."""
    key, own = certified
    before = nc.live_handles()
    with pytest.raises(ValueError, match="not begin with") as caught:
        StoredSigner(key, [authority[1], own])
    assert nc.live_handles() == before, caught
    with pytest.raises(TypeError, match="no_such_option") as caught:
        StoredSigner(key, [own], no_such_option=1)
    assert nc.live_handles() == before, caught


def mechanism(name, mgf_hash=None):
    if mgf_hash is None:
        return algos.SignedDigestAlgorithm({"algorithm": name})
    mgf = {"algorithm": "mgf1", "parameters": {"algorithm": mgf_hash}}
    hash_algorithm = {"algorithm": "sha256"}
    parameters = algos.RSASSAPSSParams(
        {"hash_algorithm": hash_algorithm, "mask_gen_algorithm": mgf, "salt_length": 20}
    )
    return algos.SignedDigestAlgorithm({"algorithm": name, "parameters": parameters})


def test_mechanism_that_was_chosen(certified, authority):
    """The signature is by it, or there is none."""
    key, own = certified
    good = {"rsassa_pss": "sha256", "rsassa_pkcs1v15": None, "sha256_rsa": None}
    bad = {"sha256_ecdsa": None}
    if key.algorithm != "RSA":
        good, bad = bad, good
    for name, mgf_hash in good.items():
        signer = StoredSigner(key, [own], signature_mechanism=mechanism(name, mgf_hash))
        signature, result = status(sign(signer), authority[1])
        assert result.bottom_line
        (info,) = signature.signed_data["signer_infos"]
        assert info["signature_algorithm"]["algorithm"].native == name
        signer.close()
    for name, mgf_hash in bad.items():
        signer = StoredSigner(key, [own], signature_mechanism=mechanism(name, mgf_hash))
        with pytest.raises(ValueError, match="does not sign by"):
            signer.sign_raw(b"data", "sha256")
        signer.close()


def test_pss_of_two_hashes(provider, rsa_blob):
    """Key stores know one for both; another signature than the one that is written down is none."""
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        with key.as_cryptography() as stored:
            own = certificate_of(stored)
        signer = StoredSigner(key, [own], signature_mechanism=mechanism("rsassa_pss", "sha1"))
    with pytest.raises(UnsupportedAlgorithm, match="MGF1"):
        sign(signer)
    signer.close()


@pytest.mark.parametrize("name", ["nonsense", "hashalgorithm", "typing"])
def test_unknown_hash(provider, rsa_blob, name):
    with provider.import_key(rsa_blob, "RSAFULLPRIVATEBLOB") as key:
        with key.as_cryptography() as stored:
            own = certificate_of(stored)
        signer = StoredSigner(key, [own], signature_mechanism=mechanism("rsassa_pkcs1v15"))
    with pytest.raises(ValueError, match=f"no hash {name!r}"):
        signer.sign_raw(b"data", name)
    signer.close()


def test_it_signs_in_a_thread_of_its_own(certified, authority, monkeypatch):
    threads = []
    real = StoredSigner.sign_raw
    monkeypatch.setattr(
        StoredSigner, "sign_raw", lambda *a: threads.append(threading.current_thread()) or real(*a)
    )
    signer = StoredSigner(certified[0], [certified[1]])
    assert status(sign(signer), authority[1])[1].bottom_line
    assert threads
    assert threading.current_thread() not in threads
    signer.close()


def test_room_for_the_signature(certified):
    """What pyHanko is told to leave is enough for every signature, and nothing is signed for it."""
    key, own = certified
    signer = StoredSigner(key, [own])
    size = len(asyncio.run(signer.async_sign_raw(b"data", "sha256", dry_run=True)))
    sizes = [len(signer.sign_raw(b"data", "sha256")) for _ in range(20)]
    assert size - 4 <= max(sizes) <= size
    signer.close()
    assert len(asyncio.run(signer.async_sign_raw(b"data", "sha256", dry_run=True))) == size


def test_closed_signers_do_not_sign(certified):
    signer = StoredSigner(certified[0], [certified[1]])
    signer.close()
    with pytest.raises(nc.ClosedHandleError):
        sign(signer)
