"""Diffusion, advection, Robin conditions, mass and thermal strain against solutions in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402

CONDUCTIVITY = np.array([[3.0, 0.7], [0.7, 1.5]])


def distorted(element: str) -> fem.Mesh:
    """Unit square or cube of straight-sided cells, the inner corners moved at random."""
    plane = element[:3] in ("tri", "qua")
    straight = {"tri6": "tri3", "quad9": "quad4", "hex27": "hex8", "tet10": "tet4"}.get(element, element)
    mesh = fem.rectangle((3, 4), element=straight) if plane else fem.box((3, 2, 2), element=straight)
    inside = ((mesh.points > 1e-9) & (mesh.points < 1 - 1e-9)).all(axis=1)
    shift = 0.05 * np.random.default_rng(0).uniform(-1, 1, mesh.points.shape)
    mesh = mesh.with_points(mesh.points + shift * inside[:, None])
    return mesh if straight == element else mesh.with_order(2, complete=True)


@pytest.mark.parametrize("element", ["tri3", "quad4", "tet4", "hex8", "wedge6", "tri6", "quad9", "tet10", "hex27"])
def test_polynomials_of_the_order_are_exact_on_distorted_cells(element: str) -> None:
    mesh = distorted(element)
    d = mesh.dimension
    tensor = np.eye(3)[:d, :d] + 0.3 * np.ones((d, d))
    gradient = np.arange(1.0, d + 1)
    quadratic = np.diag(np.arange(1.0, d + 1)) - 0.5 if element in ("tri6", "quad9", "tet10", "hex27") else 0.0 * tensor
    exact = (mesh.points @ gradient + np.einsum("pi,ij,pj->p", mesh.points, quadratic, mesh.points))[:, None]
    space = fem.Space(mesh)
    source = -2 * (tensor * quadratic).sum()
    edge = mesh.facet_points(mesh.boundary)

    @jax.jit
    def solution(source: Any, values: Any) -> Any:
        load = fem.body_load(space, source)
        return fem.solve(fem.elements.diffusion(space, tensor), load, fem.prescribed(space, edge, values))

    u = solution(np.array([source]), exact[edge])
    np.testing.assert_allclose(u, exact, atol=1e-12 * np.abs(exact).max())


@pytest.mark.parametrize("mesh", [fem.rectangle((3, 2), (0.3, 1.0)), fem.interval(3, 0.3)], ids=["plane", "line"])
def test_a_wall_between_two_fluids(mesh: fem.Mesh) -> None:
    """Linear between Robin conditions: q = (T_2 - T_1) / (1 / h_1 + L / k + 1 / h_2)."""
    k, h, outside, length = 0.8, (25.0, 8.0), (20.0, -10.0), 0.3
    space = fem.Space(mesh)

    @jax.jit
    def temperature(h: Any, outside: Any) -> Any:
        operator, load = fem.elements.diffusion(space, k), 0.0
        for coefficient, fluid, side in zip(h, outside, (0.0, length), strict=True):
            facets = mesh.facets_on(lambda x, side=side: np.isclose(x[:, 0], side))
            operator = operator + fem.elements.robin(space, facets, coefficient)
            load = load + fem.traction(space, facets, (coefficient * fluid)[None])
        return fem.solve(operator, load)[:, 0]

    u = temperature(*np.array([h, outside]))
    flux = (outside[0] - outside[1]) / (1 / h[0] + length / k + 1 / h[1])
    np.testing.assert_allclose(u, outside[0] - flux / h[0] - flux / k * mesh.points[:, 0], rtol=1e-12)


def test_transport_along_a_line_converges_with_the_square_of_the_cells() -> None:
    peclet, errors = 5.0, []
    for cells in (16, 32):
        mesh = fem.interval(cells)
        space = fem.Space(mesh)
        supports = [fem.fix(space, [0]), fem.prescribed(space, [cells], 1.0)]

        @jax.jit
        def solution(velocity: Any, space: Any = space, supports: Any = supports) -> Any:
            operator = fem.elements.diffusion(space, 1.0) + fem.elements.advection(space, velocity)
            return fem.solve(operator, np.zeros(space.shape), supports)[:, 0]

        u = solution(np.array([peclet]))
        errors.append(np.abs(u - np.expm1(peclet * mesh.points[:, 0]) / np.expm1(peclet)).max())
    assert 1.9 < np.log2(errors[0] / errors[1]) < 2.1


@pytest.mark.parametrize("element", ["tri6", "quad9", "tet10"])
def test_the_mass_projects_polynomials_onto_themselves(element: str) -> None:
    mesh = distorted(element)
    space = fem.Space(mesh)

    @jax.jit
    def projection(density: Any) -> Any:
        load = fem.body_load(space, lambda x: (x[:, :1] ** 2 - x[:, 1:2]) * density, degree=6)
        return fem.solve(fem.elements.mass(space, density), load)

    u = projection(3.0)
    np.testing.assert_allclose(u[:, 0], mesh.points[:, 0] ** 2 - mesh.points[:, 1], atol=1e-12)


@pytest.mark.parametrize(("plane", "resists"), [(None, 1 - 0.3), ("strain", 1 - 0.6)])
def test_a_heated_sheet_pushes_on_its_supports(plane: Any, resists: float) -> None:
    young, expansion, rise, thickness = 2.1e11, 1.2e-5, 40.0, 0.02
    mesh = distorted("quad4")
    space = fem.Space(mesh, components=2)
    supports = fem.fix(space, mesh.facet_points(mesh.boundary))

    @jax.jit
    def heated(rise: Any) -> Any:
        material: dict[str, Any] = {"young": young, "poisson": 0.3, "plane": plane, "thickness": thickness}
        load = fem.elements.thermal_strain(space, rise, expansion=expansion, **material)
        return load, fem.solve(fem.elements.elasticity(space, **material), load, supports)

    load, u = heated(rise)
    assert np.abs(u).max() < 1e-12
    right = mesh.points_on(lambda x: x[:, 0] == 1)
    pushed = np.asarray(load)[right, 0].sum()
    np.testing.assert_allclose(pushed, young * expansion * rise * thickness / resists, rtol=1e-12)


@pytest.mark.parametrize("element", ["hex8", "wedge6", "tet10"])
def test_a_heated_body_that_may_expand_does_so_everywhere_alike(element: str) -> None:
    mesh = distorted(element)
    space = fem.Space(mesh, components=3)
    held = [fem.fix(space, mesh.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]

    @jax.jit
    def heated(rise: Any) -> Any:
        load = fem.elements.thermal_strain(space, rise, young=2e11, poisson=0.3, expansion=1.2e-5)
        return fem.solve(fem.elements.elasticity(space, young=2e11, poisson=0.3), load, held)

    u = heated(50.0)
    np.testing.assert_allclose(u, 6e-4 * mesh.points, atol=6e-16)


def test_faults_are_named() -> None:
    space = fem.Space(fem.rectangle((2, 1)))
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*-1 in cell 1"):
        fem.elements.diffusion(space, [1.0, -1.0])
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*k\[0, 1\]"):
        fem.elements.diffusion(space, np.array([[1.0, 0.2], [0.3, 1.0]]))
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*shape \(3,\)"):
        fem.elements.advection(space, (1.0, 0.0, 0.0))
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*-2 in facet 0"):
        fem.elements.robin(space, space.mesh.boundary, -2.0)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=1"):
        fem.elements.thermal_strain(space, 1.0, young=1.0, poisson=0.3, expansion=1.0)
