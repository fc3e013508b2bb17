# SPDX-License-Identifier: MIT
"""Settings of the site that tools/docs builds, with Sphinx from 8.1 on."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from docutils.nodes import TextElement
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).resolve().parents[1]

project = "ncrypt_ext"
version = release = runpy.run_path(str(ROOT / "ncrypt_ext" / "_version.py"))["__version__"]
html_title = f"{project} {version}"
extensions = ["myst_parser"]
html_theme = "furo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False

# Anchors as code hosts make them, so that links between pages work there and here.
myst_heading_anchors = 4
highlight_language = "none"

# Names of the API without their modules, in signatures.
add_module_names = False
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"


def of_others(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: TextElement
) -> TextElement | None:
    """Names of other packages are no links: their pages would have to be fetched for that."""
    other = re.match(r"(?!ncrypt_ext\b)[a-z_]\w*\.", node.get("reftarget", ""))
    return content if node.get("refdomain") == "py" and other else None


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", of_others)
