"""Pictures: what they show is where it belongs; the pixels of the right things are there."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import LibraryMissingError, MeshError  # noqa: E402
from fem.output import plot, plot_solid  # noqa: E402
from fem.output.scene import arrows, held_components, scene  # noqa: E402
from fem.output.skin import outline, skin  # noqa: E402
from fem.output.thin import apart, resultants  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("tri3", "tri6", "quad4", "quad8", "quad9")
SOLIDS = ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")


def area(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b = (points[triangles[:, k]] - points[triangles[:, 0]] for k in (1, 2))
    if points.shape[1] == 2:
        return float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)
    return float(np.linalg.norm(np.cross(a, b), axis=1).sum() / 2)


@pytest.mark.parametrize("name", [*NAMES, *SOLIDS])
def test_skin_covers_the_plane_mesh_or_the_surface(name: str) -> None:
    mesh = fem.rectangle((3, 2), element=name) if name in NAMES else fem.box(2, element=name)
    seen = skin(mesh, mesh.points)
    assert area(seen.points, seen.triangles) == pytest.approx(1.0 if name in NAMES else 6.0)
    np.testing.assert_allclose(seen.at_points(mesh.points), seen.points, atol=1e-14)
    assert mesh.centers[seen.cells].shape == seen.points.shape
    # A corner of a triangle is not farther from the center of its cell than the cell is long.
    assert np.linalg.norm(mesh.centers[seen.cells] - seen.points, axis=1).max() < 0.9


def test_curved_edges_are_curved() -> None:
    mesh = fem.rectangle((1, 1), element="quad8")
    points = mesh.points.copy()
    points[(points == [0.5, 0.0]).all(axis=1)] = [0.5, -0.25]
    seen = skin(mesh, points)
    assert seen.points[:, 1].min() == seen.edges[..., 1].min() == -0.25
    # The area under a parabola of height 1/4 is 1/6; straight pieces cut a little off.
    assert area(seen.points, seen.triangles) == pytest.approx(1 + 1 / 6, abs=0.02)


def test_outline_is_the_boundary() -> None:
    mesh = fem.rectangle((3, 2), size=(3.0, 2.0))
    lines = outline(mesh, mesh.points)
    assert np.linalg.norm(np.diff(lines, axis=1), axis=-1).sum() == pytest.approx(10.0)


def test_displacements_are_scaled_to_be_seen() -> None:
    mesh = fem.rectangle((2, 2), size=(4.0, 1.0))
    u = np.zeros_like(mesh.points)
    u[:, 1] = 1e-6 * mesh.points[:, 0]
    assert scene(mesh, None, u, "auto").scale == pytest.approx(0.1 * 4.0 / 4e-6)
    np.testing.assert_allclose(scene(mesh, None, u, 5.0).points, mesh.points + 5 * u)
    assert scene(mesh, None, 0 * u, "auto").scale == 1.0


def test_colors_of_points_cells_and_vectors() -> None:
    mesh = fem.rectangle((3, 2))
    by_point = scene(mesh, mesh.points[:, 0], None, "auto")
    np.testing.assert_allclose(by_point.colors, by_point.skin.points[:, 0], atol=1e-14)
    by_cell = scene(mesh, np.arange(6.0), None, "auto")
    np.testing.assert_array_equal(by_cell.colors, by_cell.skin.cells)
    lengths = scene(mesh, 3 * mesh.points[:, [1, 1]] * [1, 0], None, "auto")
    np.testing.assert_allclose(lengths.colors, 3 * lengths.skin.points[:, 1], atol=1e-14)


def test_supports_in_all_forms() -> None:
    require("jax")
    mesh = fem.rectangle((2, 2))
    left = mesh.points_on(lambda x: x[:, 0] == 0)
    space = fem.Space(mesh, components=2)
    held = held_components(mesh, fem.fix(space, left, components=[1]))
    assert held[left].tolist() == [[False, True]] * 3
    assert held.sum() == 3
    np.testing.assert_array_equal(held_components(mesh, held), held)
    assert held_components(mesh, left).sum() == 6
    several = [fem.fix(space, left, components=[1]), fem.fix(space, [8], components=[0])]
    assert np.argwhere(held_components(mesh, several)).tolist() == [*([i, 1] for i in left), [8, 0]]
    with pytest.raises(MeshError, match=r"got:      float64 of shape \(2,\)"):
        held_components(mesh, [0.0, 1.0])


def test_loads_are_parts_of_the_longest() -> None:
    mesh = fem.rectangle((1, 1))
    points, vectors = arrows(mesh, [[0, 0], [0, -4e3], [1e3, 0], [1e-8, 0]])
    assert points.tolist() == [1, 2]
    np.testing.assert_array_equal(vectors, [[0, -1], [0.25, 0]])
    with pytest.raises(MeshError, match=r"got:      shape \(4,\)"):
        arrows(mesh, np.ones(4))


def test_neighbouring_loads_share_an_arrow_where_they_point_the_same_way() -> None:
    mesh = fem.rectangle((100, 2), size=(1.0, 1.0))
    top, bottom = mesh.points[:, 1] == 1, mesh.points[:, 1] == 0
    points, vectors = arrows(mesh, np.stack([0.0 * top, 1.0 * top - 2.0 * bottom], 1))
    assert set(mesh.points[points, 1]) == {0.0, 1.0}
    assert 2 * 15 < len(points) < 2 * 22
    up = vectors[:, 1] > 0
    np.testing.assert_allclose(vectors[up].sum(0) * -2, vectors[~up].sum(0), atol=1e-12)
    ring = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)
    chosen, sums = resultants(1e-3 * ring, ring, distance=1.0)
    assert len(chosen) == 8
    np.testing.assert_allclose(sums, ring, atol=1e-15)


def test_marks_are_apart_and_near_to_all() -> None:
    places = np.random.default_rng(0).uniform(size=(500, 2))
    kept = places[apart(places, 0.1)]
    distances = np.linalg.norm(places[:, None] - kept[None], axis=2)
    assert distances.min(1).max() < 0.1
    assert np.sort(np.linalg.norm(kept[:, None] - kept[None], axis=2), 1)[:, 1].min() > 0.0999
    assert apart(np.zeros((0, 2)), 0.1).shape == (0,)


def colored(picture: np.ndarray, red: bool) -> int:
    """Return how many pixels are strongly red, or strongly blue."""
    r, g, b = (picture[..., k].astype(float) for k in range(3))
    return int(((r > 150) & (g < 80) & (b < 80)).sum() if red else ((b > 100) & (r < 90) & (g < 60)).sum())


def test_plane_picture(tmp_path: Path) -> None:
    require("matplotlib")
    image = require("matplotlib.image")
    pyplot = require("matplotlib.pyplot")
    mesh = fem.rectangle((6, 2), size=(3.0, 1.0), element="quad8")
    u = np.stack([0 * mesh.points[:, 0], -1e-3 * mesh.points[:, 0] ** 2], axis=1)
    loads = np.zeros_like(mesh.points)
    loads[-1, 1] = -1.0
    axes = plot(
        mesh, mesh.points[:, 0], displacement=u, supports=mesh.points_on(lambda x: x[:, 0] == 0), loads=loads,
        label="stress", unit="Pa", path=tmp_path / "plane.png",
    )  # fmt: skip
    assert "displacements × 33.3" in axes.get_xlabel()
    assert axes.figure.axes[1].get_ylabel() == "stress [Pa]"
    assert axes.get_ylim()[0] < -0.3
    assert axes.get_xlim()[1] > 3.0
    picture = (255 * image.imread(tmp_path / "plane.png")).astype(int)
    assert colored(picture, red=True) > 100
    pyplot.close("all")


def test_truss_picture() -> None:
    pyplot = require("matplotlib.pyplot")
    mesh = fem.Mesh([[0, 0], [1, 0], [0.5, 1]], (fem.CellBlock("line2", [[0, 1], [1, 2], [2, 0]]),))
    axes = plot(mesh, supports=[0, 1], length_unit="mm")
    assert len(axes.collections[0].get_segments()) == 3
    assert axes.get_ylabel() == "y [mm]"
    pyplot.close("all")


def test_solid_picture(tmp_path: Path) -> None:
    require("pyvista")
    image = require("matplotlib.image")
    mesh = fem.box((6, 2, 2), size=(3.0, 1.0, 1.0))
    u = np.zeros_like(mesh.points)
    u[:, 2] = -1e-3 * mesh.points[:, 0] ** 2
    loads = np.where(mesh.points[:, :1] == 3, [[0.0, 0.0, -1.0]], 0.0)
    plot_solid(
        mesh, mesh.points[:, 0], displacement=u, supports=mesh.points_on(lambda x: x[:, 0] == 0), loads=loads,
        label="stress", unit="Pa", path=tmp_path / "solid.png",
    )  # fmt: skip
    picture = (255 * image.imread(tmp_path / "solid.png")).astype(int)
    assert picture.shape[:2] == (900, 1200)
    assert colored(picture, red=True) > 100
    assert colored(picture, red=False) > 1000


@pytest.mark.parametrize(("function", "missing"), [(plot, "matplotlib"), (plot_solid, "pyvista")])
def test_absent_library_names_the_extra(function: Any, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(f"No module named {missing!r}")
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LibraryMissingError, match=f"got:      No module named '{missing}'\n  fix:      pip install"):
        function(fem.rectangle((1, 1)) if function is plot else fem.box((1, 1, 1)))


def test_what_is_refused() -> None:
    with pytest.raises(MeshError, match="got:      a mesh in 3D"):
        plot(fem.box((1, 1, 1)))
    with pytest.raises(MeshError, match="got:      a mesh in 2D"):
        plot_solid(fem.rectangle((1, 1)))
    with pytest.raises(MeshError, match=r"got:      shape \(4, 1\)"):
        scene(fem.rectangle((1, 1)), None, np.zeros((4, 1)), "auto")
