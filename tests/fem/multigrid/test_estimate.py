"""Estimates of what tolerances leave in value and gradient of a structure, against the direct solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax, sp = require("jax"), require("sparsead.jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from sparsead.errors import NoDerivativeError  # noqa: E402
from sparsead.iterative import cg  # noqa: E402

LOWEST, HIGHEST = 0.3, 3.0  # of an estimate over the true error: the target
CONTRAST = 1e-9

MESH = fem.rectangle((64, 32), size=(2.0, 1.0))
SPACE = fem.Space(MESH, components=2)
X, Y = MESH.centers.T
YOUNG = jnp.asarray(CONTRAST + (np.cos(9 * X) * np.cos(7 * Y) > -0.3) ** 3.0)  # holes with sharp edges
HELD = fem.fix(SPACE, MESH.points_on(lambda p: p[:, 0] == 0))
LOAD = fem.traction(SPACE, MESH.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))
CORNER = np.zeros(SPACE.shape)
CORNER[np.argmax(MESH.points.sum(1)), 0] = 1.0

WEIGHTS = {name: tuple(row) for name, row in zip(("compliance", "displacement", "p-norm"), np.eye(3), strict=True)}


def functional(method: Any, young: Any, weights: Any, load: Any = LOAD, supports: Any = HELD) -> Any:
    """A compliance, a displacement and a p-norm of displacements in one program."""
    u = fem.solve(fem.elements.elasticity(SPACE, young=young, poisson=0.3), load, supports, method=method)
    largest = ((u**2).sum(-1) ** 4).sum() ** (1 / 8)
    return weights[0] * (LOAD * u).sum() + weights[1] * (CORNER * u).sum() + weights[2] * largest


EXACT = jax.jit(jax.value_and_grad(lambda *args: functional(None, *args)))
METHODS = {rtol: fem.multigrid(rtol=rtol) for rtol in (1e-4, 1e-6)}
ESTIMATED = {
    rtol: sp.value_and_grad_with_error(lambda *args, method=method: functional(method, *args))
    for rtol, method in METHODS.items()
}


def within(ratio: Any) -> bool:
    return bool(LOWEST < ratio < HIGHEST)


def norm(x: Any) -> float:
    return float(jnp.linalg.norm(x))


@pytest.mark.parametrize("rtol", METHODS)
@pytest.mark.parametrize("name", WEIGHTS)
def test_errors_are_those_that_tolerances_leave(name: str, rtol: float) -> None:
    value, gradient = EXACT(YOUNG, WEIGHTS[name])
    found = ESTIMATED[rtol](YOUNG, WEIGHTS[name])
    assert within(norm(found.gradient_error) / norm(gradient - found.gradient))
    if name == "compliance":  # the error is of second order, and here below rounding
        assert abs(found.value_error) < rtol**2 * value
        assert abs(value - found.value) < 1e-12 * value
    else:
        assert within(found.value_error / (value - found.value))
        assert abs(value - found.corrected) < 0.01 * abs(value - found.value)


def test_costs_a_few_iterations_and_no_set_up() -> None:
    plain = jax.jit(jax.value_and_grad(lambda *args: functional(METHODS[1e-6], *args)))
    counts = []
    for function in (plain, ESTIMATED[1e-6]):
        sparsead.factor_cache.clear()
        jax.block_until_ready(function(YOUNG, WEIGHTS["displacement"]))
        counts.append(sparsead.factor_cache.stats())
    assert [stats.setups for stats in counts] == [1, 1]
    assert counts[1].iterations < 1.5 * counts[0].iterations


def test_adjoint_has_a_tolerance_of_its_own() -> None:
    method = fem.multigrid(rtol=1e-6, adjoint_rtol=1e-3)
    loose = sp.value_and_grad_with_error(lambda *args: functional(method, *args))
    iterations = []
    for estimated in (ESTIMATED[1e-6], loose):
        sparsead.factor_cache.clear()
        found = estimated(YOUNG, WEIGHTS["displacement"])
        iterations.append(sparsead.factor_cache.stats().iterations)
    assert iterations[1] < iterations[0]
    gradient = EXACT(YOUNG, WEIGHTS["displacement"])[1]
    assert within(norm(found.gradient_error) / norm(gradient - found.gradient))


def test_newtons_method_is_refused() -> None:
    """Iterations leave Newton's method no error of theirs, but that of the last step."""
    body = lambda young: fem.elements.neo_hookean(SPACE, young=young, poisson=0.3)  # noqa: E731
    run = lambda young: fem.solve_nonlinear(body(young), LOAD, HELD, method=cg()).sum()  # noqa: E731
    with pytest.raises(NoDerivativeError, match=r"got:      one in something .* as march and fem.solve_nonlinear do"):
        sparsead.jax.value_and_grad_with_error(run)(jnp.ones(MESH.cell_count))


def test_load_cases_and_prescribed_motion_by_algebraic_multigrid() -> None:
    require("pyamg")
    method = sparsead.iterative.cg(sparsead.iterative.amg(), rtol=1e-5)
    loads = jnp.stack([LOAD, jnp.flip(LOAD, 1)])
    right = MESH.points_on(lambda p: (p[:, 0] == 2) & (p[:, 1] == 0))

    def of(method: Any, young: Any, loads: Any) -> Any:
        supports = [HELD, fem.prescribed(SPACE, right, 0.1 * young.mean(), components=0)]
        return functional(method, young, WEIGHTS["p-norm"], loads, supports)

    value, gradients = jax.jit(jax.value_and_grad(lambda *args: of(None, *args), (0, 1)))(YOUNG, loads)
    found = sp.value_and_grad_with_error(lambda *args: of(method, *args), (0, 1))(YOUNG, loads)
    assert within(found.value_error / (value - found.value))
    for exact, gradient, error in zip(gradients, found.gradient, found.gradient_error, strict=True):
        assert within(norm(error) / norm(exact - gradient))


def test_designs_in_a_batch() -> None:
    method = sparsead.iterative.cg(rtol=1e-5)

    def of(method: Any, young: Any) -> Any:
        designs = jnp.stack([young + 0.1, jnp.flip(young) + 0.2])
        return jax.vmap(lambda e: functional(method, e, WEIGHTS["displacement"]))(designs).sum()

    value, gradient = jax.jit(jax.value_and_grad(lambda e: of(None, e)))(YOUNG)
    found = sp.value_and_grad_with_error(lambda e: of(method, e))(YOUNG)
    assert within(found.value_error / (value - found.value))
    assert within(norm(found.gradient_error) / norm(gradient - found.gradient))


@pytest.mark.parametrize("adjoint", [0.0, 1, "1e-4"])
def test_impossible_tolerance_of_adjoints_is_refused(adjoint: Any) -> None:
    with pytest.raises(fem.errors.SpaceError, match="got:      adjoint_rtol="):
        fem.multigrid(adjoint_rtol=adjoint)
