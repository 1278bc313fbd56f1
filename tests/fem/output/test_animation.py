"""Animated pictures: each picture is there, as long as it should be, in colors that mean the same in all of them."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import LibraryMissingError, MeshError, MeshFileError  # noqa: E402
from fem.output import animate  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

PLATE = fem.rectangle((4, 2), size=(2.0, 1.0))


def pictures(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Return the pictures of a GIF, shape (rows, columns, 3), and how long each is shown, in milliseconds."""
    found, shown = [], []
    with require("PIL.Image").open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            found.append(np.asarray(film.convert("RGB")).astype(int))
            shown.append(film.info["duration"])
    return found, shown


def test_pictures_become_darker_with_the_design(tmp_path: Path) -> None:
    pyplot = require("matplotlib.pyplot")
    designs = [np.full(8, density) for density in (0.0, 0.5, 1.0)]
    animate(tmp_path / "plate.gif", PLATE, designs, fps=10.0)
    found, shown = pictures(tmp_path / "plate.gif")
    middle = [picture[picture.shape[0] // 2, picture.shape[1] // 3, 0] for picture in found]
    assert middle[0] == 255
    assert 100 < middle[1] < 200
    assert middle[2] < 20
    assert shown[:2] == [100, 100]
    assert sum(shown[2:]) == 1600  # its own tenth of a second, and the one and a half that it is held
    assert pyplot.get_fignums() == []


def test_limits_say_what_is_black(tmp_path: Path) -> None:
    require("matplotlib")
    animate(tmp_path / "plate.gif", PLATE, [np.zeros(8), np.ones(8)], limits=(0.0, 2.0))
    last = pictures(tmp_path / "plate.gif")[0][-1]
    assert 100 < last[last.shape[0] // 2, last.shape[1] // 3, 0] < 200


def test_a_field_at_points_moves_through_the_plate(tmp_path: Path) -> None:
    require("matplotlib")
    waves = [np.exp(-((PLATE.points[:, 0] - place) ** 2)) for place in (0.0, 2.0)]
    animate(tmp_path / "wave.gif", PLATE, waves, colormap="gray", titles=["first", "second"])
    first, second = (picture.sum((0, 2)) for picture in pictures(tmp_path / "wave.gif")[0][:2])
    assert np.argmax((first - second)[: len(first) * 7 // 10]) < np.argmin((first - second)[: len(first) * 7 // 10])


def test_titles_are_written_above(tmp_path: Path) -> None:
    require("matplotlib")
    for name, titles in (("without", None), ("with", ["one", "two"])):
        animate(tmp_path / f"{name}.gif", PLATE, [np.zeros(8), np.ones(8)], titles=titles)
    bare, written = (pictures(tmp_path / f"{name}.gif")[0] for name in ("without", "with"))
    above = slice(0, 40), slice(0, 500)  # above the plate, and beside the scale of colors
    assert (bare[0][above] > 200).all()
    assert (written[0][above] < 100).sum() > 50
    assert (written[0][above] != written[1][above]).any()


def test_absent_matplotlib_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError("No module named 'matplotlib'")
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LibraryMissingError, match="got:      No module named 'matplotlib'\n  fix:      pip install"):
        animate(tmp_path / "plate.gif", PLATE, [np.zeros(8)])


@pytest.mark.parametrize(
    ("change", "kind", "got"),
    [
        ({"path": "plate.mp4"}, MeshFileError, "got:      'plate.mp4'"),
        ({"mesh": fem.box(1)}, MeshError, "got:      a mesh in 3D"),
        ({"mesh": fem.Mesh([[0, 0], [1, 1]], (fem.CellBlock("line2", [[0, 1]]),))}, MeshError, "got:      0 triangles"),
        ({"frames": []}, MeshError, "triangles to color and 0 pictures"),
        ({"frames": [np.zeros(8), np.zeros(9)]}, MeshError, r"got:      'values' is float64 of shape \(9,\)"),
        ({"frames": [np.zeros(8), np.full(8, np.nan)]}, MeshError, "got:      NaN or infinity in picture 1"),
        ({"titles": ["one", "two"]}, MeshError, "got:      2 titles"),
        ({"fps": 0.0}, MeshError, "got:      fps = 0.0"),
        ({"fps": 60.0}, MeshError, "got:      fps = 60.0"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, change: dict[str, Any], kind: type[Exception], got: str) -> None:
    require("matplotlib")
    given = {"path": "plate.gif", "mesh": PLATE, "frames": [np.zeros(8)]} | change
    with pytest.raises(kind, match=got):
        animate(tmp_path / given.pop("path"), given.pop("mesh"), given.pop("frames"), **given)
    assert list(tmp_path.iterdir()) == []
