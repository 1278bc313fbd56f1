"""The last solution answers every multiple of its right-hand side: the compliance costs one solve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.factors import remembered
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


LOADS = np.random.default_rng(1).standard_normal((3, SIDE**2)) * np.array([[1.0], [1e6], [1e-3]])
MIX = np.array([[2.0, 1e-6, 0.5], [0.0, -3e-6, 100.0]])


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MANY_UNKNOWNS", SIDE**2)


@pytest.mark.usefixtures("many")
def test_combinations_of_load_cases_are_answered() -> None:
    x = solve(A, LOADS.T)
    y = solve(A, (MIX @ LOADS).T)
    stats = factor_cache.stats()
    assert (stats.solves, stats.remembered) == (1, 1)
    assert np.allclose(y, x @ MIX.T, rtol=1e-12, atol=1e-12 * np.abs(y).max())
    points = np.eye(SIDE**2)[[100, 7]]  # of which a sample sees nothing
    solve(A, points.T)
    assert np.allclose(sp.to_dense(A) @ solve(A, points[0] - 2 * points[1]), points[0] - 2 * points[1], atol=1e-13)
    assert factor_cache.stats().solves == 2


@pytest.mark.usefixtures("many")
def test_adjoint_of_a_weighted_sum_of_load_cases_takes_no_solve() -> None:
    weights, total = np.array([1.0, 2e-6, 0.5]), np.array([1.0, 1e-6, 3.0]) @ LOADS
    value, pullback = sp.vjp(lambda a: total @ (solve(a, LOADS.T) @ weights), A)
    (found,) = pullback(1.0)
    stats = factor_cache.stats()
    assert (stats.solves, stats.remembered) == (1, 1)
    inverse = np.linalg.inv(sp.to_dense(A))
    adjoint, u = inverse @ total, inverse @ (weights @ LOADS)
    assert value == pytest.approx(total @ u, rel=1e-10)
    expected = -adjoint[A.pattern.indices] * u[A.pattern.cols]
    assert np.linalg.norm(found.values - expected) < 1e-11 * np.linalg.norm(expected)


@pytest.mark.usefixtures("many")
def test_gradient_of_a_schur_complement_takes_the_solves_of_its_value() -> None:
    S, pullback = sp.vjp(lambda a: sp.schur(a, [0, 1, 5], backend="superlu"), grid(SIDE + 1, positive_definite=True))
    pullback(S)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.remembered) == (1, 1, 1)


@pytest.mark.usefixtures("many")
def test_point_loads_elsewhere_are_told_apart() -> None:
    points = np.eye(SIDE**2)
    told = Remembered("N", points[[100, 7]], LOADS[:2])
    assert told.answer("N", points[[30, 7]]) is None
    assert np.allclose(told.answer("N", points[[7]] + points[[100]]), LOADS[0] + LOADS[1], rtol=1e-14)


@pytest.mark.parametrize(
    "spoil", ["one entry", "another load", "small units", "cancelling loads", "cancelling solutions", "tolerance"]
)
@pytest.mark.usefixtures("many")
def test_what_is_no_combination_to_rounding_is_not_answered(spoil: str) -> None:
    loads, solutions = LOADS.copy(), LOADS[::-1].copy()
    b = MIX @ loads
    if spoil == "one entry":
        b[1, 17] *= 1 + 1e-12
    elif spoil == "another load":
        b[0] += 1e-9 * B
    elif spoil == "small units":
        half = loads.shape[1] // 2
        loads[0, half:], loads[1, :half] = 0.0, 0.0  # forces here, moments there
        b = (1e10 * loads[0] + 1e-6 * loads[1] * (1 + 1e-8 * B))[None]
    elif spoil == "cancelling loads":
        loads[1] = 1e-6 * loads[1]
        loads[2] = loads[1] * (1 + 1e-3 * B)
        b = loads[1:2] - loads[2:]
    elif spoil == "cancelling solutions":
        solutions[1] = -1e6 * (2 * solutions[0] + 0.5 * solutions[2]) * (1 + 1e-6 * B)
    told = Remembered("N", loads, solutions, rtol=1e-8 if spoil == "tolerance" else 0.0)
    assert told.answer("N", b) is None
    assert Remembered("N", LOADS, LOADS[::-1]).answer("N", MIX @ LOADS) is not None
