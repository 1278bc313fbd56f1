"""A free body: symmetric stiffness, no energy in rigid motions, energy in all others; mass is moved, none lost."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from fem import fields  # noqa: E402

YOUNG, DENSITY = 2.1e11, 7850.0
PLANE = ("tri3", "tri6", "quad4", "quad8", "quad9")
SOLID = ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")


def body(element: str) -> fem.Space:
    """One cell of a grid or two, every point moved."""
    plane = element in PLANE
    mesh = fem.rectangle((2, 1), element=element) if plane else fem.box((1, 1, 1), element=element)
    moved = mesh.points + np.random.default_rng(1).uniform(-0.04, 0.04, mesh.points.shape)
    return fem.Space(mesh.with_points(moved), components=mesh.dimension)


@cache
def matrices(element: str) -> tuple[fem.Space, Any, Any, Any]:
    """A body, its stiffness and its mass as dense matrices, and its volume."""
    space = body(element)

    @jax.jit
    def program(density: Any) -> Any:
        stiffness, mass = fem.elements.elasticity(space, young=YOUNG, poisson=0.3), fem.elements.mass(space, density)
        return sp.to_dense(stiffness.matrix()), sp.to_dense(mass.matrix()), fields.integral(space)

    return space, *(np.asarray(x) for x in program(DENSITY))


def rigid(points: Any) -> np.ndarray:
    """Translations and rotations as columns, orthonormal, shape (n, 3) or (n, 6)."""
    d = points.shape[1]
    motions = [np.broadcast_to(np.eye(d)[axis], points.shape) for axis in range(d)]
    for i, k in combinations(range(d), 2):
        rotation = np.zeros_like(points)
        rotation[:, i], rotation[:, k] = -points[:, k], points[:, i]
        motions.append(rotation)
    return np.linalg.qr(np.stack([m.reshape(-1) for m in motions], axis=1))[0]


@pytest.mark.parametrize("element", [*PLANE, *SOLID])
def test_stiffness_has_the_rigid_motions_and_no_other_mode_without_energy(element: str) -> None:
    space, matrix, _, _ = matrices(element)
    largest = np.abs(matrix).max()
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-14 * largest)
    motions = rigid(space.mesh.points)
    np.testing.assert_allclose(matrix @ motions, 0.0, atol=1e-12 * largest)
    values = np.linalg.eigvalsh(matrix)
    count = motions.shape[1]
    assert np.all(np.abs(values[:count]) < 1e-12 * values[-1])
    assert values[count] > 1e-5 * values[-1]


@pytest.mark.parametrize("element", [*PLANE, *SOLID])
def test_mass_is_symmetric_positive_and_complete(element: str) -> None:
    space, _, matrix, volume = matrices(element)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-14 * matrix.max())
    assert np.linalg.eigvalsh(matrix)[0] > 0
    along = np.broadcast_to(np.eye(space.mesh.dimension)[0], space.shape).reshape(-1)
    assert float(along @ matrix @ along) == pytest.approx(DENSITY * float(volume), rel=1e-12)


@pytest.mark.parametrize("element", [*PLANE, *SOLID])
def test_patch_of_constant_strain_is_exact(element: str) -> None:
    """The patch test of B. Irons, 1965: inner points of a distorted mesh follow a linear field on its boundary.

    Curved cells are not asked: nodes of second order stay in the middle of their edges.
    """
    order = 2 if element in ("tri6", "quad8", "quad9", "tet10", "hex20", "hex27") else 1
    linear = {"tri6": "tri3", "quad8": "quad4", "quad9": "quad4", "tet10": "tet4", "hex20": "hex8", "hex27": "hex8"}
    plane = element in PLANE
    grid = (fem.rectangle if plane else fem.box)((3,) * (2 if plane else 3), element=linear.get(element, element))
    moved = grid.points + np.random.default_rng(2).uniform(-0.06, 0.06, grid.points.shape)
    mesh = grid.with_points(moved).with_order(order, complete=element in ("quad9", "hex27"))
    d = mesh.dimension
    space = fem.Space(mesh, components=d)
    exact = 1e-3 * mesh.points @ np.random.default_rng(3).normal(size=(d, d))
    edge = mesh.facet_points(mesh.boundary)
    stiffness = fem.elements.elasticity(space, young=YOUNG, poisson=0.3)
    u = fem.solve(stiffness, np.zeros(space.shape), fem.prescribed(space, edge, exact[edge]))
    assert len(edge) < len(mesh.points)
    np.testing.assert_allclose(u, exact, rtol=0, atol=1e-12 * np.abs(exact).max())
