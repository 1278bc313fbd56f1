"""Stress around a bore: the thick cylinder of Lame, the hole of Kirsch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from fem import fields  # noqa: E402
from tests.fem.problems.shapes import nearest, ring, symmetric  # noqa: E402

YOUNG, POISSON = 2.1e11, 0.3
INNER, OUTER, PRESSURE = 0.1, 0.2, 1.0e8  # [m], [m], [Pa]


def lame(r: Any) -> tuple[Any, Any, Any]:
    """Radial and hoop stress, and radial displacement in plane strain."""
    base = PRESSURE * INNER**2 / (OUTER**2 - INNER**2)
    u = (1 + POISSON) / YOUNG * base * ((1 - 2 * POISSON) * r + OUTER**2 / r)
    return base * (1 - OUTER**2 / r**2), base * (1 + OUTER**2 / r**2), u


def test_thick_cylinder_in_plane_strain() -> None:
    """G. Lame and E. Clapeyron, 1833; S. Timoshenko, J. N. Goodier, "Theory of Elasticity", 3rd ed., section 28."""
    mesh = ring((8, 12), (INNER, INNER), (OUTER, OUTER), "quad8")
    space = fem.Space(mesh, components=2)

    @jax.jit
    def program(pressure: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=YOUNG, poisson=POISSON, plane="strain")
        u = fem.solve(stiffness, fem.pressure(space, "inner", pressure), symmetric(space))
        return u, fields.stress(space, u, young=YOUNG, poisson=POISSON, plane="strain", at="points")

    u, stress = (np.asarray(x) for x in program(PRESSURE))
    r = np.linalg.norm(mesh.points, axis=1)
    np.testing.assert_allclose((u * mesh.points).sum(1) / r, lame(r)[2], rtol=2e-4)
    bore = nearest(mesh, (INNER, 0.0))
    assert float(stress[bore, 1, 1]) == pytest.approx(lame(INNER)[1], rel=0.01)
    middle = nearest(mesh, ((INNER + OUTER) / 2, 0.0))
    radial, hoop, _ = lame((INNER + OUTER) / 2)
    assert float(stress[middle, 0, 0]) == pytest.approx(radial, rel=0.02)
    assert float(stress[middle, 1, 1]) == pytest.approx(hoop, rel=0.003)
    assert float(stress[middle, 2, 2]) == pytest.approx(POISSON * (radial + hoop), rel=0.003)


def test_thick_cylinder_as_a_body_of_revolution() -> None:
    """The same in coordinates (r, z), held between two planes; the force on a ring of the bore is 2 pi r p."""
    mesh = fem.rectangle((16, 2), size=(OUTER - INNER, 0.05), origin=(INNER, 0.0), element="quad8")
    space = fem.Space(mesh, components=2)
    bore = mesh.facets_on(lambda x: x[:, 0] == INNER)
    ends = mesh.points_on(lambda x: (x[:, 1] == 0) | np.isclose(x[:, 1], 0.05))

    @jax.jit
    def displacement(pressure: Any) -> Any:
        stiffness = fem.elements.axisymmetric(space, young=YOUNG, poisson=POISSON)
        return fem.solve(stiffness, fem.pressure(space, bore, pressure), fem.fix(space, ends, 1))

    u = np.asarray(displacement(2 * np.pi * INNER * PRESSURE))
    np.testing.assert_allclose(u[:, 0], lame(mesh.points[:, 0])[2], rtol=1e-5)
    np.testing.assert_allclose(u[:, 1], 0.0, atol=1e-6 * np.abs(u).max())


def kirsch(x: Any) -> Any:
    """Stress (xx, yy, xy) around a hole of radius 1 in a plate under unit tension along x, points (m, 2) to (m, 3)."""
    angle = jnp.arctan2(x[:, 1], x[:, 0])
    q = 1 / (x**2).sum(1)
    two, four = jnp.cos(2 * angle), jnp.cos(4 * angle)
    xx = 1 - q * (1.5 * two + four) + 1.5 * q**2 * four
    yy = -q * (0.5 * two - four) - 1.5 * q**2 * four
    xy = -q * (0.5 * jnp.sin(2 * angle) + jnp.sin(4 * angle)) + 1.5 * q**2 * jnp.sin(4 * angle)
    return jnp.stack([xx, yy, xy], axis=1)


def test_stress_at_a_hole_is_three_times_that_of_the_plate() -> None:
    """E. G. Kirsch, Z. Ver. Dtsch. Ing. 42 (1898) 797; the outer edge, at four radii, has the exact tractions."""
    mesh = ring((16, 24), (1.0, 1.0), (4.0, 4.0), "quad9", grading=6.0)
    space = fem.Space(mesh, components=2)

    def traction(x: Any) -> Any:
        n = x / jnp.linalg.norm(x, axis=1, keepdims=True)
        xx, yy, xy = kirsch(x).T
        return jnp.stack([xx * n[:, 0] + xy * n[:, 1], xy * n[:, 0] + yy * n[:, 1]], axis=1)

    @jax.jit
    def program(points: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=YOUNG, poisson=POISSON)
        u = fem.solve(stiffness, fem.traction(space, "outer", traction, degree=8), symmetric(space))
        return fields.stress(space, u, young=YOUNG, poisson=POISSON, at="points"), kirsch(points)

    stress, exact = (np.asarray(x) for x in program(mesh.points))
    assert float(stress[nearest(mesh, (0.0, 1.0)), 0, 0]) == pytest.approx(3.0, rel=0.004)
    assert float(stress[nearest(mesh, (1.0, 0.0)), 1, 1]) == pytest.approx(-1.0, rel=0.02)
    found = np.stack([stress[:, 0, 0], stress[:, 1, 1], stress[:, 0, 1]], axis=1)
    assert np.abs(found - exact).max() < 0.02
