"""Buckling of columns and frames in closed form, and derivatives through the prestress to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = jax.numpy

import fem  # noqa: E402
from tests.fem.elements.structures import difference, lines, straight  # noqa: E402

YOUNG, SHEAR, AREA, INERTIA, LENGTH = 2.1e11, 8.0e10, 2.0e-3, 1.5e-6, 3.0  # [Pa], [Pa], [m^2], [m^4], [m]
SLENDER = {"young": YOUNG, "area": AREA, "inertia": INERTIA}
EULER = np.pi**2 * YOUNG * INERTIA / LENGTH**2
CELLS = 10
COLUMN = fem.Space(straight(CELLS, ([0, 0], [0, LENGTH])), components=3)  # u across, v along, r
ENDS = {  # components held at the foot and at the head, and the share of pi^2 E I / L^2
    "clamped, free": ([0, 1, 2], [], 1 / 4),
    "hinged, hinged": ([0, 1], [0], 1.0),
    "clamped, hinged": ([0, 1, 2], [0], (4.493409457909064 / np.pi) ** 2),
    "clamped, clamped": ([0, 1, 2], [0, 2], 4.0),
}


@pytest.mark.parametrize("ends", ENDS)
def test_columns_of_euler(ends: str) -> None:
    """Timoshenko, Gere, "Theory of Elastic Stability", section 2.1, 2.3: where tan kL = kL, and where others vanish."""
    foot, head, share = ENDS[ends]
    held = [fem.fix(COLUMN, [0], foot)] + ([fem.fix(COLUMN, [CELLS], head)] if head else [])
    K = fem.elements.euler_bernoulli(COLUMN, **SLENDER)
    u = fem.solve(K, np.zeros(COLUMN.shape) - np.eye(CELLS + 1, 3, k=1 - CELLS), held)
    force = fem.elements.beam_forces(K, u)[..., 0]
    np.testing.assert_allclose(force, -1.0, rtol=1e-10)
    factors, shapes = fem.buckling(K, fem.elements.frame_geometric(COLUMN, force), held, k=2)
    np.testing.assert_allclose(factors[0], share * EULER, rtol=6e-4)
    assert factors[0] > share * EULER  # of a conforming method
    np.testing.assert_allclose([float((v * (K @ v)).sum()) for v in shapes], 1.0, rtol=1e-6)


def test_a_column_under_its_weight() -> None:
    """At q L = 7.837 E I / L^2: Timoshenko, Gere, section 2.12. The normal force is linear in each beam."""
    held, weight = fem.fix(COLUMN, [0]), (0.0, -1.0)
    K = fem.elements.euler_bernoulli(COLUMN, **SLENDER)
    u = fem.solve(K, fem.elements.line_load(COLUMN, weight), held)
    force = fem.elements.beam_forces(K, u, line_force=weight)[..., 0]
    np.testing.assert_allclose(force, np.asarray(COLUMN.points)[COLUMN.mesh.blocks[0].nodes, 1] - LENGTH, atol=1e-9)
    factor = fem.buckling(K, fem.elements.frame_geometric(COLUMN, force), held, k=1).factors[0]
    np.testing.assert_allclose(factor * LENGTH, 7.8373 * YOUNG * INERTIA / LENGTH**2, rtol=1e-4)


@pytest.mark.parametrize("gyration", [None, 0.05, 2.0])
def test_a_column_in_space_gives_way_about_its_weak_axis_or_twists(gyration: float | None) -> None:
    """G J / i^2 in torsion, whatever the length, as a cross of thin plates: Timoshenko, Gere, section 5.3."""
    axis = np.array([0.36, 0.48, 0.8])
    space = fem.Space(straight(8, (np.ones(3), np.ones(3) + LENGTH * axis)), components=6)
    torsion = 3e-6
    K = fem.elements.euler_bernoulli(
        space, young=YOUNG, area=AREA, inertia=(3 * INERTIA, INERTIA), shear=SHEAR, torsion=torsion, up=(0, 0, 1)
    )
    G = fem.elements.frame_geometric(space, -1.0, gyration=gyration)
    modes = fem.buckling(K, G, fem.fix(space, [0]), k=2)
    twisting = np.inf if gyration is None else SHEAR * torsion / gyration**2
    expected = [EULER / 4, 3 * EULER / 4] if twisting > EULER else [twisting] * 2
    np.testing.assert_allclose(modes.factors, expected, rtol=1e-4)
    if twisting > EULER:
        weak = np.asarray(modes.shapes)[0, -1, :3]
        np.testing.assert_allclose([weak @ axis, weak[2]], 0.0, atol=1e-9 * np.abs(weak).max())


SIDES = 2.0, 6.0  # height and width of a portal [m]
PORTAL = fem.Space(
    lines([[0, 0], [0, 1], [0, 2], [2, 2], [4, 2], [6, 2], [6, 1], [6, 0]], [(i, i + 1) for i in range(7)]),
    components=3,
)


@pytest.mark.parametrize("clamped", [True, False])
def test_a_portal_sways(clamped: bool) -> None:
    """Feet clamped: kh / tan kh = -6 s, hinged: kh tan kh = 6 s, with s = I_b h / (I_c b).

    The slope of the columns' ends turns the beam, which resists by 6 E I_b / b where both turn alike. Timoshenko, Gere,
    section 2.4. Columns hardly come shorter.
    """
    height, width = SIDES
    beam, pressed = 2.0, np.zeros(PORTAL.shape)
    pressed[[2, 5], 1] = -1.0
    inertia = INERTIA * np.array([1, 1, beam, beam, beam, 1, 1])
    stiff = 6 * beam * height / width
    held = fem.fix(PORTAL, [0, 7], [0, 1, 2] if clamped else [0, 1])
    K = fem.elements.euler_bernoulli(PORTAL, young=YOUNG, area=10 * AREA, inertia=inertia)
    G = fem.elements.frame_geometric(PORTAL, fem.elements.beam_forces(K, fem.solve(K, pressed, held))[..., 0])
    factor, shape = (one[0] for one in fem.buckling(K, G, held, k=1))
    if clamped:
        kh = brentq(lambda x: x * np.cos(x) + stiff * np.sin(x), np.pi / 2, np.pi)
    else:
        kh = brentq(lambda x: x * np.sin(x) - stiff * np.cos(x), 0.0, np.pi / 2)
    np.testing.assert_allclose(factor, kh**2 * YOUNG * INERTIA / height**2, rtol=3e-3)
    np.testing.assert_allclose(shape[2, 0], shape[5, 0], rtol=1e-3)  # it sways


def test_derivatives_go_through_the_prestress_to_second_order() -> None:
    """In sections and loads, with one factorization; of degree -1 in the load, by the adjoint of its solution alone."""
    held = fem.fix(PORTAL, [0, 7])
    load = np.zeros(PORTAL.shape)
    load[[2, 4, 5], :2] = 1e3 * np.array([[2.0, -9.0], [0.0, -5.0], [0.0, -8.0]])
    start = {"inertia": INERTIA * np.linspace(1, 2, 7), "load": load}

    def factor(p: dict[str, Any]) -> Any:
        K = fem.elements.euler_bernoulli(PORTAL, young=YOUNG, area=AREA, inertia=p["inertia"])
        force = fem.elements.beam_forces(K, fem.solve(K, p["load"], held))[..., 0]
        return fem.buckling(K, fem.elements.frame_geometric(PORTAL, force), held, k=3, count=False).factors[0]

    @jax.jit
    def all_of(p: Any, d: Any) -> Any:
        return jax.jvp(jax.value_and_grad(factor), (p,), (d,))

    sparsead.factor_cache.clear()
    still = jax.tree.map(np.zeros_like, start)
    (value, gradient), _ = all_of(start, still)
    assert sparsead.factor_cache.stats().factorizations == 1
    np.testing.assert_allclose((gradient["load"] * load).sum(), -value, rtol=1e-9)
    rng = np.random.default_rng(3)
    for moved, primal in start.items():
        direction = np.abs(primal).mean() * rng.uniform(-0.1, 0.1, primal.shape)

        def along(s: float, moved: str = moved, direction: Any = direction) -> Any:
            (value, gradient), _ = all_of(start | {moved: start[moved] + s * direction}, still)
            return np.concatenate([[value], *(np.ravel(one) for one in gradient.values())])

        _, (slope, turned) = all_of(start, still | {moved: direction})
        expected = difference(along, 0.0, 1.0, 2e-2)
        np.testing.assert_allclose(slope, expected[0], rtol=1e-7, err_msg=moved)
        np.testing.assert_allclose((gradient[moved] * direction).sum(), slope, rtol=1e-9, err_msg=moved)
        found = np.concatenate([np.ravel(one) for one in turned.values()])
        for one, other in zip(np.split(found, [7]), np.split(expected[1:], [7]), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(other).max(), err_msg=moved)
