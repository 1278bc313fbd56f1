"""What the documentation adds to Sphinx: formulas drawn at build time, square pictures, and the page of all designs."""

from __future__ import annotations

import importlib
import warnings
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


def test_designs_are_the_examples_that_optimize_and_those_named(extension: Any, tmp_path: Path) -> None:
    designs = extension("designs")
    (tmp_path / "fem").mkdir()
    for name, code in (("plot_a", "fem.optimize.mma()"), ("plot_b", "fem.solve()"), ("plot_c", "a_loop_by_hand()")):
        (tmp_path / "fem" / f"{name}.py").write_text(f'"""\nTitle of {name}\n====\n"""\n{code}\n')
    assert [path.stem for path in designs.shown(tmp_path, ["fem/plot_c"])] == ["plot_a", "plot_c"]
    with pytest.raises(FileNotFoundError, match="no example has the name plot_d"):
        designs.shown(tmp_path, ["fem/plot_d"])


def test_picture_of_a_design_is_its_thumbnail_and_leads_to_it(extension: Any, tmp_path: Path) -> None:
    path = tmp_path / "fem" / "plot_beam.py"
    path.parent.mkdir()
    path.write_text('r"""\nA beam\n======\n"""\n# sphinx_gallery_squares = {2: None, 0: None}\n')
    assert extension("designs").picture(path).splitlines() == [
        ":::{figure} /gallery/fem/images/square/plot_beam_2.png",
        ":alt: A beam",
        ":target: gallery/fem/plot_beam.html",
        "",
        "[A beam](/gallery/fem/plot_beam.rst)",
        ":::",
    ]


def test_page_names_examples_that_are_there_and_shows_each_once(extension: Any) -> None:
    designs = extension("designs")
    page = (EXTENSIONS.parent / "designs.md").read_text()
    by_hand = page.partition("```{designs}\n")[2].partition("```")[0].split()
    found = designs.shown(designs.EXAMPLES, by_hand)
    assert len(found) >= 14
    assert len({designs.picture(path) for path in found}) == len(found)
    automatic = designs.shown(designs.EXAMPLES, [])
    assert not {path.stem for path in automatic} & {name.partition("/")[2] for name in by_hand}


def test_warnings_are_errors_in_an_example_and_nowhere_else(extension: Any) -> None:
    make_errors, before = extension("warned").make_errors, list(warnings.filters)
    make_errors({}, "examples/fem", "before")
    assert list(warnings.filters) == before
    warnings.simplefilter("ignore")
    make_errors({}, Path("examples/fem/plot_arch.py"), "before")
    with pytest.raises(UserWarning, match="of an example"):
        warnings.warn("of an example", stacklevel=1)
    make_errors({}, Path("examples/fem/plot_arch.py"), "after")
    warnings.warn("of another", stacklevel=1)
