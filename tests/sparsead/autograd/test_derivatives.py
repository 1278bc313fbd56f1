"""Derivatives through autograd: right to second order, and one factorization for each matrix."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as reference
from tests.conftest import require
from tests.sparsead.programs import (
    COLS,
    PROGRAMS,
    ROWS,
    SYMMETRIC_COLS,
    SYMMETRIC_ROWS,
    SYMMETRIC_SOURCE,
    N,
    arrays,
    drawn,
    grid,
    symmetric_values,
)

autograd = require("autograd")
anp = autograd.numpy
check_grads = importlib.import_module("autograd.test_util").check_grads
sp = importlib.import_module("sparsead.autograd")

assemble = sp.triplets(ROWS, COLS, (N, N))


def cost(values: Any, b: Any) -> Any:
    """Return a real number of a solution; neither linear nor quadratic."""
    x = sp.solve(assemble(values), b)
    return anp.sum(anp.sin(anp.real(x)) ** 2) + anp.sum(anp.imag(x) ** 2)


def counts() -> tuple[int, int]:
    stats = sparsead.factor_cache.stats()
    return stats.factorizations, stats.right_hand_sides


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("program", PROGRAMS)
def test_value_and_pullback_agree_with_numpy_front_end(program: str, dtype: Any) -> None:
    run, primals = PROGRAMS[program], arrays(dtype)
    expected, expected_pullback = reference.vjp(lambda v, b: run(reference, v, b), *primals)
    pullback, out = autograd.make_vjp(lambda v, b: run(sp, v, b), argnum=(0, 1))(*primals)
    np.testing.assert_allclose(out, expected, rtol=1e-12)
    out_bar = drawn(np.random.default_rng(5), np.shape(out), dtype)
    for bar, expected_bar in zip(pullback(out_bar), expected_pullback(out_bar), strict=True):
        assert bar.dtype == dtype
        np.testing.assert_allclose(bar, expected_bar, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("program", PROGRAMS)
def test_tangent_agrees_with_numpy_front_end(program: str, dtype: Any) -> None:
    run, (values, b) = PROGRAMS[program], arrays(dtype)
    rng = np.random.default_rng(6)
    d_values = drawn(rng, values.shape, dtype)
    _, expected = reference.jvp(lambda v: run(reference, v, b), (values,), (d_values,))
    _, tangent = autograd.make_jvp(lambda v: run(sp, v, b))(values)(d_values)
    np.testing.assert_allclose(tangent, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("columns", [None, 3])
@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_solve_to_second_order(trans: str, columns: int | None) -> None:
    values, b = arrays(np.float64, columns=columns)

    def f(v: Any, load: Any) -> Any:
        return anp.sum(anp.sin(sp.solve(assemble(v), load, trans=trans)))

    check_grads(f, modes=["fwd", "rev"], order=2)(values, b)


@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_complex_solve_to_second_order_in_real_parameters(trans: str) -> None:
    values, b = arrays(np.complex128)

    def f(scale: Any, shift: Any) -> Any:
        x = sp.solve(assemble(values * scale + 1j * shift), b * scale[0], trans=trans)
        return anp.sum(anp.real(x) ** 2 + anp.imag(x))

    check_grads(f, modes=["fwd", "rev"], order=2)(np.linspace(0.8, 1.2, len(values)), 0.3)


def test_real_matrix_with_complex_loads() -> None:
    values, b = arrays(np.float64)
    imaginary = arrays(np.float64, seed=3)[1]

    def f(v: Any, re: Any, im: Any) -> Any:
        x = sp.solve(assemble(v), re + 1j * im)
        return anp.sum(anp.real(x) ** 3 + anp.imag(x) ** 2)

    check_grads(f, modes=["fwd", "rev"], order=2)(values, b, imaginary)
    sparsead.factor_cache.clear()
    gradient = autograd.grad(f)(values, b, imaginary)
    assert gradient.dtype == np.float64
    assert sparsead.factor_cache.stats().factorizations == 1


@pytest.mark.parametrize(
    ("declared", "shift"), [({"symmetric": True}, 7.0), ({"positive_definite": True}, 9.0), ({"hermitian": True}, 7.0)]
)
def test_declared_structures_to_second_order(declared: dict[str, bool], shift: float) -> None:
    lower = symmetric_values(np.float64, shift=shift)
    structured = sp.triplets(SYMMETRIC_ROWS, SYMMETRIC_COLS, (N, N), **declared)

    def f(v: Any, b: Any) -> Any:
        return anp.sum(anp.sin(sp.solve(structured(v[SYMMETRIC_SOURCE]), b)))

    check_grads(f, modes=["fwd", "rev"], order=2)(lower, np.linspace(1, 2, N))


def test_gradient_in_jaxs_convention_for_complex_numbers() -> None:
    # L = |x|^2 with x = b / a:  a_bar = dL/dRe a - i dL/dIm a
    a, b = np.array([2.0 - 1.0j]), np.array([3.0 + 4.0j])

    def f(v: Any) -> Any:
        x = sp.solve(sp.diags([v]), b)
        return anp.sum(anp.real(x) ** 2 + anp.imag(x) ** 2)

    np.testing.assert_allclose(autograd.grad(f)(a), -2 * np.abs(b) ** 2 / np.abs(a) ** 2 / a)


def test_value_and_gradient_cost_one_factorization_and_two_solves() -> None:
    autograd.value_and_grad(cost, argnum=(0, 1))(*arrays(np.float64))
    assert counts() == (1, 2)


def test_hessian_vector_product_costs_one_factorization_and_four_solves() -> None:
    values, b = arrays(np.float64)
    autograd.make_hvp(lambda v: cost(v, b))(values)[0](values)
    assert counts() == (1, 4)


def test_hessian_costs_one_factorization() -> None:
    values, b = arrays(np.float64)
    found = autograd.hessian(lambda v: cost(v, b))(values)
    assert sparsead.factor_cache.stats().factorizations == 1
    np.testing.assert_allclose(found, found.T, atol=1e-14)


def test_third_derivative_costs_one_factorization() -> None:
    values, b = arrays(np.float64)

    def along(t: Any) -> Any:
        return cost(values * (1 + t), b)

    third = autograd.grad(autograd.grad(autograd.grad(along)))(0.0)
    assert sparsead.factor_cache.stats().factorizations == 1
    step = 1e-3
    second = autograd.grad(autograd.grad(along))
    assert third == pytest.approx((second(step) - second(-step)) / (2 * step), rel=1e-4)


def test_self_adjoint_compliance_costs_one_solve() -> None:
    rows, cols, values = grid(24)
    stiffness, load = sp.triplets(rows, cols, (576, 576), positive_definite=True), np.linspace(1, 2, 576)
    gradient = autograd.grad(lambda scale: anp.dot(load, sp.solve(stiffness(values * scale), load)))(2.0)
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.remembered) == (1, 1, 1)
    assert gradient == pytest.approx(-load @ reference.solve(reference.coo(rows, cols, values, (576, 576)), load) / 4)
