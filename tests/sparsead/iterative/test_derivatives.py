"""Derivatives of iterative solves: the implicit rule, in every front-end, with one set-up for value and derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy
from sparsead import factor_cache
from sparsead.iterative import cg
from tests.conftest import require
from tests.sparsead.iterative.matrices import loads, membrane

TIGHT = cg(rtol=1e-13)
A = membrane(24)
N = A.shape[0]
TRIPLETS = sparsead.numpy.to_scipy(A).tocoo()
B, W = loads(N), loads(N, seed=1)
DIGITS = 1e-9  # 1e-13 times the condition


def assemble(sp: Any) -> Any:
    return sp.triplets(TRIPLETS.row, TRIPLETS.col, TRIPLETS.shape, positive_definite=True)


def test_pullback_and_tangent_of_numpy_are_those_of_the_direct_solver() -> None:
    sp, d = sparsead.numpy, TRIPLETS.data
    found = {}
    for name, method in (("direct", None), ("cg", TIGHT)):
        solution = lambda d, b, method=method: sp.solve(assemble(sp)(d), b, method=method)  # noqa: E731
        x, pullback = sp.vjp(solution, d, B)
        _, d_x = sp.jvp(solution, (d, B), (np.sin(d), W))
        found[name] = (x, *pullback(W), d_x)
    for one, other in zip(found["direct"], found["cg"], strict=True):
        assert np.allclose(one, other, rtol=0, atol=DIGITS * np.abs(one).max())


def multigrid() -> Any:
    require("pyamg")
    return sparsead.iterative.amg()


def functional(sp: Any, jnp: Any, method: Any) -> Any:
    return lambda d, b: jnp.vdot(W, sp.solve(assemble(sp)(d), b, method=method)) ** 2


@pytest.mark.parametrize("how", ["eager", "jitted"])
def test_gradient_and_product_with_the_hessian_in_jax(how: str) -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    jnp, direction = jax.numpy, np.cos(TRIPLETS.data)
    found = []
    for method in (None, TIGHT):
        gradient = jax.grad(functional(sp, jnp, method))
        second = lambda d, b, gradient=gradient: jax.jvp(lambda d: gradient(d, b), (d,), (direction,))  # noqa: E731
        found.append((jax.jit(second) if how == "jitted" else second)(jnp.asarray(TRIPLETS.data), jnp.asarray(B)))
    for one, other in zip(*found, strict=True):
        assert np.allclose(one, other, rtol=0, atol=10 * DIGITS * np.abs(one).max())


def test_value_and_gradient_share_one_set_up_and_a_batch_of_loads_goes_in_step() -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    many = jax.numpy.asarray(loads(N, 5).T)
    value = jax.vmap(functional(sp, jax.numpy, TIGHT), (None, 0))
    jax.block_until_ready(jax.jit(jax.value_and_grad(lambda d: value(d, many).sum()))(TRIPLETS.data))
    stats = factor_cache.stats()
    assert (stats.setups, stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 0, 2, 10)
    assert stats.operator_applications <= stats.iterations + 8


def test_compliance_and_its_gradient_are_one_solve() -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    method = cg(multigrid())
    jax.value_and_grad(lambda d: jax.numpy.vdot(B, sp.solve(assemble(sp)(d), B, method=method)))(TRIPLETS.data)
    stats = factor_cache.stats()
    assert (stats.setups, stats.solves, stats.remembered) == (1, 1, 1)


def test_adjoint_has_a_tolerance_of_its_own() -> None:
    sp, d = sparsead.numpy, TRIPLETS.data
    iterations = {}
    for adjoint_rtol in (1e-12, 1e-3):
        factor_cache.clear()
        method = cg(rtol=1e-12, adjoint_rtol=adjoint_rtol)
        _, pullback = sp.vjp(lambda b, method=method: sp.solve(assemble(sp)(d), b, method=method), B)
        forward = factor_cache.stats().iterations
        (lam,) = pullback(W)
        iterations[adjoint_rtol] = factor_cache.stats().iterations - forward
        residual = np.linalg.norm(W - A @ lam) / np.linalg.norm(W)
        assert adjoint_rtol / 10 < residual <= adjoint_rtol
        assert factor_cache.stats().setups == 1
    assert iterations[1e-3] < iterations[1e-12] / 2


def test_a_looser_solution_does_not_answer_for_a_tighter_one() -> None:
    sp, d = sparsead.numpy, TRIPLETS.data
    method = cg(multigrid(), rtol=1e-2, adjoint_rtol=1e-10)
    _, pullback = sp.vjp(lambda b: sp.solve(assemble(sp)(d), b, method=method), B)
    (lam,) = pullback(2 * B)
    assert np.linalg.norm(2 * B - A @ lam) <= 1e-10 * np.linalg.norm(2 * B)
    assert factor_cache.stats().remembered == 0
    (again,) = pullback(4 * B)
    assert np.array_equal(again, 2 * lam)
    assert factor_cache.stats().remembered == 1


def test_gradient_in_torch() -> None:
    torch, sp = require("torch"), require("sparsead.torch")
    b = torch.tensor(B, requires_grad=True)
    x = sp.solve(assemble(sp)(torch.tensor(TRIPLETS.data)), b, method=TIGHT)
    (x @ torch.tensor(W)).backward()
    lam = sparsead.numpy.solve(A, W)
    assert np.allclose(b.grad.numpy(), lam, rtol=0, atol=DIGITS * np.abs(lam).max())


def test_error_keeps_its_text_in_a_compiled_program() -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    program = jax.jit(lambda b: sp.solve(assemble(sp)(TRIPLETS.data), b, method=cg(max_iterations=2)))
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"ConvergenceError: cg does not converge\n.*\n  got:"):
        program(B).block_until_ready()


def test_dead_lane_of_a_batch_is_nan_and_the_others_are_solved() -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    values = np.stack([TRIPLETS.data, -TRIPLETS.data, 2 * TRIPLETS.data])
    batch = jax.vmap(lambda d: sp.solve(assemble(sp)(d), B, method=TIGHT, on_singular="nan"))(values)
    assert np.isnan(batch[1]).all()
    assert np.allclose(batch[2], batch[0] / 2, rtol=1e-9, atol=0)


@pytest.mark.parametrize("front_end", ["numpy", "jax"])
def test_norm_of_a_solution_and_its_gradient_in_one_call(front_end: str) -> None:
    sp = require(f"sparsead.{front_end}")
    assembled = assemble(sp)
    given = (lambda d: sp.vjp(assembled, d)) if front_end == "numpy" else assembled
    (value, gradient), (other, exact) = (
        sp.norm_solve_and_grad(given, TRIPLETS.data, B, method=method) for method in (TIGHT, None)
    )
    assert np.isclose(value, other, rtol=DIGITS)
    assert np.allclose(gradient, exact, rtol=0, atol=DIGITS * np.abs(exact).max())
