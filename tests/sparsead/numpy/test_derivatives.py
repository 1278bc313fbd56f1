"""vjp and jvp of every operation against differences of dense NumPy, first and second order."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import DtypeError, NoDerivativeError, ShapeError
from sparsead.rules import Rule
from sparsead.testing import check_rule
from sparsead.testing.differences import complex_step
from tests.sparsead.operations import OPERATIONS, SOLVES, SQUARE, N, Operation, full, rect, square


def as_rule(operation: Operation) -> Rule:
    """The operation as a rule whose derivatives are those of `vjp` and `jvp`."""

    def f(*arrays: Any) -> Any:
        return operation.f(sp, *arrays)

    def vjp(kernels: Any, primals: Any, out: Any, out_bar: Any, wanted: Any) -> Any:
        bars = sp.vjp(f, *primals)[1](out_bar)
        return tuple(bar if want else None for bar, want in zip(bars, wanted, strict=True))

    return Rule(
        operation.name,
        primal=lambda kernels, *arrays: f(*arrays),
        jvp=lambda kernels, primals, out, tangents: sp.jvp(f, primals, tangents)[1],
        vjp=vjp,
        linear=tuple(False for _ in operation.shapes),
    )


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_derivatives_of_operation(operation: Operation, dtype: Any) -> None:
    check_rule(
        as_rule(operation),
        operation.oracle,
        operation.arrays(dtype),
        analytic=operation.analytic,
        batched=False,
        directions=1,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_cotangents_have_the_type_of_their_primals(operation: Operation, dtype: Any) -> None:
    arrays = operation.arrays(dtype)
    out, pullback = sp.vjp(lambda *a: operation.f(sp, *a), *arrays)
    assert [bar.dtype for bar in pullback(np.ones(out.shape, out.dtype))] == [dtype] * len(arrays)


@pytest.mark.parametrize("operation", [o for o in SOLVES if 0 not in o.shapes[1]], ids=lambda o: o.name)
def test_real_matrix_with_complex_load(operation: Operation) -> None:
    values, b = operation.arrays(np.float64)[0], operation.arrays(np.complex128)[1]
    # the imaginary part of the derivative in a real matrix has no place in its cotangent
    check_rule(as_rule(operation), operation.oracle, (values, b), analytic=False, batched=False, directions=1)


@pytest.mark.parametrize("operation", SOLVES[:2], ids=lambda o: o.name)
def test_hessian_vector_product_is_symmetric(operation: Operation) -> None:
    arrays = operation.arrays(np.float64)
    rng = np.random.default_rng(1)
    u, v = (tuple(rng.standard_normal(a.shape) for a in arrays) for _ in "uv")

    def gradient(i: int) -> Any:
        def of_norm(*p: Any) -> Any:
            x = operation.f(sp, *p)
            return (x * x).sum()

        return lambda *p: sp.vjp(of_norm, *p)[1](1.0)[i]

    along_u, along_v = ([sp.jvp(gradient(i), arrays, d)[1] for i in (0, 1)] for d in (u, v))
    u_v = sum(float((a * b).sum()) for a, b in zip(u, along_v, strict=True))
    v_u = sum(float((a * b).sum()) for a, b in zip(v, along_u, strict=True))
    assert u_v == pytest.approx(v_u, rel=1e-12)  # rounding times a condition number below ten


def test_all_orders_cost_one_factorization() -> None:
    values, b = SOLVES[0].arrays(np.float64)
    d_values = np.ones_like(values)

    def slope(f: Any) -> Any:
        return lambda v: sp.jvp(f, (v,), (d_values,))[1]

    (third,) = sp.vjp(slope(slope(lambda v: b @ sp.solve(square(sp, v), b))), values)[1](1.0)
    assert factor_cache.stats().factorizations == 1

    def dense_slope(v: Any) -> Any:
        matrix, direction = full(SQUARE, v, (N, N)), full(SQUARE, d_values, (N, N))
        return -np.linalg.solve(matrix.T, b) @ direction @ np.linalg.solve(matrix, b)

    step = 1e-5
    ahead, behind = (complex_step(dense_slope, [values + side * step * d_values], [d_values]) for side in (1, -1))
    # a central difference of the exact second derivative: its error is of the order of the square of the step
    assert third @ d_values == pytest.approx((ahead - behind) / (2 * step), rel=1e-8)


# -------------------------------------------------------------------------------------------- sparse in, sparse out
def test_cotangent_of_a_matrix_is_a_matrix_on_its_pattern() -> None:
    matrix = rect(sp, np.arange(9.0))
    _, pullback = sp.vjp(lambda a: a @ np.ones(5), matrix)
    (bar,) = pullback(np.ones(6))
    assert bar.pattern is matrix.pattern
    assert np.array_equal(bar.values, np.ones(matrix.stored))


def test_pullback_may_be_called_again() -> None:
    values, b = SOLVES[0].arrays(np.float64)
    _, pullback = sp.vjp(lambda v, r: sp.solve(square(sp, v), r), values, b)
    first, second, again = (pullback(w) for w in (np.ones(5), np.arange(5.0), np.ones(5)))
    assert all(np.array_equal(a, c) for a, c in zip(first, again, strict=True))
    assert not np.array_equal(first[1], second[1])


def test_cotangent_on_a_view_is_read_in_its_order() -> None:
    matrix = rect(sp, np.arange(1.0, 10.0))
    out, pullback = sp.vjp(lambda a: 2.0 * a.T, matrix)
    (bar,) = pullback(out.plain())  # the same matrix, stored the other way round
    assert np.array_equal(sp.to_dense(bar), 4 * sp.to_dense(matrix))


def test_tangent_on_a_view_is_read_in_its_order() -> None:
    matrix = rect(sp, np.arange(1.0, 10.0))
    _, d_out = sp.jvp(sp.to_dense, (matrix.T,), (matrix.T.plain(),))
    assert np.array_equal(d_out, sp.to_dense(matrix.T))


def test_cotangent_of_a_conjugated_view_pairs_with_its_tangent() -> None:
    rng = np.random.default_rng(2)
    matrix, d_matrix, w = (rect(sp, rng.standard_normal(9) + 1j * rng.standard_normal(9)) for _ in range(3))
    w = w.H
    _, d_out = sp.jvp(lambda a: a.H, (matrix,), (d_matrix,))
    _, pullback = sp.vjp(lambda a: a.H, matrix)
    left = (sp.to_dense(w) * sp.to_dense(d_out)).sum().real
    right = (sp.to_dense(pullback(w)[0]) * sp.to_dense(d_matrix)).sum().real
    assert left == pytest.approx(right, rel=1e-13)  # a sum of nine products


@pytest.mark.parametrize("order", ["vjp", "jvp"])
def test_matrix_on_another_pattern_is_no_cotangent_or_tangent(order: str) -> None:
    matrix = sp.coo([0, 0, 1], [0, 1, 1], np.ones(3), (2, 2))
    other = sp.coo([0, 1, 1], [0, 0, 1], np.ones(3), (2, 2))
    with pytest.raises(ShapeError, match=r"got: +one on Pattern\(shape=\(2, 2\), stored=3\)"):
        if order == "jvp":
            sp.jvp(sp.to_dense, (matrix,), (other,))
        else:
            sp.vjp(lambda a: 2.0 * a, matrix)[1](other)


def test_dense_cotangent_of_a_matrix_is_refused() -> None:
    _, pullback = sp.vjp(lambda a: 2.0 * a, sp.eye(2))
    with pytest.raises(NoDerivativeError, match=r"got: +ndarray"):
        pullback(np.eye(2))


@pytest.mark.parametrize("shape", [(4,), (5, 1), ()])
def test_cotangent_of_the_wrong_shape_is_named(shape: tuple[int, ...]) -> None:
    _, pullback = sp.vjp(lambda x: 2.0 * x, np.ones(5))
    with pytest.raises(ShapeError, match="cotangent has the wrong shape"):
        pullback(np.ones(shape))


def test_complex_tangent_of_a_real_array_is_named() -> None:
    with pytest.raises(DtypeError, match=r"got: +type complex128"):
        sp.jvp(lambda x: 2.0 * x, (np.ones(2),), (np.ones(2) * 1j,))


def test_function_that_ignores_its_argument_has_derivative_zero() -> None:
    _, pullback = sp.vjp(lambda x, y: 2.0 * y, np.ones(3), np.ones(2))
    assert np.array_equal(pullback(np.ones(2))[0], np.zeros(3))
    assert np.array_equal(sp.jvp(lambda x: np.ones(2), (np.ones(3),), (np.ones(3),))[1], np.zeros(2))


def test_value_of_a_traced_function_is_plain() -> None:
    value, _ = sp.vjp(lambda a, b: sp.solve(a, b), 2.0 * sp.eye(3), np.ones(3))
    assert type(value) is np.ndarray


@pytest.mark.parametrize("function", [np.exp, np.linalg.norm, lambda x: np.add(x, 1.0, out=np.ones(3)), np.add.reduce])
def test_numpy_functions_without_a_rule_are_refused(function: Any) -> None:
    with pytest.raises(NoDerivativeError, match="a NumPy function applied to Tracer"):
        sp.vjp(function, np.ones(3))


def test_traced_exponent_is_refused() -> None:
    with pytest.raises(NoDerivativeError):
        sp.vjp(lambda x: np.full(3, 2.0) ** x, np.ones(3))


def test_derivatives_leave_nothing_to_the_garbage_collector() -> None:
    """A matrix of a million values must go when its gradient is there, not when Python finds time."""
    values = np.ones(3)
    gc.disable()
    try:
        u, pullback = sp.vjp(lambda v: sp.solve(sp.diags([2.0 * v]), np.ones(3)), values)
        bar = pullback(u)
        sp.jvp(lambda v: sp.diags([v]) @ v, (values,), (values,))
        gone = weakref.ref(values)
        factor_cache.clear()
        del values, u, pullback, bar
        assert gone() is None
    finally:
        gc.enable()
