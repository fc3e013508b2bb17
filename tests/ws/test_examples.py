# SPDX-License-Identifier: MIT
"""The example programs, as a reader would start them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ncrypt_ext as nc

from .channel_support import needs_channels

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = needs_channels


def run(name, tmp_path):
    environment = {
        **os.environ,
        "NCRYPT_EXT_HOME": str(tmp_path / "untouched"),
        "PYTHONPATH": os.path.dirname(nc.get_library_dir()),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not (tmp_path / "untouched").exists()
    assert "Handles still open: 0" in done.stdout
    return done.stdout


def test_soap_with_a_certificate(tmp_path):
    printed = run("soap_x509.py", tmp_path)
    assert "two apples" in printed
    assert "there are no apples left" in printed
    assert "connections: 1, requests: 3" in printed
    assert "<ds:SignatureValue>" in printed
    if shutil.which("xmlsec1"):
        assert "xmlsec1 says: OK" in printed


def test_soap_with_an_assertion(tmp_path):
    printed = run("soap_saml_holder_of_key.py", tmp_path)
    assert "<who " in printed
    assert "holder-of-key" in printed
    assert "SAMLAssertionID" in printed
