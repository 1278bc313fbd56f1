"""The norm of a solution and its gradient in one call: values, conventions, counts, and the norm zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import NonFiniteError, ShapeError, SingularMatrixError
from tests.sparsead.programs import N, T, arrays, grid
from tests.sparsead.programs import _matrix as matrix

BACKENDS = (None, "dense", "superlu")


def assemble(v: Any) -> Any:
    return sp.vjp(lambda w: matrix(sp, w), v)


def norm(v: Any, b: Any) -> float:
    return float(np.linalg.norm(np.linalg.solve(sp.to_dense(matrix(sp, v)), b)))


def slopes(f: Any, x: Any) -> Any:
    """Return the derivative of a real function by central differences, in JAX's convention for complex numbers."""
    h = 1e-6
    found = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(*x.shape):
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            step = np.zeros_like(x)
            step[i] = h * unit
            found[i] += (f(x + step) - f(x - step)) / (2 * h) / unit
    return found


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("columns", [None, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_value_and_gradients_are_right(dtype: Any, columns: int | None, backend: str | None) -> None:
    values, b = arrays(dtype, columns=columns)
    value, (in_x, in_b) = sp.norm_solve_and_grad(assemble, values, b, grad_b=True, backend=backend)
    assert value == pytest.approx(norm(values, b), rel=1e-13)  # rounding
    assert in_x.shape == (T,) and in_b.shape == b.shape
    # the truncation of central differences and their rounding, 1e-16 / 1e-6
    assert np.allclose(in_x, slopes(lambda v: norm(v, b), values), rtol=1e-7, atol=1e-9)
    assert np.allclose(in_b, slopes(lambda c: norm(values, c), b), rtol=1e-7, atol=1e-9)


def test_only_the_gradient_asked_for_is_returned() -> None:
    values, b = arrays(np.float64)
    value, in_x = sp.norm_solve_and_grad(assemble, values, b)
    assert isinstance(value, float)
    assert np.array_equal(in_x, sp.norm_solve_and_grad(assemble, values, b, grad_b=True)[1][0])


def test_it_costs_one_factorization_and_two_solves() -> None:
    rows, cols, values = grid(24)
    load = np.arange(576.0)
    sp.norm_solve_and_grad(lambda v: sp.vjp(lambda w: sp.coo(rows, cols, w, (576, 576)), v), values, load, grad_b=True)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 2, 2)


def test_pullback_of_ones_own_gets_the_cotangent_of_the_matrix() -> None:
    values, b = arrays(np.float64)
    given = []

    def own(x: float) -> Any:
        a = matrix(sp, x * values)
        slope = matrix(sp, values)  # d A / d x on the same pattern
        return a, lambda bar: given.append(bar) or float(np.vdot(slope.values, bar.values))

    value, in_x = sp.norm_solve_and_grad(own, 2.0, b)
    assert value == pytest.approx(norm(2 * values, b), rel=1e-13)  # rounding
    assert in_x == pytest.approx(-value / 2, rel=1e-12)  # the norm is inversely proportional to x
    assert given[0].pattern is matrix(sp, values).pattern


@pytest.mark.parametrize("columns", [None, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_solution_zero_has_the_subgradient_zero(dtype: Any, columns: int | None) -> None:
    values, b = arrays(dtype, columns=columns)
    value, bars = sp.norm_solve_and_grad(assemble, values, 0 * b, grad_b=True)
    assert value == 0
    assert all(np.array_equal(bar, np.zeros_like(bar)) for bar in bars)


def test_column_that_is_zero_beside_others_is_harmless() -> None:
    values, b = arrays(np.float64, columns=2)
    b[:, 0] = 0
    value, (in_x, in_b) = sp.norm_solve_and_grad(assemble, values, b, grad_b=True)
    alone, (alone_x, alone_b) = sp.norm_solve_and_grad(assemble, values, b[:, 1], grad_b=True)
    assert value == pytest.approx(alone, rel=1e-14)  # a few roundings
    assert np.allclose(in_x, alone_x, rtol=1e-13, atol=0) and np.allclose(in_b[:, 1], alone_b, rtol=1e-13, atol=0)
    assert np.array_equal(in_b[:, 0], np.zeros(N))


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e160, 1e200])
def test_extreme_loads_neither_overflow_nor_vanish(scale: float) -> None:
    values, b = arrays(np.float64)
    value, (in_x, in_b) = sp.norm_solve_and_grad(assemble, values, scale * b, grad_b=True)
    usual, (usual_x, usual_b) = sp.norm_solve_and_grad(assemble, values, b, grad_b=True)
    assert value / scale == pytest.approx(usual, rel=1e-13)  # rounding
    assert np.allclose(in_x / scale, usual_x, rtol=1e-12, atol=0) and np.allclose(in_b, usual_b, rtol=1e-12, atol=0)


@pytest.mark.parametrize("returned", [3.0, (1, 2), (None, print), (sp.eye(2), 3), (sp.eye(2), print, 1)], ids=str)
def test_assembly_that_returns_something_else_is_named(returned: Any) -> None:
    with pytest.raises(ShapeError, match=r"(?s)expected: \(SparseArray, callable\).*got: .*fix: "):
        sp.norm_solve_and_grad(lambda x: returned, np.ones(2), np.ones(2))


def test_errors_of_the_solve_pass_through() -> None:
    values, b = arrays(np.float64)
    with pytest.raises(NonFiniteError, match=r"got: +b\[2\] = nan"):
        sp.norm_solve_and_grad(assemble, values, np.where(np.arange(N) == 2, np.nan, b))
    with pytest.raises(SingularMatrixError, match=r"got: "):
        sp.norm_solve_and_grad(assemble, 0 * values, b)
