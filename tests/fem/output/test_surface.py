"""Surfaces for printers: closed, and around the volume that they should have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")
require("pyvista")

import fem  # noqa: E402
from fem.errors import MeshError, MeshFileError  # noqa: E402
from fem.output import surface, write_surface  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RADIUS = 0.3


def ball(mesh: fem.Mesh) -> NDArray[np.float64]:
    """A density that is 1/2 on a sphere around the middle, and falls by one in a sixth of the size."""
    return np.clip(0.5 + 6 * (RADIUS - np.linalg.norm(mesh.centers - 0.5, axis=1)), 0, 1)


@pytest.mark.parametrize("element", ["tet4", "tet10", "hex8", "hex20", "hex27", "wedge6"])
def test_ball_and_what_is_around_it_fill_the_box(element: str) -> None:
    mesh = fem.box((8, 8, 8), element=element)
    inside, outside = surface(mesh, ball(mesh)), surface(mesh, 1 - ball(mesh))
    assert inside.is_manifold
    assert outside.is_manifold
    # The mean of the cells around a point takes from a ball what its curvature and the size of the cells tell.
    assert inside.volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.25)
    assert inside.volume + outside.volume == pytest.approx(1.0, rel=1e-4)


def test_finer_cells_come_closer_to_the_ball() -> None:
    meshes = [fem.box((n, n, n)) for n in (8, 16)]
    lost = [4 / 3 * np.pi * RADIUS**3 - surface(mesh, ball(mesh)).volume for mesh in meshes]
    assert lost[0] > 3 * lost[1] > 0


def test_plate_has_its_thickness() -> None:
    mesh = fem.rectangle((40, 20), size=(2.0, 1.0))
    hole = np.clip(0.5 + 10 * (np.linalg.norm(mesh.centers - [1.0, 0.5], axis=1) - RADIUS), 0, 1)
    plate = surface(mesh, hole, thickness=0.1)
    assert plate.is_manifold
    assert plate.volume == pytest.approx(0.1 * (2 - np.pi * RADIUS**2), rel=0.005)
    assert np.ptp(plate.points[:, 2]) == pytest.approx(0.1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mesh", [fem.box((4, 4, 4)), fem.rectangle((6, 6))], ids=["box", "rectangle"])
def test_black_and_white_designs_are_closed(mesh: fem.Mesh, seed: int) -> None:
    """Half of their points have just the value of the threshold, where cells touch in lines and corners."""
    design = np.random.default_rng(seed).integers(0, 2, mesh.cell_count)
    assert surface(mesh, design, thickness=0.2 if mesh.dimension == 2 else None).is_manifold


def test_higher_thresholds_give_less() -> None:
    mesh = fem.box((6, 6, 6))
    volumes = [surface(mesh, ball(mesh), threshold=t).volume for t in (0.2, 0.5, 0.8)]
    assert volumes[0] > volumes[1] > volumes[2]


@pytest.mark.parametrize("name", ["part.stl", "part.ply", "part.obj"])
def test_files_hold_the_surface(name: str, tmp_path: Path) -> None:
    pyvista = require("pyvista")
    mesh = fem.box((4, 4, 4))
    write_surface(tmp_path / name, mesh, ball(mesh))
    read = pyvista.read(tmp_path / name)
    assert read.volume == pytest.approx(surface(mesh, ball(mesh)).volume, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "got"),
    [
        (lambda: surface(fem.box(1), [[1.0]]), MeshError, r"shape \(1, 1\)"),
        (lambda: surface(fem.box(1), [1.0, 1.0]), MeshError, r"'density' is float64 of shape \(2,\)"),
        (lambda: surface(fem.box(1), [0.4]), MeshError, "densities up to 0.4, and 0.4 at points"),
        (lambda: surface(fem.rectangle(2), np.ones(4)), MeshError, "a mesh in 2D and thickness = None"),
        (lambda: surface(fem.box(1), [1.0], thickness=1.0), MeshError, "a mesh in 3D and thickness = 1.0"),
        (lambda: surface(fem.box((2, 1, 1)), [1.0, np.nan]), MeshError, "nan in cell 1"),
        (lambda: surface(fem.rectangle(2), np.ones(4), thickness=-1.0), MeshError, "thickness = -1.0"),
        (lambda: surface(fem.rectangle(2), np.ones(4), thickness=np.nan), MeshError, "thickness = nan"),
        (lambda: write_surface("part.step", fem.box(1), [1.0]), MeshFileError, "'part.step'"),
    ],
)
def test_impossible_input_is_refused(call: Any, error: Any, got: str) -> None:
    with pytest.raises(error, match=f"got: +.*{got}"):
        call()
