# SPDX-License-Identifier: MIT
"""The examples of docs/hardware.md, on the stand-in."""

import re
from pathlib import Path

import pytest

import ncrypt_ext as nc

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"
EXAMPLES = re.findall(
    r"^```python tested by tests/hardware/cases_docs.py\n(import ncrypt_ext.*?)^```$",
    PAGE.read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_there_are_examples():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example(player, card, example):
    card.create_key("ECDSA_P256", "signing").close()
    player.start("1234")
    exec(compile(example, str(PAGE), "exec"), {})
    assert player.dialogs == 0
    assert player.tries == 3
    if '"vault"' in example:
        with nc.Provider(nc.properties.PLATFORM_PROVIDER) as provider:
            with provider.open_key("vault") as key, pytest.raises(nc.SilentContextError):
                key.sign(bytes(32), silent=True)
