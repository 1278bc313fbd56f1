"""A factorization of an earlier matrix as preconditioner, its renewal by counts, and warm starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, NoDerivativeError, ShapeError
from sparsead.iterative import cg, factorization_of, gmres, jacobi
from tests.conftest import require
from tests.sparsead.iterative.matrices import grid, loads, membrane, relative_residual

SIDE = 20
N = SIDE**2
A0 = membrane(SIDE)
STORED = sp.to_scipy(A0).tocoo()


def changed(amount: float, seed: int = 0) -> Any:
    """Return A0 with its diagonal raised here and there by up to `amount`."""
    more = amount * np.random.default_rng(seed).random(N)
    values = STORED.data + np.where(STORED.row == STORED.col, more[STORED.row], 0)
    return sp.coo(STORED.row, STORED.col, values, (N, N), positive_definite=True)


def solve(matrix: Any, method: Any, seed: int = 0) -> int:
    before = factor_cache.stats().iterations
    b = loads(N, seed=seed)
    x = sp.solve(matrix, b, method=method)
    assert relative_residual(matrix, x, b) <= 1.01e-8
    return factor_cache.stats().iterations - before


# ------------------------------------------------------------------------------------- factorization
def test_its_own_matrix_takes_one_iteration_and_is_never_factorized_again() -> None:
    method = cg(factorization_of(A0, worth=2))
    assert [solve(A0, method, seed) for seed in range(6)] == [1] * 6
    assert factor_cache.stats().factorizations == 1


def test_matrices_like_it_take_a_few_iterations() -> None:
    method = cg(factorization_of(A0))
    counts = [solve(changed(0.01, seed), method) for seed in range(3)]
    assert all(1 < count <= 5 for count in counts)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 3)


def test_the_first_matrix_that_comes_is_factorized_where_none_is_given() -> None:
    method = cg(factorization_of())
    assert solve(changed(5.0), method) == 1
    assert solve(changed(5.1), method) > 1
    assert factor_cache.stats().factorizations == 1


def test_it_is_renewed_when_iterations_beyond_the_first_add_up_to_its_worth() -> None:
    worth = 12
    method = cg(factorization_of(worth=worth))
    beyond = sum(solve(changed(0.05 * step), method) - 1 for step in range(16))
    renewals = factor_cache.stats().factorizations - 1
    assert renewals >= 2
    assert worth * renewals <= beyond + 1  # each was paid for,
    assert beyond < (worth + 1) * (renewals + 1)  # and none came late


def test_it_is_renewed_in_the_middle_of_a_solve_that_takes_too_long() -> None:
    method = cg(factorization_of(A0, worth=5))
    assert solve(changed(1e4), method) <= 6
    assert factor_cache.stats().factorizations == 2
    assert solve(changed(1e4, seed=1), method) <= 6


def test_general_matrices_and_their_adjoints() -> None:
    A = grid(SIDE)
    near = A + 0.1 * sp.diags([np.sin(np.arange(N))])
    b, w = loads(N), loads(N, seed=1)
    x, pullback = sp.vjp(lambda b: sp.solve(near, b, method=gmres(factorization_of(A), rtol=1e-11)), b)
    (b_bar,) = pullback(w)
    assert relative_residual(near, x, b) <= 1.1e-11
    assert relative_residual(near.T, b_bar, w) <= 1.1e-11
    assert factor_cache.stats().factorizations == 1


def test_real_factorization_of_a_complex_matrix() -> None:
    A = grid(SIDE, symmetric=True) * (1 + 0j) + 0.01j * sp.eye(N)
    b = loads(N, is_complex=True)
    assert relative_residual(A, sp.solve(A, b, method=gmres(factorization_of(grid(SIDE)))), b) <= 1.01e-8


def test_methods_with_equal_matrices_are_equal() -> None:
    assert cg(factorization_of(A0)) == cg(factorization_of(membrane(SIDE)))
    assert hash(factorization_of(A0)) == hash(factorization_of(membrane(SIDE)))
    assert factorization_of(A0) != factorization_of(changed(0.1))


def test_design_loop_of_fem_with_one_factorization() -> None:
    jax, fem = require("jax"), require("fem")
    mesh = fem.rectangle((12, 6), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    pull = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (0.0, -1.0))
    method = cg(factorization_of(), rtol=1e-10)

    def compliance(young: Any) -> Any:
        u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3), pull, held, method=method)
        return (u * pull).sum()

    gradient = jax.jit(jax.value_and_grad(compliance))
    young = jax.numpy.ones(72)
    for _ in range(5):
        value, slope = gradient(young)
        young = young - 0.002 * slope / jax.numpy.abs(slope).max()
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 5)
    assert np.isfinite(value)


@pytest.mark.parametrize(
    ("make", "error", "got"),
    [
        (lambda: factorization_of(A0, worth=0), BackendError, "worth=0"),
        (lambda: factorization_of(grid(3).T), BackendError, ".*, a view"),
    ],
)
def test_what_it_cannot_be_of_is_refused(make: Any, error: Any, got: str) -> None:
    with pytest.raises(error, match=f"\n  got:      {got}\n"):
        make()


def test_matrix_of_another_size_or_kind_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"got:      shape \(9, 9\)"):
        solve(A0, cg(factorization_of(membrane(3))))
    with pytest.raises(BackendError, match="got:      values of type complex128"):
        solve(A0, cg(factorization_of(A0 * (1 + 0j))))


def test_traced_matrix_is_refused() -> None:
    jax, spj = require("jax"), require("sparsead.jax")
    assemble = spj.triplets(STORED.row, STORED.col, STORED.shape)
    with pytest.raises(NoDerivativeError, match=r"got:      .* inside jit"):
        jax.jit(lambda d: factorization_of(assemble(d)) and d)(STORED.data)


# ---------------------------------------------------------------------------------------- warm start
def test_warm_start_spares_iterations_where_matrices_change_little() -> None:
    counts = {}
    for warm in (False, True):
        factor_cache.clear()
        method = cg(jacobi(), warm_start=warm)
        counts[warm] = [solve(changed(1e-4 * step), method) for step in range(4)]
    assert counts[True][0] == counts[False][0]
    assert all(there < 0.7 * here for here, there in zip(counts[False][1:], counts[True][1:], strict=True))


def test_warm_start_of_a_value_is_not_spoilt_by_its_adjoint() -> None:
    method = cg(jacobi(), warm_start=True)
    counts = []
    for step in range(3):
        matrix = changed(1e-5 * step)
        counts.append([solve(matrix, method, seed) for seed in (0, 1)])
    assert max(counts[1]) < 0.8 * min(counts[0])
    assert max(counts[2]) < 0.8 * min(counts[0])


def test_warm_start_of_a_multiple_needs_no_iteration() -> None:
    method = cg(jacobi(), warm_start=True)
    b = loads(N)
    x = sp.solve(A0, b, method=method)
    before = factor_cache.stats().iterations
    again = sp.solve(A0, -3 * b, method=method)
    assert factor_cache.stats().iterations == before
    assert np.allclose(again, -3 * x, rtol=0, atol=1e-6 * np.abs(x).max())


def test_warm_start_from_a_useless_solution_is_no_worse_than_a_cold_one() -> None:
    method = cg(jacobi(), warm_start=True)
    cold = solve(A0, cg(jacobi()), seed=1)
    solve(A0, method, seed=0)
    assert solve(A0, method, seed=1) <= cold + 2


def test_without_warm_start_a_solution_depends_on_nothing_before() -> None:
    b = loads(N)
    one = sp.solve(A0, b, method=cg())
    sp.solve(A0, loads(N, seed=1), method=cg())
    assert np.array_equal(sp.solve(A0, b, method=cg()), one)
