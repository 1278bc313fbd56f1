"""Every example runs; each asserts its own physics."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from tests.conftest import optional_libraries, require_imports_of

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*/plot_*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "examples").as_posix()


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_imports_of(path.read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path)])
    with optional_libraries():
        runpy.run_path(str(path), run_name="__main__")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_example_asserts_something_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert any(line.lstrip().startswith("assert ") for line in lines)
    assert len(lines) <= 130


@pytest.mark.parametrize("folder", sorted({path.parent for path in EXAMPLES}), ids=name_of)
def test_gallery_shows_the_folder(folder: Path) -> None:
    # sphinx-gallery leaves out a folder without this file, silently.
    assert (folder / "README.rst").is_file()
