"""Plane and thick membranes with published answers: Cook, NAFEMS LE1 and LE10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem import fields  # noqa: E402
from tests.fem.problems.shapes import mapped, nearest, quadrilateral, ring, symmetric  # noqa: E402

COOK = [(0.0, 0.0), (48.0, 44.0), (48.0, 60.0), (0.0, 44.0)]
ELLIPSES = ((2.0, 1.0), (3.25, 2.75))  # [m]


def cook(cells: int, element: str) -> float:
    """Deflection of the middle of the loaded edge, (48, 52)."""
    mesh = quadrilateral((cells, cells), COOK, element)
    space = fem.Space(mesh, components=2)
    end, held = mesh.facets_on(lambda x: np.isclose(x[:, 0], 48.0)), mesh.points_on(lambda x: x[:, 0] == 0)

    @jax.jit
    def displacement(shear: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=1.0, poisson=1 / 3)
        return fem.solve(stiffness, fem.traction(space, end, shear), fem.fix(space, held))

    u = np.asarray(displacement(np.array([0.0, 1 / 16])))
    return float(u[nearest(mesh, (48.0, 52.0)), 1])


@pytest.mark.parametrize(("element", "cells"), [("quad9", 32), ("quad8", 32), ("tri6", 32)])
def test_cooks_membrane(element: str, cells: int) -> None:
    """R. D. Cook, "Improved two-dimensional finite element", J. Struct. Div. ASCE 100 (1974) 1851.

    A clamped, tapered panel under shear of 1, plane stress, E = 1, nu = 1/3. The middle of the loaded edge moves by
    23.967 (quadratic cells, 128 x 128); 23.96 is in common use.
    """
    assert cook(cells, element) == pytest.approx(23.967, abs=0.016)


def test_cooks_membrane_with_linear_cells_is_too_stiff() -> None:
    """Bilinear cells, 8 x 8, with 2 x 2 Gauss points reach 22.07918, by scikit-fem 12 too (3 x 3 points: 22.07794)."""
    quad4 = cook(8, "quad4")
    assert quad4 == pytest.approx(22.07918, abs=1e-5)
    assert cook(8, "tri3") < quad4 < 23.967


@pytest.mark.parametrize("element", ["quad8", "quad9", "tri6"])
def test_nafems_le1(element: str) -> None:
    """NAFEMS, "The Standard NAFEMS Benchmarks", TNSB rev. 3, 1990, LE1: sigma_yy = 92.7 MPa at D = (2, 0).

    A membrane between two ellipses, 0.1 m thick, pulled at its outer edge by 10 MPa; E = 210 GPa, nu = 0.3.
    """
    mesh = ring((16, 32), *ELLIPSES, element, grading=8.0)
    space = fem.Space(mesh, components=2)

    @jax.jit
    def stress_under(pressure: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=210e9, poisson=0.3, thickness=0.1)
        u = fem.solve(stiffness, 0.1 * fem.pressure(space, "outer", pressure), symmetric(space))
        return fields.stress(space, u, young=210e9, poisson=0.3, at="points")

    stress = np.asarray(stress_under(-10e6))
    assert float(stress[nearest(mesh, (2.0, 0.0)), 1, 1]) == pytest.approx(92.7e6, rel=0.002)


def test_nafems_le10() -> None:
    """NAFEMS, "The Standard NAFEMS Benchmarks", TNSB rev. 3, 1990, LE10: sigma_yy = -5.38 MPa at D = (2, 0, 0.6).

    A plate of 0.6 m between the ellipses of LE1, pressed on its upper face by 1 MPa. Its outer face is held in x and
    y, and in z along its middle; the planes x = 0 and y = 0 are planes of symmetry.
    """
    box = fem.box((6, 8, 4), size=(1.0, 1.0, 0.6), element="hex20").with_sets(
        points={
            "on x": lambda x: x[:, 1] == 0,
            "on y": lambda x: x[:, 1] == 1,
            "outer": lambda x: x[:, 0] == 1,
            "rim": lambda x: (x[:, 0] == 1) & np.isclose(x[:, 2], 0.3),
        },
        facets={"top": lambda x: np.isclose(x[:, 2], 0.6)},
    )
    (a, b), (c, d) = ELLIPSES

    def place(s: np.ndarray, t: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
        angle = np.pi / 2 * t
        return ((1 - s) * a + s * c) * np.cos(angle), ((1 - s) * b + s * d) * np.sin(angle), z

    mesh = mapped(box, place)
    space = fem.Space(mesh, components=3)
    supports = symmetric(space) + fem.fix(space, "outer", [0, 1]) + fem.fix(space, "rim", 2)

    @jax.jit
    def stress_under(pressure: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=210e9, poisson=0.3)
        u = fem.solve(stiffness, fem.pressure(space, "top", pressure), supports)
        return fields.stress(space, u, young=210e9, poisson=0.3, at="points")

    stress = np.asarray(stress_under(1e6))
    assert float(stress[nearest(mesh, (2.0, 0.0, 0.6)), 1, 1]) == pytest.approx(-5.38e6, rel=0.02)
