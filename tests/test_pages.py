"""What pages show is what happens.

On a page every fenced block marked ``python`` runs, top to bottom in one namespace, as a doctest where it has prompts.
Blocks in another language, or in a ``{code-block}`` directive, are only shown.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import optional_libraries, require_imports_of
from tests.doctests import failures_of
from tests.test_layout import ROOT, name_of

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

GENERATED = (ROOT / "docs" / "gallery", ROOT / "docs" / "reference" / "generated")
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not any(folder in p.parents for folder in GENERATED)),
]


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


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_code_of_page(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_text()
    require_imports_of("".join(BLOCK.findall(text)))
    monkeypatch.chdir(tmp_path)
    with optional_libraries():
        report = run_page(text, name_of(path))
    if report:
        pytest.fail(report, pytrace=False)


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
