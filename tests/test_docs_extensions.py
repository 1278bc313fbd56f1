"""The two pieces that the documentation adds to Sphinx: formulas drawn at build time, and square pictures."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.conftest import require

# Python 3.11 and 3.12 deprecate the way in which ziamath finds its font; 3.13 took that back.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

EXTENSIONS = Path(__file__).parents[1] / "docs" / "_extensions"


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Any:
    for library in ("sphinx", "sphinx_gallery", "ziamath"):
        require(library)
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module


def test_formula_is_a_drawing_on_the_line_of_its_text(extension: Any) -> None:
    formulas = extension("formulas")
    plain, deep = (ElementTree.fromstring(formulas.drawing(latex, True)) for latex in ("x", r"\bar A_{ij}"))
    assert deep.get("aria-label") == r"\bar A_{ij}"
    shifts = [float(svg.get("style", "").removeprefix("vertical-align:").removesuffix("em")) for svg in (plain, deep)]
    assert abs(shifts[0]) < 0.05  # x stands on the line
    assert -0.7 < shifts[1] < -0.15  # subscripts hang below it


@pytest.mark.parametrize("latex", [r"\nosuchcommand x", r"\frac{a}"])
def test_formula_that_cannot_be_drawn_is_an_error(extension: Any, latex: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        extension("formulas").drawing(latex, True)


def test_square_shows_the_chosen_part_of_the_chosen_axes_alone(extension: Any, tmp_path: Path) -> None:
    squares, plt = extension("squares"), require("matplotlib.pyplot")
    figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    axes[0].imshow(np.zeros((2, 2)), cmap="gray")
    axes[1].fill([0.0, 5.0, 5.0, 0.0], [0.0, 0.0, 1.0, 1.0], color=(1.0, 0.0, 0.0))
    axes[1].set(title="words", xlabel="words", ylabel="words")
    axes[1].text(2.0, 0.5, "words")
    squares.draw(figure, axes[1], (1.0, 2.0, 0.2, 0.8), tmp_path / "square.png")
    plt.close(figure)
    picture = plt.imread(tmp_path / "square.png")[..., :3]
    assert picture.shape[0] == picture.shape[1]
    inside = picture[40:-40, 40:-40]
    assert np.all(inside == (1.0, 0.0, 0.0))
