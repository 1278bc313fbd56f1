"""Plates: series solutions, no locking, constant bending on distorted cells, rigid modes, derivatives, faults."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.sparse.linalg import eigsh

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from tests.fem.elements.structures import dense_and_product  # noqa: E402

ELEMENTS = ("quad4", "quad9")
YOUNG, POISSON, SIDE, PRESSURE = 2.1e11, 0.3, 2.0, 1.0e3


def stiffness_of(thickness: float) -> tuple[float, float]:
    """Bending and shear stiffness of the section."""
    return YOUNG * thickness**3 / (12 * (1 - POISSON**2)), 5 / 6 * YOUNG * thickness / (2 * (1 + POISSON))


def distorted(element: str, cells: int, side: float = 1.0, amount: float = 0.2) -> fem.Mesh:
    """Square of straight-sided cells whose inner corners are moved at random."""
    mesh = fem.rectangle((cells, cells), side)
    inside = ((mesh.points > 1e-9) & (mesh.points < side - 1e-9)).all(axis=1)
    shift = amount * side / cells * np.random.default_rng(0).uniform(-1, 1, mesh.points.shape)
    mesh = mesh.with_points(mesh.points + shift * inside[:, None])
    return mesh.with_order(2, complete=True) if element == "quad9" else mesh


def simply_supported(mesh: fem.Mesh, space: fem.Space, side: float) -> Any:
    """Supports that let the edges turn about themselves only."""
    on_x = mesh.points_on(lambda x: np.isclose(x[:, 0] * (side - x[:, 0]), 0))
    on_y = mesh.points_on(lambda x: np.isclose(x[:, 1] * (side - x[:, 1]), 0))
    return [fem.fix(space, on_x, [0, 1]), fem.fix(space, on_y, [0, 2])]


@cache
def mean(element: str, cells: int, amount: float = 0.0) -> Callable[[float], Any]:
    """Mean deflection of a simply supported plate under a uniform pressure, as a program of its thickness."""
    mesh = distorted(element, cells, SIDE, amount)
    space = fem.Space(mesh, components=3)
    supports = simply_supported(mesh, space, SIDE)

    @jax.jit
    def deflection(thickness: Any) -> Any:
        K = fem.elements.plate(space, young=YOUNG, poisson=POISSON, thickness=thickness)
        load = fem.body_load(space, (PRESSURE, 0.0, 0.0))
        return (load * fem.solve(K, load, supports)).sum() / (PRESSURE * SIDE**2)

    return deflection


def series(thickness: float) -> tuple[float, float]:
    """Deflection in the middle, and its mean, by Navier's series: each harmonic bends and shears for itself."""
    d, s = stiffness_of(thickness)
    m = np.arange(1, 600, 2)
    waves = (np.pi / SIDE) ** 2 * (m[:, None] ** 2 + m[None] ** 2)
    force = 16 * PRESSURE / (np.pi**2 * m[:, None] * m[None])
    deflection = force * (1 / (d * waves**2) + 1 / (s * waves))
    crest = np.sin(m * np.pi / 2)
    return float(crest @ deflection @ crest), float((deflection * 4 / (np.pi**2 * m[:, None] * m[None])).sum())


def test_the_series_has_the_published_values() -> None:
    # Timoshenko and Woinowsky-Krieger, Theory of Plates and Shells, table 8: 0.00406; thick, h/L = 0.1:
    # J. N. Reddy, Theory and Analysis of Elastic Plates, 0.00427.
    for thickness, published in ((1e-4 * SIDE, 0.00406), (0.1 * SIDE, 0.00427)):
        coefficient = series(thickness)[0] * stiffness_of(thickness)[0] / (PRESSURE * SIDE**4)
        assert round(coefficient, 5) == published


@pytest.mark.parametrize("thickness", [0.2, 2e-2, 2e-3], ids=["thick", "thin", "very thin"])
@pytest.mark.parametrize(("element", "order"), [("quad4", 1.9), ("quad9", 3.4)])
def test_deflections_converge_at_any_thickness(element: str, order: float, thickness: float) -> None:
    exact = series(thickness)[1]
    errors = [abs(float(mean(element, cells)(thickness)) / exact - 1) for cells in (8, 16)]
    assert np.log2(errors[0] / errors[1]) > order
    # Bilinear rotations and their tie to the slope: about three times (pi / 16)^2 / 12 for the first harmonic.
    assert errors[1] < {"quad4": 1e-2, "quad9": 1e-6}[element]


@pytest.mark.parametrize("element", ELEMENTS)
def test_thin_distorted_plates_neither_lock_nor_drown_in_rounding(element: str) -> None:
    thin, *thinner = (float(mean(element, 8, 0.2)(h)) / series(h)[1] for h in (2e-2, 2e-4, 2e-6))
    np.testing.assert_allclose(thin, 1, rtol={"quad4": 5e-2, "quad9": 2e-5}[element])
    np.testing.assert_allclose(thinner, thin, rtol={"quad4": 5e-4, "quad9": 2e-6}[element])


