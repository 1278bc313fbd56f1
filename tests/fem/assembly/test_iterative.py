"""Iterative methods in fem.solve: the rigid motions come from the space, derivatives are those of the direct solver."""

from __future__ import annotations

import numpy as np
import pytest

from sparsead import factor_cache, iterative
from sparsead.errors import ConvergenceError
from tests.conftest import require

jax = require("jax")
fem = require("fem")
require("pyamg")
RigidMotions = require("fem.assembly.near_null").RigidMotions
jnp = jax.numpy

MESH = fem.box((8, 4, 4), size=(2.0, 1.0, 1.0))
SPACE = fem.Space(MESH, components=3)
HELD = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
PULL = fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (0.3, 0.0, -1.0))
YOUNG = 2.1e11 * np.linspace(1.0, 2.0, 128)
TIGHT = iterative.cg(iterative.amg(), rtol=1e-12)


def stiffness(young: object, space: object = SPACE) -> object:
    return fem.elements.elasticity(space, young=young, poisson=0.3)


def norm_squared(young: object, points: object, method: object) -> object:
    u = fem.solve(stiffness(young, SPACE.at(points)), PULL, HELD, method=method)
    return (u[:, 2] ** 2).sum() * 1e20


@pytest.mark.parametrize("how", ["eager", "jitted"])
def test_gradients_in_material_and_shape_are_those_of_the_direct_solver(how: str) -> None:
    found = []
    for method in (None, TIGHT):
        gradient = jax.value_and_grad(lambda y, p, m=method: norm_squared(y, p, m), argnums=(0, 1))
        value, bars = (jax.jit(gradient) if how == "jitted" else gradient)(jnp.asarray(YOUNG), jnp.asarray(MESH.points))
        found.append((value, *bars))
    for one, other in zip(*found, strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-8 * np.abs(one).max())  # 1e-12 times the condition
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 1)


def test_rigid_motions_of_the_space_spare_iterations() -> None:
    mesh = fem.box((20, 4, 4), size=(5.0, 1.0, 1.0))
    space = fem.Space(mesh, components=3)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    pull = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 5), (0.0, 0.0, -1.0))
    translations = np.tile(np.eye(3), (len(mesh.points), 1))
    translations[held.held.dofs] = 0
    counted = []
    for preconditioner in (iterative.amg(), iterative.amg(translations)):
        factor_cache.clear()
        fem.solve(stiffness(1.0, space), pull, held, method=iterative.cg(preconditioner))
        counted.append(factor_cache.stats().iterations)
    assert counted[0] < counted[1] / 1.5 and counted[0] <= 25


def test_rigid_motions_are_zero_where_dofs_are_held_and_meet_no_resistance_elsewhere() -> None:
    columns = RigidMotions(SPACE.topology, HELD.held).vectors()
    assert columns.shape == (SPACE.count, 6)
    assert not columns[HELD.held.dofs].any()
    free = RigidMotions(SPACE.topology, fem.fix(SPACE, [0]).held).vectors()
    forces = stiffness(1.0) @ free.T.reshape(6, *SPACE.shape)
    away = MESH.points_on(lambda x: x[:, 0] > 1)
    assert np.abs(forces[:, away]).max() < 1e-12


def test_load_cases_go_in_step_and_supports_of_any_kind_are_met() -> None:
    cases = jnp.stack([PULL, jnp.roll(PULL, 1, axis=1), 0 * PULL])
    roller = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 1] == 0), 1)
    pushed = fem.prescribed(SPACE, MESH.points_on(lambda x: x[:, 0] == 2), 0.01, components=0)
    supports = [HELD, roller, pushed]
    one, other = (fem.solve(stiffness(1.0), cases, supports, method=method) for method in (None, TIGHT))
    assert np.allclose(one, other, rtol=0, atol=1e-9 * np.abs(one).max())
    assert factor_cache.stats().operator_applications <= factor_cache.stats().iterations + 4


def test_structure_that_can_move_is_said_to_though_the_load_is_in_balance() -> None:
    balanced = jnp.asarray(PULL) * 0
    balanced = balanced.at[0, 0].set(1.0).at[1, 0].set(-1.0)
    sliding = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0), [1, 2])
    with pytest.raises(fem.errors.ConstraintError, match="no support stops: translation along x"):
        fem.solve(stiffness(1.0), balanced, sliding, method=iterative.cg(iterative.amg()))


def test_iterations_that_find_no_balance_are_told_the_support_that_is_missing() -> None:
    sliding = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0), [1, 2])
    with pytest.raises(fem.errors.ConstraintError, match="no support stops: translation along x"):
        fem.solve(stiffness(1.0), PULL, sliding, method=iterative.cg(iterative.jacobi(3)))


def test_no_convergence_is_an_error_with_the_history() -> None:
    with pytest.raises(ConvergenceError, match=r"got:      .* \|b\| after 3 iterations") as caught:
        fem.solve(stiffness(1.0), PULL, HELD, method=iterative.cg(iterative.amg(), max_iterations=3))
    assert len(caught.value.residuals) == 3


def test_diffusion() -> None:
    space = fem.Space(MESH)
    held = fem.fix(space, MESH.points_on(lambda x: x[:, 0] == 0))
    heat = fem.body_load(space, [1.0])
    K = fem.elements.diffusion(space, 2.0)
    one, other = (fem.solve(K, heat, held, method=method) for method in (None, TIGHT))
    assert np.allclose(one, other, rtol=0, atol=1e-9 * np.abs(one).max())


@pytest.mark.parametrize("what", ["plate", "periodic cell"])
def test_motions_of_plates_and_of_periodic_cells(what: str) -> None:
    mesh = fem.rectangle((12, 12))
    space = fem.Space(mesh, components=3 if what == "plate" else 2)
    edge = mesh.points_on(lambda x: x[:, 0] == 0)
    load = np.zeros(space.shape)
    if what == "plate":
        operator, supports = fem.elements.plate(space, young=1.0, poisson=0.3, thickness=0.05), fem.fix(space, edge)
        load[:, 0] = 1.0
    else:
        young = np.where(np.arange(144) % 5 < 2, 1.0, 20.0)
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        supports = fem.periodic(space, gradient=np.array([[0.01, 0.0], [0.0, 0.0]])) + fem.fix(space, [0])
    method = iterative.cg(iterative.amg(), rtol=1e-10)  # a thin plate leaves 5e-12 to rounding
    one, other = (fem.solve(operator, load, supports, method=chosen) for chosen in (None, method))
    assert np.allclose(one, other, rtol=0, atol=1e-7 * np.abs(one).max())
    assert factor_cache.stats().iterations < 60


def test_newtons_method_and_its_gradient_by_iterations() -> None:
    mesh = fem.box((6, 3, 3), size=(2.0, 1.0, 1.0))
    space = fem.Space(mesh, components=3)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    pull = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (0.02, 0.0, -0.005))

    def lift(young: object, method: object) -> object:
        body = fem.elements.neo_hookean(space, young=young, poisson=0.3)
        return fem.solve_nonlinear(body, pull, held, method=method)[:, 2].sum()

    found = [jax.value_and_grad(lift)(jnp.ones(54), method) for method in (None, TIGHT)]
    for one, other in zip(*found, strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-8 * np.abs(one).max())
    stats = factor_cache.stats()
    assert stats.setups == stats.factorizations + 1 > 3  # once more for the derivative
