"""Compliance of an elastic box: exact identities, derivatives, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402

YOUNG = 2.1e11
FORCE = 5.0e4
MESH = fem.box((6, 3, 2), size=(2.0, 1.0, 0.8))
SPACE = fem.Space(MESH, components=3)
HELD = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
LOAD = np.where((MESH.points[:, :1] == 2) & (np.arange(3) == 2), -FORCE, 0.0)
MODULI = YOUNG * np.random.default_rng(6).uniform(0.5, 1.5, MESH.cell_count)
PLACES = {
    "congruent": None,
    "distorted": MESH.points + 0.06 * np.random.default_rng(5).uniform(-1, 1, MESH.points.shape),
}


@pytest.fixture(params=PLACES)
def points(request: pytest.FixtureRequest) -> Any:
    """Where the points are moved to: nowhere, so that all cells have one matrix, or apart."""
    return PLACES[request.param]


def stiffness(young: Any, points: Any, poisson: Any = 0.3) -> fem.Operator:
    where = SPACE if points is None else SPACE.at(points)
    return fem.elements.elasticity(where, young=young, poisson=poisson)


def compliance(young: Any, points: Any, load: Any = LOAD, poisson: Any = 0.3) -> Any:
    return (fem.solve(stiffness(young, points, poisson), load, HELD) * load).sum()


# Programs that the tests share, with values for every argument; those of points that stay know that they do.
STAYING = jax.jit(jax.value_and_grad(compliance, (0, 2)))
MOVING = jax.jit(jax.value_and_grad(compliance, (0, 1, 2)))


def slopes(young: Any, points: Any, load: Any = LOAD) -> tuple[Any, Any, Any, Any]:
    """Compliance and its gradients in moduli, points and load; None for points that stay."""
    if points is not None:
        value, gradients = MOVING(young, points, load)
        return value, *gradients
    value, (by_young, by_load) = STAYING(young, None, load)
    return value, by_young, None, by_load


@jax.jit
def tangent(arguments: Any, directions: Any) -> Any:
    return jax.jvp(lambda a: compliance(*a), (arguments,), (directions,))[1]


@jax.jit
def hessian_product(young: Any, points: Any, direction: Any) -> Any:
    return jax.jvp(lambda e: jax.grad(compliance)(e, points), (young,), (direction,))[1]


def directional(f: Any, x: Any, direction: Any, step: float) -> Any:
    """Central differences of two steps, extrapolated: of fourth order."""

    def central(h: float) -> Any:
        return (np.asarray(f(x + h * direction)) - np.asarray(f(x - h * direction))) / (2 * h)

    return (4 * central(step / 2) - central(step)) / 3


def test_sensitivities_in_the_stiffness_sum_to_minus_the_compliance(points: Any) -> None:
    value, by_young, *_ = slopes(MODULI, points)
    np.testing.assert_allclose(by_young @ MODULI, -value, rtol=1e-12)


def test_sensitivities_in_the_coordinates_have_the_homogeneity_of_a_solid(points: Any) -> None:
    points = MESH.points if points is None else points
    value, _, by_points, _ = slopes(MODULI, points)
    np.testing.assert_allclose((by_points * points).sum(), -value, rtol=1e-10)
    np.testing.assert_allclose(by_points.sum(0), 0, atol=1e-10 * np.abs(by_points).sum())


def test_sensitivity_in_the_load_is_twice_the_displacement(points: Any) -> None:
    value, _, _, by_load = slopes(MODULI, points)
    np.testing.assert_allclose((by_load * LOAD).sum(), 2 * value, rtol=1e-12)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_derivatives_agree_with_differences_in_si_units(points: Any, mode: str) -> None:
    rng = np.random.default_rng(7)
    d_young, d_points = YOUNG * rng.normal(size=MODULI.shape), rng.normal(size=MESH.points.shape)
    where = MESH.points if points is None else points
    still = None if points is None else np.zeros_like(points)
    for argument, start, direction, step in (
        (0, (MODULI, points), (d_young, still), 1e-2),
        (1, (MODULI, where), (np.zeros_like(MODULI), d_points), 1e-3),
    ):

        def f(x: Any, argument: int = argument, start: Any = start) -> Any:
            return slopes(x, start[1])[0] if argument == 0 else slopes(start[0], x)[0]

        d = direction[argument]
        slope = (slopes(*start)[1 + argument] * d).sum() if mode == "reverse" else tangent(start, direction)
        np.testing.assert_allclose(slope, directional(f, start[argument], d, step), rtol=1e-7)


def test_second_derivatives_agree_with_differences_of_the_gradient(points: Any) -> None:
    direction = YOUNG * np.random.default_rng(8).normal(size=MODULI.shape)
    product = hessian_product(MODULI, points, direction)
    expected = directional(lambda e: slopes(e, points)[1], MODULI, direction, 1e-2)
    np.testing.assert_allclose(product, expected, rtol=0, atol=1e-6 * abs(product).max())


def test_gradients_cost_one_factorization_and_two_solves_at_most(points: Any) -> None:
    """Of all arguments together, and so each by itself."""
    sparsead.factor_cache.clear()
    jax.block_until_ready(slopes(MODULI, points))
    stats = sparsead.factor_cache.stats()
    assert stats.factorizations == 1
    assert stats.right_hand_sides <= 2


def test_without_compiling_the_store_serves_value_and_gradient_with_one_factorization(points: Any) -> None:
    sparsead.factor_cache.clear()
    for _ in range(2):
        jax.block_until_ready(jax.value_and_grad(compliance)(MODULI, points))
        assert sparsead.factor_cache.stats().factorizations == 1


def test_material_in_every_shape_gives_the_same(points: Any) -> None:
    cell, point = np.ones(MESH.cell_count), np.ones((MESH.cell_count, 8))
    shapes = ((YOUNG, 0.3), (YOUNG * cell, 0.3), (YOUNG * point, 0.3 * cell), (YOUNG * cell, 0.3 * point))
    values = jax.jit(lambda shapes, points: [compliance(young, points, LOAD, poisson) for young, poisson in shapes])
    reference, *others = values(shapes, points)
    np.testing.assert_allclose(others, reference, rtol=1e-11)


def test_constant_and_formed_cell_matrices_agree() -> None:
    np.testing.assert_allclose(slopes(MODULI, None)[1], slopes(MODULI, MESH.points)[1], rtol=1e-10)


def test_the_matrix_differentiates_as_the_solution_does(points: Any) -> None:
    def energy(young: Any, points: Any, by_matrix: bool) -> Any:
        operator, u = stiffness(young, points), LOAD / FORCE
        product = operator.matrix() @ u.reshape(-1) if by_matrix else (operator @ u).reshape(-1)
        return product @ u.reshape(-1)

    both = jax.jit(lambda *a: [jax.value_and_grad(energy)(*a, by_matrix) for by_matrix in (True, False)])
    one, other = both(MODULI, points)
    np.testing.assert_allclose(one[0], other[0], rtol=1e-12)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-12, atol=1e-14 * abs(other[1]).max())


@jax.jit
def solved(young: Any, points: Any, loads: Any) -> Any:
    """Displacements of load cases, and reactions of the first."""
    operator = stiffness(young, points)
    u = fem.solve(operator, loads, HELD)
    return u, fem.reactions(operator, u[0], HELD)


def test_load_cases_in_front_are_solved_with_one_factorization(points: Any) -> None:
    sparsead.factor_cache.clear()
    both, _ = solved(MODULI, points, np.stack([LOAD, -2 * LOAD]))
    assert both.shape == (2, *SPACE.shape)
    np.testing.assert_allclose(both[1], -2 * both[0], rtol=1e-11, atol=1e-16)
    assert sparsead.factor_cache.stats().factorizations == 1


def test_reactions_balance_the_load(points: Any) -> None:
    _, forces = solved(MODULI, points, np.stack([LOAD, -2 * LOAD]))
    np.testing.assert_allclose(forces.sum(0), -LOAD.sum(0), atol=1e-9 * FORCE)
