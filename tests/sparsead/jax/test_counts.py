"""Exact numbers of factorizations, solves and right-hand sides of compiled and eager JAX programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from sparsead import factor_cache
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")

SIDE = 24  # n = 576: beyond 512 unknowns the last solution is remembered
N = SIDE**2


def places(side: int = SIDE) -> Any:
    line = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    eye = scipy.sparse.eye_array(side)
    return scipy.sparse.coo_array(scipy.sparse.kron(line, eye) + scipy.sparse.kron(eye, line))


GRID = places()
B = jnp.asarray(np.random.default_rng(0).standard_normal(N))
D = jnp.asarray(GRID.data)
DEFINITE = sp.triplets(GRID.row, GRID.col, GRID.shape, positive_definite=True)
GENERAL = sp.triplets(GRID.row, GRID.col, GRID.shape)
COMPLIANCES = {
    "b.u": lambda c: c,
    "0.5 b.u": lambda c: 0.5 * c,
    "b.u / c0": lambda c: c / 3.7,
    "log b.u": jnp.log,
}
WRAP = {"eager": lambda f: f, "jitted": jax.jit}


def counted(compute: Any) -> tuple[int, int, int]:
    jax.block_until_ready(compute())
    stats = factor_cache.stats()
    return stats.factorizations, stats.solves, stats.right_hand_sides


def norm(d: Any, b: Any = B) -> Any:
    return jnp.linalg.norm(sp.solve(GENERAL(d), b))


def along(d: Any) -> Any:
    return jax.jvp(norm, (d,), (D**2,))[1]


@pytest.mark.parametrize("how", WRAP)
@pytest.mark.parametrize("name", COMPLIANCES)
def test_compliance_and_gradient_are_one_factorization_and_one_solve(name: str, how: str) -> None:
    def compliance(d: Any) -> Any:
        return COMPLIANCES[name](B @ sp.solve(DEFINITE(d), B))

    assert counted(lambda: WRAP[how](jax.value_and_grad(compliance))(D)) == (1, 1, 1)


@pytest.mark.parametrize("how", WRAP)
@pytest.mark.parametrize(
    ("name", "program", "expected"),
    [
        ("value", lambda: norm, (1, 1, 1)),
        ("value and gradient", lambda: jax.value_and_grad(norm), (1, 2, 2)),
        ("jvp", lambda: lambda d: jax.jvp(norm, (d,), (d + 1,)), (1, 2, 2)),
        ("hvp", lambda: lambda d: jax.jvp(jax.grad(norm), (d,), (d + 1,)), (1, 4, 4)),
        ("third order", lambda: lambda d: jax.jvp(jax.grad(along), (d,), (d + 1,)), (1, 8, 8)),
    ],
)
def test_derivatives_cost_solves_only(name: str, program: Any, expected: tuple[int, int, int], how: str) -> None:
    assert counted(lambda: WRAP[how](program())(D)) == expected


@pytest.mark.parametrize("how", WRAP)
def test_batch_of_loads_is_one_solve_of_many(how: str) -> None:
    loads = jnp.stack([B + i for i in range(8)])
    program = jax.vmap(lambda b: sp.solve(GENERAL(D), b))
    assert counted(lambda: WRAP[how](program)(loads)) == (1, 1, 8)


@pytest.mark.parametrize("how", WRAP)
def test_gradient_of_a_batch_of_loads_is_one_factorization(how: str) -> None:
    loads = jnp.stack([B + i for i in range(8)])

    def total(d: Any) -> Any:
        return jax.vmap(lambda b: norm(d, b))(loads).sum()

    assert counted(lambda: WRAP[how](jax.grad(total))(D)) == (1, 2, 16)


def test_batch_of_matrices_is_one_factorization_each() -> None:
    several = jnp.stack([D * (1 + 0.1 * i) for i in range(4)])
    assert counted(lambda: jax.jit(jax.vmap(jax.grad(norm)))(several)) == (4, 8, 8)


@pytest.mark.parametrize("how", WRAP)
def test_remat_does_not_solve_again(how: str) -> None:
    assert counted(lambda: WRAP[how](jax.grad(jax.checkpoint(norm)))(D)) == (1, 2, 2)


def test_scan_over_matrices_factorizes_each_once() -> None:
    def march(d: Any) -> Any:
        return jax.lax.scan(lambda u, c: (sp.solve(GENERAL(c * d), u), None), B, jnp.arange(1.0, 6.0))[0].sum()

    assert counted(lambda: jax.jit(jax.grad(march))(D)) == (5, 10, 10)


def test_scan_over_time_with_one_matrix_factorizes_once() -> None:
    def march(d: Any) -> Any:
        return jax.lax.scan(lambda u, _: (sp.solve(GENERAL(d), u), None), B, None, length=10)[0].sum()

    assert counted(lambda: jax.jit(jax.grad(march))(D)) == (1, 20, 20)


@pytest.mark.parametrize("how", WRAP)
@pytest.mark.parametrize(
    ("load", "solves"), [(B + 1j * B[::-1], 4), (B * (1 - 2j), 3)], ids=["any load", "multiple of a real load"]
)
def test_transposes_share_the_factorization(load: Any, solves: int, how: str) -> None:
    """Where the load is a multiple of its conjugate, A.T and A.H need the same solve: the second is remembered."""
    values = D * (1 + 0.5j)

    def all_views(d: Any) -> Any:
        a = GENERAL(d)
        return [sp.solve(view, load) for view in (a, a.T, a.H, a.conj())]

    assert counted(lambda: WRAP[how](all_views)(values)) == (1, solves, solves)


def test_trans_shares_the_factorization() -> None:
    a = GENERAL(D * (1 + 0.5j))
    assert counted(lambda: [sp.solve(a, B + 0j, trans=trans) for trans in "NTH"])[0] == 1


def test_real_matrix_with_complex_load_is_factorized_as_real() -> None:
    assert counted(lambda: [sp.solve(GENERAL(D), B), sp.solve(GENERAL(D), B * 1j)]) == (1, 2, 3)


def test_norm_and_its_gradient_in_one_call_are_one_factorization_and_two_solves() -> None:
    assert counted(lambda: sp.norm_solve_and_grad(GENERAL, D, B, grad_b=True)) == (1, 2, 2)


@pytest.mark.parametrize("how", WRAP)
def test_new_values_on_the_same_pattern_need_no_new_analysis(how: str) -> None:
    compiled = WRAP[how](jax.grad(norm))
    for factor in (1.0, 2.0, 3.0):
        jax.block_until_ready(compiled(D * factor))
    stats = factor_cache.stats()
    assert stats.factorizations == 3
    assert stats.analyses <= 1
