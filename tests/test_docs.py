"""What docstrings and pages show is what happens.

Doctests of every module run. On a page every fenced block marked ``python`` runs, top to bottom in one namespace, as
a doctest where it has prompts. Blocks in another language, or in a ``{code-block}`` directive, are only shown.
"""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from sparsead import errors
from tests.conftest import optional_libraries, require, require_imports_of, skip_if_absent
from tests.test_layout import FILES, ROOT, name_of

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

MODULES = [path for path in FILES if path.stem != "__main__"]
GENERATED = (ROOT / "docs" / "gallery", ROOT / "docs" / "reference" / "generated")
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not any(folder in p.parents for folder in GENERATED)),
]


class Runner(doctest.DocTestRunner):
    """Runs doctests; one that needs a library that is not installed is skipped, or fails where CI is set."""

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        skip_if_absent(exc_info[1])
        super().report_unexpected_exception(out, test, example, exc_info)


def failures_of(test: doctest.DocTest, globs: dict[str, Any]) -> str:
    """Return the report of a doctest, empty where it passes; names it defines go to `globs`."""
    report: list[str] = []
    test.globs = globs
    Runner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    return "".join(report)


def run_page(text: str, name: str) -> str:
    """Run the python blocks of a page and return what its doctests report."""
    globs: dict[str, Any] = {"__name__": name}
    report = ""
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        if ">>> " in block[1]:
            report += failures_of(doctest.DocTestParser().get_doctest(block[1], {}, name, name, line), globs)
        else:
            exec(compile("\n" * line + block[1], name, "exec"), globs)
    return report


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_docstrings_of_module(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    require_imports_of(f"import {module}\n{path.read_text()}")
    tests = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    if report := "".join(failures_of(test, dict(test.globs)) for test in tests):
        pytest.fail(report, pytrace=False)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_code_of_page(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    require_imports_of("".join(BLOCK.findall(text)))
    monkeypatch.chdir(tmp_path)
    with optional_libraries():
        report = run_page(text, name_of(path))
    if report:
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


def test_page_with_wrong_output_is_seen() -> None:
    page = "Text.\n\n```python\nx = 2\n```\n\n```python\n>>> x + 2\n5\n```\n"
    assert "Expected:\n    5\nGot:\n    4" in run_page(page, "page")
    assert run_page(page.replace("5\n", "4\n"), "page") == ""


def test_page_with_an_error_is_seen_at_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run_page("Text.\n\n```python\n1 / 0\n```\n", "page")
    assert caught.traceback[-1].lineno == 3


def test_blocks_that_are_only_shown_do_not_run() -> None:
    assert run_page("```{code-block} python\n1 / 0\n```\n\n```text\n>>> 1\n2\n```\n", "page") == ""
