# SPDX-License-Identifier: MIT
"""The web services half is loaded when it is asked for."""

import sys

import pytest

from ncrypt_ext import ws  # here, because the first import makes work objects that stay

MAPS = "/proc/self/maps"

PROGRAM = f"""
import sys
import ncrypt_ext
ncrypt_ext.Provider().close()
maps = open({MAPS!r}).read()
assert "ncrypt_ext_core" in maps or "ncrypt" in maps
assert "ncrypt_ext_ws" not in maps, maps
assert "libxml2" not in maps, maps
assert not any(name.startswith("ncrypt_ext._ws") for name in sys.modules)
import ncrypt_ext.ws
assert "ncrypt_ext_ws" in open({MAPS!r}).read()
print("as it should be")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc to see the libraries in")
def test_web_services_are_loaded_late(run_python):
    assert run_python(PROGRAM) == "as it should be\n"


def test_names():
    assert sorted(ws.__all__) == sorted(set(ws.__all__))
    for name in ws.__all__:
        assert hasattr(ws, name)
