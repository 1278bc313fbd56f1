"""Linear buckling: Euler's four columns, a plate, the derivative through the prestress."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.errors import ConvergenceError
from tests.conftest import require

jax = require("jax")
jnp = jax.numpy

import fem  # noqa: E402

YOUNG, LENGTH, DEPTH = 12e5, 40.0, 1.0
MESH = fem.rectangle((40, 2), size=(LENGTH, DEPTH), element="quad8")
SPACE = fem.Space(MESH, components=2)
FOOT, HEAD = (MESH.points_on(lambda x, at=at: x[:, 0] == at) for at in (0.0, LENGTH))
EULER = np.pi**2 * YOUNG * DEPTH**3 / 12 / LENGTH**2


def middle(points: Any) -> Any:
    """Those of some points that lie on the axis."""
    return points[np.abs(MESH.points[points, 1] - DEPTH / 2) < 1e-9]


ENDS = {
    "clamped, free": (lambda: [fem.fix(SPACE, FOOT)], 1 / 4),
    "hinged, hinged": (lambda: [fem.fix(SPACE, middle(FOOT)), fem.fix(SPACE, middle(HEAD), 1)], 1.0),
    "clamped, hinged": (lambda: [fem.fix(SPACE, FOOT), fem.fix(SPACE, middle(HEAD), 1)], 2.0457),
    "clamped, clamped": (
        lambda: [fem.fix(SPACE, FOOT), fem.fix(SPACE, HEAD, 1), fem.tie(SPACE, HEAD[1:], HEAD[:1], 0)],
        4.0,
    ),
}


@pytest.mark.parametrize("ends", ENDS)
def test_columns_of_euler(ends: str) -> None:
    """``n^2 pi^2 E I / L^2``, less by Engesser's shear, and by the prestress on strains along the axis: E - s for E."""
    make, part = ENDS[ends]
    pressed = np.zeros((MESH.cell_count, 2, 2))
    pressed[:, 0, 0] = -1.0 / DEPTH
    K = fem.elements.elasticity(SPACE, young=YOUNG, poisson=0.0)
    factors, shapes = fem.buckling(K, fem.elements.geometric(SPACE, pressed), make(), k=2)
    load = part * EULER
    expected = load / (1 + 1.2 * load / (YOUNG / 2 * DEPTH) + load / (YOUNG * DEPTH))
    np.testing.assert_allclose(factors[0], expected, rtol=5e-4)
    assert factors[1] > factors[0]
    np.testing.assert_allclose([float((u * (K @ u)).sum()) for u in shapes], 1.0, rtol=1e-6)


def test_derivative_goes_through_the_prestress_with_one_factorization() -> None:
    """The factor is homogeneous of degree one in Young's modulus; stresses are, of degree zero, only by the adjoint."""
    mesh = fem.rectangle((12, 2), size=(6.0, 1.0))
    space = fem.Space(mesh, components=2)
    foot = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 6), (-1.0, 0.1))
    rng = np.random.default_rng(0)
    start, direction = jnp.asarray(1e3 * (1 + rng.random(24))), jnp.asarray(1e3 * rng.standard_normal(24))

    @jax.jit
    def both(young: Any) -> Any:
        def factor(young: Any) -> Any:
            K = fem.elements.elasticity(space, young=young, poisson=0.3)
            u = fem.solve(K, load, foot)
            G = fem.elements.geometric(space, fem.fields.stress(space, u, young=young, poisson=0.3))
            return fem.buckling(K, G, foot, k=2, count=False).factors[0]

        return jax.value_and_grad(factor)(young)

    sparsead.factor_cache.clear()
    value, gradient = both(start)
    assert sparsead.factor_cache.stats().factorizations == 1
    np.testing.assert_allclose(gradient @ start, value, rtol=1e-10)
    h = 1e-4
    at = [both(start + step * direction)[0] for step in (-2 * h, -h, h, 2 * h)]
    np.testing.assert_allclose(gradient @ direction, (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h), rtol=1e-7)


