"""What docstrings show is what happens, and the reference has every public name."""

from __future__ import annotations

import doctest
import gc
import importlib
import re
from pathlib import Path

import pytest

from sparsead import errors
from tests.conftest import require, require_imports_of
from tests.doctests import failures_of
from tests.test_layout import FILES, ROOT, name_of

MODULES = [path for path in FILES if path.stem != "__main__"]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_docstrings_of_module(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    require_imports_of(f"import {module}\n{path.read_text()}")
    gc.freeze()  # what other docstrings compiled is not looked through where one collects
    tests = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    if report := "".join(failures_of(test, dict(test.globs)) for test in tests):
        pytest.fail(report, pytrace=False)


@pytest.mark.parametrize("front_end", ["numpy", "jax", "transient"])
def test_reference_has_every_public_name(front_end: str) -> None:
    require("jax" if front_end == "transient" else front_end)
    page = (ROOT / "docs" / "reference" / f"sparsead_{front_end}.md").read_text()
    directives = set(re.findall(rf"auto(?:function|class):: sparsead\.{front_end}\.(\w+)", page))
    assert directives == set(importlib.import_module(f"sparsead.{front_end}").__all__)


def test_reference_has_every_error() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text()
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert set(re.findall(r"autoclass:: sparsead\.errors\.(\w+)", page)) == names
    assert all(f"\n## {name}\n" in page for name in names - {"SparseADError"})
