# SPDX-License-Identifier: MIT
"""Bytes that the native side would take for pointers."""

import struct

import pytest

import ncrypt_ext as nc


@pytest.mark.parametrize("address", [1, 0x4141414141414141])
def test_ui_policy_is_not_taken_as_bytes(address):
    value = struct.pack("<II", 1, 0) + struct.pack("@PPP", address, 0, 0)
    with nc.Provider() as provider, provider.create_persisted_key("ECDSA_P256", None) as new:
        for name in ("UI Policy", nc.properties.UI_POLICY):
            with pytest.raises(ValueError, match="set ui_policy"):
                new.set_property(name, value)
        assert new.ui_policy is None
