"""Configuration of the documentation; `make docs` builds it with warnings as errors."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))

project = "sparsead"
author = "the sparsead developers"
copyright = "2026, the sparsead developers"
release = importlib.metadata.version("sparsead")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "formulas",
    "designs",
]
exclude_patterns = ["gallery/**/*.ipynb", "gallery/**/*.py"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["face.css"]
html_math_renderer = "drawn"
html_title = f"sparsead {release}"

# Every reference must lead somewhere; shapes and types stand in the docstrings, in words.
nitpicky = True
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": [str(DOCS.parent / "examples")],
    "gallery_dirs": ["gallery"],
    "subsection_order": [
        *(f"../examples/{name}" for name in ("first_structure", "solve", "iterative", "inverse")),
        "*",
    ],
    "filename_pattern": r"/plot_",
    "parallel": min(os.cpu_count() or 1, 8),
    "image_scrapers": ("squares.scrape",),
    "reset_modules": ("matplotlib", "warned.make_errors"),
    "reset_modules_order": "both",
    "remove_config_comments": True,
    "thumbnail_size": (480, 480),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 5,
    "plot_gallery": True,
}
