"""Iterative methods in a march: the states and derivatives of factorizations, by one set-up, with their own errors."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from sparsead import factor_cache
from sparsead.errors import BackendError, ConvergenceError, ShapeError
from sparsead.iterative import cg, gmres, ilu, jacobi
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
march = require("sparsead.transient").march

N = 24
LINE, NEXT = np.arange(N), np.arange(N - 1)
MASS = sp.diags([jnp.linspace(0.5, 0.8, N)]).declare(symmetric=True, positive_definite=True)
K0 = jnp.linspace(2e5, 3e5, N)
START = 1e-3 * jnp.sin(0.3 * jnp.arange(N))
TIMES = [0.0, 4e-3, 1e-2]


def chain(k: Any, wind: float, **declared: bool) -> Any:
    """A rod of cells; `wind` carries what it conducts along, which makes it no symmetric matrix."""
    main, side = k + jnp.concatenate([k[1:], jnp.ones(1)]), k[1:]
    return sp.diags([main, -(1 + wind) * side, -(1 - wind) * side], [0, -1, 1], (N, N), **declared)


def shaken(k: Any, **options: Any) -> Any:
    stiffness = chain(k, 0.0, symmetric=True, positive_definite=True)
    return march(
        START, TIMES, mass=MASS, stiffness=stiffness, damping=1e-5 * stiffness, v0=START, h=1e-3, **options
    ).u  # fmt: skip


def carried(k: Any, **options: Any) -> Any:
    return march(START, TIMES, mass=1e3 * MASS, stiffness=chain(k, 0.9), h=1e-3, method="tr_bdf2", **options)


@cache
def derivatives(run: Any, solver: Any = None) -> Any:
    """States, tangents, cotangents, and what the store counted."""

    @jax.jit
    def evaluated(k: Any) -> Any:
        out, along = jax.linearize(lambda k: run(k, solver=solver), k)
        bar = jnp.cos(jnp.arange(out.size).reshape(out.shape))
        return out, along(k * jnp.sin(jnp.arange(N))), jax.linear_transpose(along, k)(bar)[0]

    factor_cache.clear()
    return jax.block_until_ready(evaluated(K0)), factor_cache.stats()


@pytest.mark.parametrize(
    ("run", "solver"), [(shaken, cg(rtol=1e-13)), (carried, gmres(ilu(), rtol=1e-13))], ids=["symmetric", "general"]
)
def test_states_tangents_and_adjoints_are_those_of_factorizations(run: Any, solver: Any) -> None:
    (direct, factorized), (iterated, stats) = derivatives(run), derivatives(run, solver)
    for one, other in zip(direct, iterated, strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=1e-10 * np.abs(one).max())
    assert stats.setups == factorized.factorizations <= 2  # of the steps, and of the mass for the first acceleration
    assert stats.iterations >= stats.solves == factorized.solves


def test_adjoints_have_a_tolerance_of_their_own() -> None:
    exact, loose = (derivatives(shaken, cg(rtol=1e-13, adjoint_rtol=rtol))[0] for rtol in (1e-13, 1e-3))
    sizes = [np.abs(one - other).max() / np.abs(one).max() for one, other in zip(exact, loose, strict=True)]
    assert sizes[0] == sizes[1] == 0 and 1e-6 < sizes[2] < 1e-1


def test_auto_factorizes_what_is_small() -> None:
    shaken(K0, solver="auto")
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (2, 0)


def test_steps_that_do_not_converge_are_an_error() -> None:
    with pytest.raises(ConvergenceError, match=r"got:      .* \|b\| after 2 iterations"):
        carried(K0, solver=gmres(jacobi(), rtol=1e-12, max_iterations=2))


def test_a_solver_is_one_method_and_no_formula_in_time() -> None:
    with pytest.raises(BackendError, match="got:      solver='cg'"):
        shaken(K0, solver="cg")
    with pytest.raises(BackendError, match=r"got:      solver=cg\(.*, backend='superlu'"):
        shaken(K0, solver=cg(), backend="superlu")
    with pytest.raises(ShapeError, match=r"got:      method=cg\((.|\n)*solver=cg\("):
        shaken(K0, method=cg())
