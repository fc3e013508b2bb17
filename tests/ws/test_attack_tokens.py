# SPDX-License-Identifier: MIT
"""What somebody does to tokens who wants them to break."""

import sys

import pytest

import ncrypt_ext as nc
from ncrypt_ext import ws

from .token_support import REFERENCE, collected, needs_tokens

pytestmark = needs_tokens


def test_key_and_handle_end_while_the_key_is_looked_at(provider):
    """Whatever kept the key ends between check and refusal: the call itself keeps it."""
    before = collected()
    for _ in range(20):
        keys = [provider.create_key("ECDSA_P256")]
        handle = ws.NCryptKeyHandle(keys[0])

        def end(frame, event, argument, keys=keys, handle=handle):
            if keys and frame.f_code.co_filename == nc.errors.__file__:
                keys.pop().close()
                handle.close()

        sys.setprofile(end)
        try:
            with pytest.raises(nc.NotSupportedError, match="only RSA keys sign with tokens"):
                ws.XmlToken("<a/>", handle, attached_reference=REFERENCE)
        finally:
            sys.setprofile(None)
        assert not keys
        assert handle.closed
    assert collected() == before
