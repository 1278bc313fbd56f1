"""Compliance of an elastic box: exact identities, derivatives, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402

YOUNG = 2.1e11
FORCE = 5.0e4


@pytest.fixture(scope="module", params=["congruent", "distorted"])
def body(request: pytest.FixtureRequest) -> Any:
    mesh = fem.box((6, 3, 2), size=(2.0, 1.0, 0.8))
    space = fem.Space(mesh, components=3)
    points = np.array(mesh.points)
    if request.param == "distorted":
        points = points + 0.06 * np.random.default_rng(5).uniform(-1, 1, points.shape)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = np.zeros(space.shape)
    load[mesh.points_on(lambda x: x[:, 0] == 2), 2] = -FORCE
    young = YOUNG * np.random.default_rng(6).uniform(0.5, 1.5, mesh.cell_count)

    def compliance(young: Any, points: Any = None, load: Any = load, poisson: Any = 0.3) -> Any:
        where = space if points is None else space.at(points)
        u = fem.solve(fem.elements.elasticity(where, young=young, poisson=poisson), load, held)
        return (u * load).sum()

    return compliance, young, points if request.param == "distorted" else None, load, space


def directional(f: Any, x: Any, direction: Any, step: float) -> Any:
    """Central differences of two steps, extrapolated: of fourth order."""

    def central(h: float) -> Any:
        return (f(x + h * direction) - f(x - h * direction)) / (2 * h)

    return (4 * central(step / 2) - central(step)) / 3


def test_sensitivities_in_the_stiffness_sum_to_minus_the_compliance(body: Any) -> None:
    compliance, young, points, *_ = body
    value, gradient = jax.value_and_grad(compliance)(young, points)
    np.testing.assert_allclose(gradient @ young, -value, rtol=1e-12)


def test_sensitivities_in_the_coordinates_have_the_homogeneity_of_a_solid(body: Any) -> None:
    compliance, young, points, _, space = body
    points = space.mesh.points if points is None else points
    value, gradient = jax.value_and_grad(compliance, 1)(young, points)
    np.testing.assert_allclose((gradient * points).sum(), -value, rtol=1e-10)
    np.testing.assert_allclose(gradient.sum(0), 0, atol=1e-10 * np.abs(gradient).sum())


def test_sensitivity_in_the_load_is_twice_the_displacement(body: Any) -> None:
    compliance, young, points, load, _ = body
    value, gradient = jax.value_and_grad(compliance, 2)(young, points, load)
    np.testing.assert_allclose((gradient * load).sum(), 2 * value, rtol=1e-12)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_derivatives_agree_with_differences_in_si_units(body: Any, mode: str) -> None:
    compliance, young, points, _, space = body
    points = np.asarray(space.mesh.points if points is None else points)
    rng = np.random.default_rng(7)
    d_young, d_points = YOUNG * rng.normal(size=young.shape), rng.normal(size=points.shape)
    for argument, x, direction, step in ((0, young, d_young, 1e-2), (1, points, d_points, 1e-3)):

        def f(x: Any, argument: int = argument) -> Any:
            return compliance(x, points) if argument == 0 else compliance(young, x)

        slope = (jax.grad(f)(x) * direction).sum() if mode == "reverse" else jax.jvp(f, (x,), (direction,))[1]
        np.testing.assert_allclose(slope, directional(f, x, direction, step), rtol=1e-7)


def test_second_derivatives_agree_with_differences_of_the_gradient(body: Any) -> None:
    compliance, young, points, *_ = body
    direction = YOUNG * np.random.default_rng(8).normal(size=young.shape)
    gradient = jax.grad(lambda e: compliance(e, points))
    product = jax.jvp(gradient, (young,), (direction,))[1]
    np.testing.assert_allclose(
        product, directional(gradient, young, direction, 1e-2), rtol=0, atol=1e-6 * abs(product).max()
    )


def test_a_gradient_costs_one_factorization_and_two_solves_at_most(body: Any) -> None:
    compliance, young, points, *_ = body
    sparsead.factor_cache.clear()
    jax.block_until_ready(jax.jit(jax.value_and_grad(compliance))(young, points))
    stats = sparsead.factor_cache.stats()
    assert stats.factorizations == 1
    assert stats.right_hand_sides <= 2


def test_without_compiling_the_store_serves_value_and_gradient_with_one_factorization(body: Any) -> None:
    compliance, young, points, *_ = body
    sparsead.factor_cache.clear()
    for _ in range(2):
        jax.block_until_ready(jax.value_and_grad(compliance)(young, points))
        assert sparsead.factor_cache.stats().factorizations == 1


def test_material_in_every_shape_gives_the_same(body: Any) -> None:
    compliance, _, points, _, space = body
    cells = space.mesh.cell_count
    reference = compliance(YOUNG, points)
    by_cell, by_point = np.full(cells, YOUNG), np.full((cells, 8), YOUNG)
    for young, poisson in ((by_cell, 0.3), (by_point, np.full(cells, 0.3)), (by_cell, np.full((cells, 8), 0.3))):
        np.testing.assert_allclose(compliance(young, points, poisson=poisson), reference, rtol=1e-11)


def test_constant_and_formed_cell_matrices_agree(body: Any) -> None:
    compliance, young, _, _, space = body
    np.testing.assert_allclose(
        jax.grad(compliance)(young), jax.grad(compliance)(young, jnp.asarray(space.mesh.points)), rtol=1e-10
    )


def test_the_matrix_differentiates_as_the_solution_does(body: Any) -> None:
    _, young, points, load, space = body
    where = space if points is None else space.at(points)

    def energy(young: Any, *, by_matrix: bool) -> Any:
        operator = fem.elements.elasticity(where, young=young, poisson=0.3)
        u = load / FORCE
        product = operator.matrix() @ u.reshape(-1) if by_matrix else (operator @ u).reshape(-1)
        return product @ u.reshape(-1)

    one, other = (jax.value_and_grad(lambda e, by=by: energy(e, by_matrix=by))(young) for by in (True, False))
    np.testing.assert_allclose(one[0], other[0], rtol=1e-12)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-12, atol=1e-14 * abs(other[1]).max())


def test_load_cases_in_front_are_solved_with_one_factorization(body: Any) -> None:
    _, young, points, load, space = body
    where = space if points is None else space.at(points)
    held = fem.fix(space, space.mesh.points_on(lambda x: x[:, 0] == 0))
    operator = fem.elements.elasticity(where, young=young, poisson=0.3)
    sparsead.factor_cache.clear()
    both = fem.solve(operator, np.stack([load, -2 * load]), held)
    assert both.shape == (2, *space.shape)
    np.testing.assert_allclose(both[1], -2 * both[0], rtol=1e-11, atol=1e-16)
    assert sparsead.factor_cache.stats().factorizations == 1


def test_reactions_balance_the_load(body: Any) -> None:
    _, young, points, load, space = body
    where = space if points is None else space.at(points)
    held = fem.fix(space, space.mesh.points_on(lambda x: x[:, 0] == 0))
    operator = fem.elements.elasticity(where, young=young, poisson=0.3)
    forces = fem.reactions(operator, fem.solve(operator, load, held), held)
    np.testing.assert_allclose(forces.sum(0), -load.sum(0), atol=1e-9 * FORCE)