@cache
def square(element: str) -> fem.Space:
    """A space of distorted cells, the same for all who ask, and so with the same programs."""
    return fem.Space(distorted(element, 4), components=3)


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("thickness", [0.1, 1e-4])
def test_constant_bending_is_exact_on_distorted_cells(element: str, thickness: float) -> None:
    space = square(element)
    mesh = space.mesh
    x, y = mesh.points.T
    # No shear strain: r_x = dw/dy, r_y = -dw/dx.
    exact = np.stack([x**2 - 0.7 * y**2 + 0.4 * x * y, -1.4 * y + 0.4 * x, -2 * x - 0.4 * y], 1)
    edge = mesh.facet_points(mesh.boundary)
    K = fem.elements.plate(space, young=1.0, poisson=POISSON, thickness=thickness)
    u = fem.solve(K, np.zeros(space.shape), fem.prescribed(space, edge, exact[edge]))
    # The condition of the matrix grows with (1 / thickness)^2.
    np.testing.assert_allclose(u, exact, atol=1e-12 * max(1.0, (0.01 / thickness) ** 2))


@pytest.mark.parametrize("element", ELEMENTS)
def test_one_free_cell_has_three_rigid_modes_only(element: str) -> None:
    mesh = distorted(element, 1)
    corner = mesh.points.max(axis=1).argmax()
    moved = np.array(mesh.points)
    moved[corner] += 0.2 if element != "quad9" else 0.0
    mesh = fem.Mesh(moved, (fem.CellBlock(element, mesh.blocks[0].nodes[:1]),))
    space = fem.Space(mesh, components=3)
    x, y = moved.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    dense = np.asarray(sp.to_dense(fem.elements.plate(space, young=1.0, poisson=POISSON, thickness=0.1).matrix()))
    for rigid in ((one, zero, zero), (x, zero, -one), (y, one, zero)):
        assert np.abs(dense @ np.stack(rigid, 1).ravel()).max() < 1e-13 * np.abs(dense).max()
    used = np.unique(mesh.blocks[0].nodes)[:, None] * 3 + np.arange(3)
    values = np.linalg.eigvalsh(dense[np.ix_(used.ravel(), used.ravel())])
    assert np.abs(values[:3]).max() < 1e-12 * values[-1]
    assert values[3] > 1e-4 * values[-1]


@pytest.mark.parametrize("moved", [False, True], ids=["congruent", "distorted"])
@pytest.mark.parametrize("element", ELEMENTS)
def test_the_action_is_the_symmetric_matrix(element: str, moved: bool) -> None:
    mesh = fem.rectangle((3, 2), element=element)
    space = fem.Space(mesh, components=3)
    if moved:
        space = space.at(mesh.points + 0.02 * np.random.default_rng(1).uniform(-1, 1, mesh.points.shape))
    h = np.random.default_rng(2).uniform(0.1, 0.2, mesh.cell_count)
    for operator in (
        fem.elements.plate(space, young=2.0, poisson=0.2, thickness=h),
        fem.elements.plate_mass(space, 3.0, thickness=h),
    ):
        u = np.random.default_rng(3).normal(size=space.shape)
        dense, product = (np.asarray(x) for x in dense_and_product(operator, u))
        np.testing.assert_allclose(product.ravel(), dense @ u.ravel(), atol=1e-13 * np.abs(dense).sum(1).max())
        np.testing.assert_allclose(dense, dense.T, atol=1e-14 * np.abs(dense).max())


def test_frequencies_of_a_thin_simply_supported_plate() -> None:
    side, thickness, density = 10.0, 0.05, 8000.0
    mesh = fem.rectangle((12, 12), side, element="quad9")
    space = fem.Space(mesh, components=3)
    K = fem.elements.plate(space, young=2e11, poisson=0.3, thickness=thickness)
    M = fem.elements.plate_mass(space, density, thickness=thickness)
    held = np.concatenate([support.held.dofs for support in simply_supported(mesh, space, side)])
    free = np.setdiff1d(np.arange(space.count), held)
    k, m = (sp.to_scipy(operator.matrix()).tocsc()[free][:, free] for operator in (K, M))
    found = np.sqrt(np.sort(eigsh(k, 6, m, sigma=0, return_eigenvectors=False))) / (2 * np.pi)
    # Kirchhoff: pi / 2 (m^2 + n^2) / L^2 sqrt(D / rho h)
    np.testing.assert_allclose(found, [2.377, 5.942, 5.942, 9.507, 11.884, 11.884], rtol=1e-3)


def test_faults_are_named() -> None:
    space = fem.Space(fem.rectangle((2, 1)), components=3)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*poisson = 0.5 in cell 1"):
        fem.elements.plate(space, young=1.0, poisson=[0.3, 0.5], thickness=0.1)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*-0.1 in cell 0"):
        fem.elements.plate(space, young=1.0, poisson=0.3, thickness=[-0.1, 0.1])
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*0 in cell 1"):
        fem.elements.plate_mass(space, 1.0, thickness=[0.1, 0.0])
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=2 in 2D"):
        fem.elements.plate(fem.Space(fem.rectangle((2, 1)), components=2), young=1.0, poisson=0.3, thickness=0.1)
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cells of tri3"):
        triangles = fem.Space(fem.rectangle((2, 1), element="tri3"), components=3)
        fem.elements.plate_mass(triangles, 1.0, thickness=0.1)
