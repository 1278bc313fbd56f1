"""Constraints: solutions agree with Lagrange multipliers; contradictions are named; supports change no pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402

MESH = fem.box((3, 3, 2))


def space_and_operator(young: Any = None) -> tuple[fem.Space, fem.Operator]:
    space = fem.Space(MESH, 3)
    young = np.random.default_rng(0).uniform(1, 2, MESH.cell_count) if young is None else young
    return space, fem.elements.elasticity(space, young=young, poisson=0.3)


def with_multipliers(operator: fem.Operator, load: Any, constraints: fem.Constraints) -> Any:
    """Solve the saddle point system densely: an independent way."""
    stiffness = np.asarray(sp.to_dense(operator.matrix()))
    held, count = constraints.held, len(constraints)
    rows = -held.couplings.toarray()
    rows[np.arange(count), held.dofs] += 1
    g = np.zeros(count) if constraints.values is None else np.asarray(constraints.values)
    saddle = np.block([[stiffness, rows.T], [rows, np.zeros((count, count))]])
    return np.linalg.lstsq(saddle, np.concatenate([load.reshape(-1), g]), rcond=None)[0][: load.size].reshape(
        load.shape
    )


def fixed(space: fem.Space) -> fem.Constraints:
    return fem.fix(space, MESH.points_on(lambda x: x[:, 0] == 0))


def chain(space: fem.Space) -> fem.Constraints:
    s, o = space.dofs([30, 31, 32], 2).reshape(-1), space.dofs([20, 21, 22, 23], 2).reshape(-1)
    others = [[o[0], o[1]], [s[0], o[2]], [o[3], s[1]]]
    coupled = fem.multi_point(space, s, others, [[0.5, 0.25], [2.0, -1.0], [1.0, 0.0]], [0.1, 0.2, 0.3])
    return fixed(space) + coupled


def prescribed(space: fem.Space) -> fem.Constraints:
    return fixed(space) + fem.prescribed(space, MESH.points_on(lambda x: x[:, 0] == 1), 0.1, 1)


def periodic(space: fem.Space) -> fem.Constraints:
    gradient = np.array([[0.1, 0.02, 0.0], [0.0, -0.05, 0.01], [0.03, 0.0, 0.02]])
    return fem.periodic(space, gradient=gradient) + fem.fix(space, [0])


def tied(space: fem.Space) -> fem.Constraints:
    end = MESH.points_on(lambda x: x[:, 0] == 1)
    return fixed(space) + fem.tie(space, end[1:], int(end[0]), [0, 1])


CASES = {"fixed": fixed, "prescribed": prescribed, "periodic": periodic, "tied": tied, "chain": chain}


@pytest.mark.parametrize("name", CASES)
def test_solutions_are_those_of_lagrange_multipliers(name: str) -> None:
    space, operator = space_and_operator()
    constraints = CASES[name](space)
    load = np.random.default_rng(1).normal(size=space.shape)
    if name == "periodic":
        load[:] = 0
    expected = with_multipliers(operator, load, constraints)
    np.testing.assert_allclose(fem.solve(operator, load, constraints), expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["prescribed", "periodic", "chain"])
def test_derivatives_in_prescribed_values_and_material(name: str) -> None:
    space, _ = space_and_operator()
    constraints = CASES[name](space)
    rng = np.random.default_rng(2)
    load = 0.01 * rng.normal(size=space.shape) if name != "periodic" else np.zeros(space.shape)

    def square(young: Any, values: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (fem.solve(operator, load, fem.Constraints(constraints.held, values)) ** 2).sum()

    young, values = rng.uniform(1, 2, MESH.cell_count), np.asarray(constraints.values)
    d_young, d_values = rng.normal(size=young.shape), rng.normal(size=values.shape)

    @jax.jit
    def derivatives(young: Any, values: Any) -> Any:
        """The value, its gradients, and its tangent along the two directions."""
        tangent = jax.jvp(square, (young, values), (d_young, d_values))[1]
        return *jax.value_and_grad(square, (0, 1))(young, values), tangent

    def central(h: float) -> Any:
        plus, minus = (derivatives(young + s * d_young, values + s * d_values)[0] for s in (h, -h))
        return (float(plus) - float(minus)) / (2 * h)

    _, bars, tangent = derivatives(young, values)
    slope = np.asarray(bars[0]) @ d_young + np.asarray(bars[1]) @ d_values
    np.testing.assert_allclose(slope, (4 * central(1e-3) - central(2e-3)) / 3, rtol=1e-8)
    np.testing.assert_allclose(tangent, slope, rtol=1e-11)


def test_a_homogeneous_periodic_cell_deforms_uniformly() -> None:
    space, operator = space_and_operator(young=3.0)
    gradient = np.array([[0.1, 0.02, 0.0], [0.0, -0.05, 0.01], [0.03, 0.0, 0.02]])
    u = fem.solve(operator, np.zeros(space.shape), periodic(space))
    np.testing.assert_allclose(u, MESH.points @ gradient.T, atol=1e-14)


def test_other_prescribed_values_make_no_new_program() -> None:
    space, operator = space_and_operator()
    load = np.zeros(space.shape)
    end = MESH.points_on(lambda x: x[:, 0] == 1)
    fem.solve(operator, load, fixed(space) + fem.prescribed(space, end, 0.1, 1))
    with jax.log_compiles(False), jax.checking_leaks():
        again = fem.solve(operator, load, fixed(space) + fem.prescribed(space, end, 0.2, 1))
    np.testing.assert_allclose(again[end, 1], 0.2)


def test_the_same_thing_said_twice_counts_once() -> None:
    space, _ = space_and_operator()
    assert len(fixed(space) + fixed(space)) == len(fixed(space))


def test_contradictions_are_named() -> None:
    space, _ = space_and_operator()
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*dof 0: 0.0 and 0.5"):
        fixed(space) + fem.prescribed(space, [0], 0.5)


def test_dofs_that_depend_on_each_other_in_a_circle_are_named() -> None:
    space, operator = space_and_operator()
    a, b = space.dofs([30, 31], 0).reshape(-1)
    circle = fixed(space) + fem.multi_point(space, [a, b], [[b], [a]], [[1.0], [0.5]])
    with pytest.raises(fem.errors.ConstraintError, match=f"got: .*dof {a} depends on itself"):
        fem.solve(operator, np.zeros(space.shape), circle)


def test_a_point_without_partner_is_named() -> None:
    points = np.array(MESH.points)
    inner = np.flatnonzero((points[:, 0] == 1) & (points[:, 1] > 0.1) & (points[:, 1] < 0.6))[0]
    points[inner, 1] += 0.1
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*nearest partner"):
        fem.periodic(fem.Space(MESH.with_points(points), 3))


def test_a_dof_that_does_not_exist_is_named() -> None:
    space, _ = space_and_operator()
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*dof 100000"):
        fem.multi_point(space, [100000], [[0]], [[1.0]])
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*component 3"):
        fem.fix(space, [0], 3)