def prestressed(cells: int, sign: float) -> tuple[Any, Any, Any]:
    """Stiffness and geometric stiffness of a column of some cells, and its foot; few make full matrices."""
    mesh = fem.rectangle((cells, 1), size=(float(cells), 1.0), element="quad8")
    space = fem.Space(mesh, components=2)
    stress = np.zeros((cells, 3, 3))
    stress[:, 0, 0] = sign
    foot = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    return fem.elements.elasticity(space, young=YOUNG, poisson=0.0), fem.elements.geometric(space, stress), foot


@pytest.mark.parametrize("cells", [3, 20])
def test_where_nothing_buckles_is_said_whatever_the_size(cells: int) -> None:
    K, G, foot = prestressed(cells, 1.0)
    with pytest.raises(
        ConvergenceError, match=r"got: +(0 after maxiter=2 restarts\n.* in tension|no motion from which)"
    ):
        fem.buckling(K, G, foot, k=1, maxiter=2)
    with pytest.raises(fem.errors.MaterialError, match=r"got: +a geometric stiffness of zeros"):
        fem.buckling(K, 0.0 * G, foot, k=1)
    with pytest.raises(fem.errors.ConstraintError, match=r"got: +3 rigid motions without resistance"):
        fem.buckling(K, G, k=1)


def test_springs_hold_as_supports_do() -> None:
    """On an elastic ground as stiff as K itself no motion is rigid."""
    K, G, _ = prestressed(3, -1.0)
    ground = fem.elements.mass(K.space, YOUNG)
    assert 0 < float(fem.buckling(K + ground, G, k=1).factors[0]) < np.inf


@pytest.mark.parametrize("element", ["quad4", "quad8"])
def test_a_prestress_in_shear_is_found_symmetric(element: str) -> None:
    """Entries cancel that the diagonal, without a sign, does not measure; shear buckles either way, to f and -f."""
    mesh = fem.rectangle((10, 2), size=(10.0, 2.0), element=element)
    space = fem.Space(mesh, components=2)
    foot = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    K = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    u = fem.solve(K, fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 10), (0.0, 1.0)), foot)
    stress = fem.fields.stress(space, u, young=1.0, poisson=0.3)
    one, other = (fem.buckling(K, fem.elements.geometric(space, sign * stress), foot, k=1) for sign in (1.0, -1.0))
    np.testing.assert_allclose(one.factors, other.factors, rtol=1e-9)


REFUSED = {
    "two load cases": (SPACE, np.zeros((2, 80, 3, 3)), r"got: +shape \(2, 80, 3, 3\), float64"),
    "complex": (SPACE, np.full((80, 2, 2), 1j), r"not real\n.*\n  got: +shape \(80, 2, 2\), complex128"),
    "not symmetric": (SPACE, np.triu(np.ones((80, 2, 2))), r"got: +s\[0, 0, 1\] = 1, and not 0\n"),
    "scalar": (fem.Space(MESH), np.zeros((80, 2, 2)), r"got: +components=1\n"),
    "line": (fem.Space(fem.interval(3)), np.ones((3, 1, 1)), r"got: +a mesh in 1D\n"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_prestress_that_is_none_of_a_solid_is_said(case: str) -> None:
    space, stress, got = REFUSED[case]
    with pytest.raises((fem.errors.MaterialError, fem.errors.SpaceError), match=got):
        fem.elements.geometric(space, stress)


def test_the_prestress_of_a_solid_is_none_of_a_body_of_revolution() -> None:
    K = fem.elements.axisymmetric(SPACE, young=YOUNG, poisson=0.3)
    with pytest.raises(fem.errors.SpaceError, match=r"got: +Operator\(Geometric on 80 cells.*'solid'\n"):
        fem.buckling(K, fem.elements.geometric(SPACE, np.zeros((80, 2, 2))), fem.fix(SPACE, FOOT))
