"""The last solution answers every multiple of its right-hand side: the compliance costs one solve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.factors.remembered import Remembered
from tests.sparsead.factors.matrices import grid

SIDE = 24  # n = 576 is beyond the 512 unknowns from which solutions are remembered
A = grid(SIDE, positive_definite=True)
B = np.random.default_rng(0).standard_normal(SIDE**2)
VALUES: dict[str, Callable[[Any], Any]] = {
    "b.u": lambda c: c,
    "0.5 b.u": lambda c: 0.5 * c,
    "b.u / c0": lambda c: c / 3.7,
    "(b.u)^2": lambda c: c * c,
}


def solve(matrix: Any, b: Any) -> Any:
    return sp.solve(matrix, b, backend="superlu")


@pytest.mark.parametrize("name", VALUES)
def test_compliance_and_its_gradient_cost_one_solve(name: str) -> None:
    value, pullback = sp.vjp(lambda a: VALUES[name](B @ solve(a, B)), A)
    (found,) = pullback(1.0)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.remembered) == (1, 1, 1)
    u = np.linalg.solve(sp.to_dense(A), B)
    slope = float(VALUES[name](B @ u + 1e-30j).imag / 1e-30) if name != "(b.u)^2" else 2 * float(B @ u)
    expected = -slope * u[A.pattern.indices] * u[A.pattern.cols]
    # rounding times a condition number of about 2e2
    assert np.linalg.norm(found.values - expected) < 1e-11 * np.linalg.norm(expected)
    assert value == pytest.approx(VALUES[name](B @ u), rel=1e-11)


def test_other_load_is_solved() -> None:
    solve(A, B)
    other = B.copy()
    other[5] *= 1 + 1e-10
    solve(A, other)
    assert factor_cache.stats().solves == 2


def test_unsymmetric_adjoint_is_solved() -> None:
    matrix = grid(SIDE)
    _, pullback = sp.vjp(lambda a: B @ solve(a, B), matrix)
    pullback(1.0)
    assert factor_cache.stats().solves == 2


def test_several_loads_may_have_several_factors() -> None:
    loads = np.stack([B, np.arange(len(B)) + 1.0], 1)
    x = solve(A, loads)
    y = solve(A, loads * [2.0, -0.1])
    assert factor_cache.stats().solves == 1
    assert np.allclose(y, x * [2.0, -0.1], rtol=1e-14, atol=0)  # one rounding each


def test_small_matrices_are_solved_again() -> None:
    small = grid(10, positive_definite=True)
    for factor in (1.0, 2.0):
        solve(small, factor * np.ones(100))
    assert factor_cache.stats().solves == 2


def test_complex_multiple_is_answered() -> None:
    x = solve(A * (1 + 0j), B + 0j)
    y = solve(A * (1 + 0j), B * 1j)
    assert factor_cache.stats().solves == 1
    assert np.allclose(y, 1j * x, rtol=1e-14, atol=0)  # one rounding each


@pytest.mark.parametrize(
    "b",
    [np.zeros((1, 3)), np.array([[1.0, 2.0, 3.1]]), np.ones((2, 3)), np.ones((1, 3), np.complex128)],
    ids=["zero after nonzero is answered by zero", "no multiple", "more loads", "another type"],
)
def test_what_is_no_multiple_is_not_answered(b: Any) -> None:
    remembered = Remembered("N", np.array([[1.0, 2.0, 3.0]]), np.array([[4.0, 5.0, 6.0]]))
    answer = remembered.answer("N", b)
    if not b.any():
        assert np.array_equal(answer, np.zeros((1, 3)))
    else:
        assert answer is None


def test_other_operation_is_not_answered() -> None:
    remembered = Remembered("N", np.array([[1.0, 2.0]]), np.array([[4.0, 5.0]]))
    assert remembered.answer("T", np.array([[1.0, 2.0]])) is None


def test_zero_load_answers_nothing() -> None:
    remembered = Remembered("N", np.zeros((1, 2)), np.zeros((1, 2)))
    assert remembered.answer("N", np.array([[1.0, 2.0]])) is None
