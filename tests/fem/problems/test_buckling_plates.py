"""Buckling of plates in closed form, thin and thick, and the derivative through a stress that was solved for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = jax.numpy

import fem  # noqa: E402
from tests.fem.elements.structures import difference  # noqa: E402

YOUNG, POISSON, WIDTH = 2.1e11, 0.3, 0.8  # [Pa], 1, [m]
STRESSES = {  # [Pa]; with hydrostatic stress, modes of (1, 2) and (2, 1) follow
    "along x": [[-1.0, 0.0], [0.0, 0.0]],
    "all around": [[-1.0, 0.0], [0.0, -1.0]],
    "shear": [[0.0, 1.0], [1.0, 0.0]],
}


def supported(space: fem.Space) -> list[Any]:
    """Simple supports on all sides of a rectangle: no deflection, and no rotation along a side."""
    mesh = space.mesh
    long, wide = mesh.points.max(0)
    ends = mesh.points_on(lambda x: (x[:, 0] == 0) | (np.abs(x[:, 0] - long) < 1e-9))
    sides = mesh.points_on(lambda x: (x[:, 1] == 0) | (np.abs(x[:, 1] - wide) < 1e-9))
    return [fem.fix(space, np.union1d(ends, sides), 0), fem.fix(space, ends, 1), fem.fix(space, sides, 2)]


def coefficient(
    stress: Any, thickness: float, cells: tuple[int, int] = (8, 8), element: str = "quad9", correction: float = 5 / 6
) -> float:
    """The factor in ``s = k pi^2 D / (b^2 h)``, k, in a plate as long as it has cells of its width."""
    mesh = fem.rectangle(cells, size=(WIDTH * cells[0] / cells[1], WIDTH), element=element)
    space = fem.Space(mesh, components=3)
    K = fem.elements.plate(space, young=YOUNG, poisson=POISSON, thickness=thickness, correction=correction)
    pressed = np.broadcast_to(np.array(stress), (mesh.cell_count, 2, 2))
    G = fem.elements.plate_geometric(space, pressed, thickness=thickness)
    rigidity = YOUNG * thickness**3 / (12 * (1 - POISSON**2))
    factor = fem.buckling(K, G, supported(space), k=1).factors[0]
    return float(factor * thickness * WIDTH**2 / (np.pi**2 * rigidity))


@pytest.mark.parametrize(("stress", "known"), [("along x", 4.0), ("all around", 2.0), ("shear", 9.325)], ids=str)
def test_a_thin_square_plate(stress: str, known: float) -> None:
    """Bryan's 4 and 2; in shear 9.34 as in Timoshenko, Gere, section 9.7, from above, to 9.325."""
    np.testing.assert_allclose(coefficient(STRESSES[stress], 1e-3), known, rtol=2e-3)


def test_a_long_plate_buckles_in_squares() -> None:
    """Twice as long as wide it has two half waves, and the factor of a square; four nodes come from above."""
    found = coefficient(STRESSES["along x"], 1e-3, (24, 12), "quad4")
    assert 4.0 < found < 4.06


@pytest.mark.parametrize("thickness", [0.04, 0.12])
def test_a_thick_plate_gives_way_in_shear_too(thickness: float) -> None:
    """``1 / s = 1 / s_thin + 1 / s_shear`` of one wave, ``sin sin``, a solution of Mindlin's plate: S = s_shear h."""
    thin = 4 * np.pi**2 * YOUNG * thickness**2 / (12 * (1 - POISSON**2) * WIDTH**2)
    sheared = 5 / 6 * YOUNG / (2 * (1 + POISSON)) * 2  # gradients along x carry half of the work
    expected = 4 / (1 + thin / sheared)
    np.testing.assert_allclose(coefficient(STRESSES["along x"], thickness), expected, rtol=3e-4)


def test_the_stress_may_be_that_of_a_solution() -> None:
    """In thicknesses, to second order; two matrices, sheet and plate, are factorized once each."""
    mesh = fem.rectangle((6, 4), size=(1.2, WIDTH))
    sheet, plate = fem.Space(mesh, components=2), fem.Space(mesh, components=3)
    ends = [mesh.points_on(lambda x, at=at: np.abs(x[:, 0] - at) < 1e-9) for at in (0.0, 1.2)]
    held, simple = fem.fix(sheet, ends[0]), supported(plate)
    pressed = fem.traction(sheet, mesh.facets_on(lambda x: np.abs(x[:, 0] - 1.2) < 1e-9), (-1e3, 2e2))
    material = {"young": YOUNG, "poisson": POISSON}

    def factor(thickness: Any) -> Any:
        u = fem.solve(fem.elements.elasticity(sheet, thickness=thickness, plane="stress", **material), pressed, held)
        stress = fem.fields.stress(sheet, u, plane="stress", **material)
        K = fem.elements.plate(plate, thickness=thickness, **material)
        G = fem.elements.plate_geometric(plate, stress, thickness=thickness)
        return fem.buckling(K, G, simple, k=3, count=False).factors[0]

    @jax.jit
    def all_of(thickness: Any, direction: Any) -> Any:
        return jax.jvp(jax.value_and_grad(factor), (thickness,), (direction,))

    rng = np.random.default_rng(0)
    start, direction = 2e-3 * (1 + rng.random(24)), 2e-4 * rng.standard_normal(24)
    sparsead.factor_cache.clear()
    (value, gradient), (slope, turned) = all_of(start, direction)
    assert sparsead.factor_cache.stats().factorizations == 2
    # of degree 3: forces per width are of degree 0, the bending stiffness is of degree 3 and the shear small
    np.testing.assert_allclose(gradient @ start, 3 * value, rtol=1e-3)

    def along(s: float) -> Any:
        (value, gradient), _ = all_of(start + s * direction, direction)
        return np.concatenate([[value], gradient])

    expected = difference(along, 0.0, 1.0, 2e-2)
    np.testing.assert_allclose([slope, gradient @ direction], expected[0], rtol=1e-7)
    np.testing.assert_allclose(turned, expected[1:], rtol=0, atol=1e-6 * np.abs(turned).max())


SPACE = fem.Space(fem.rectangle((2, 1)), components=3)
REFUSED: dict[str, tuple[fem.Space, Any, Any, str]] = {
    "two load cases": (SPACE, np.zeros((2, 2, 3, 3, 3)), 0.1, r"got: +shape \(2, 2, 3, 3, 3\), float64"),
    "not symmetric": (SPACE, np.triu(np.ones((2, 2, 2))), 0.1, r"got: +s\[0, 0, 1\] = 1, and not 0\n"),
    "no thickness": (SPACE, np.zeros((2, 2, 2)), [0.1, 0.0], r"got: .*0 in cell 1"),
    "a sheet": (fem.Space(SPACE.mesh, components=2), np.zeros((2, 2, 2)), 0.1, r"got: +components=2 in 2D\n"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_stress_of_a_plate_is_said(case: str) -> None:
    space, stress, thickness, got = REFUSED[case]
    with pytest.raises((fem.errors.MaterialError, fem.errors.SpaceError), match=got):
        fem.elements.plate_geometric(space, stress, thickness=thickness)
