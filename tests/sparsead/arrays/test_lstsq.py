"""Least squares by the augmented system: certified fits, exact solutions of nearly dependent columns, errors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, DtypeError, NonFiniteError, ShapeError, SingularMatrixError
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip

jax = require("jax")
sj = require("sparsead.jax")

# NIST, Statistical Reference Datasets, linear regression "Longley" (J. W. Longley, JASA 62, 1967), certified values:
# https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
EMPLOYED = [
    60323,
    61122,
    60171,
    61187,
    63221,
    63639,
    64989,
    63761,
    66019,
    67857,
    68169,
    66513,
    68655,
    69564,
    69331,
    70551,
]
DEFLATOR = [83.0, 88.5, 88.2, 89.5, 96.2, 98.1, 99.0, 100.0, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7, 116.9]
PRODUCT = """234289 259426 258054 284599 328975 346999 365385 363112 397469 419180 442769 444546 482704 502601 518173
554894"""
UNEMPLOYED = [2356, 2325, 3682, 3351, 2099, 1932, 1870, 3578, 2904, 2822, 2936, 4681, 3813, 3931, 4806, 4007]
FORCES = [1590, 1456, 1616, 1650, 3099, 3594, 3547, 3350, 3048, 2857, 2798, 2637, 2552, 2514, 2572, 2827]
POPULATION = """107608 108632 109773 110929 112075 113270 115094 116219 117388 118734 120445 121950 123366 125368 127852
130081"""
LONGLEY = np.array(
    [
        np.ones(16),
        DEFLATOR,
        PRODUCT.split(),
        UNEMPLOYED,
        FORCES,
        POPULATION.split(),
        range(1947, 1963),
    ],
    dtype=float,
).T
CERTIFIED = np.array(
    [
        -3482258.63459582,
        15.0618722713733,
        -0.358191792925910e-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807e-01,
        1829.15146461355,
    ]
)

M, N = 9, 4
_RNG = np.random.default_rng(3)
ROWS = np.r_[np.arange(N), 4, 4, 5, 5, 6, 7, 7, 8]
COLS = np.r_[np.arange(N), 0, 2, 1, 3, 1, 0, 3, 2]
VALUES, LOAD = np.round(_RNG.normal(size=len(ROWS)), 2) + 1.5, np.round(_RNG.normal(size=M), 2)


def tall(values: Any = VALUES, front: Any = sp) -> Any:
    return front.coo(ROWS, COLS, values, (M, N))


def laeuchli(n: int, eps: float) -> Any:
    """A row of ones above a small multiple of the identity: condition sqrt(n) / eps."""
    along = np.arange(n)
    rows, cols = np.r_[np.zeros(n, int), along + 1], np.r_[along, along]
    return sp.coo(rows, cols, np.r_[np.ones(n), np.full(n, eps)], (n + 1, n))


def exact(n: int, eps: float, b: Any) -> Any:
    """By Sherman and Morrison's formula, in rational numbers."""
    small, loads = Fraction(eps), [Fraction(float(one)) for one in b]
    right = [loads[0] + small * one for one in loads[1:]]
    shared = sum(right) / (small**2 + n)
    return np.array([float((one - shared) / small**2) for one in right])


@pytest.mark.parametrize("backend", [None, "pardiso", "superlu", "umfpack"])
def test_certified_fit_is_found_to_the_digits_that_its_condition_leaves(backend: str | None) -> None:
    if backend is not None:
        backend_or_skip(backend)
    rows, cols = np.divmod(np.arange(LONGLEY.size), LONGLEY.shape[1])
    x = sp.lstsq(sp.coo(rows, cols, LONGLEY.ravel(), LONGLEY.shape), np.array(EMPLOYED), backend=backend)
    # condition number, columns scaled: 4e4, and a residual: its square times rounding is 4e-7
    assert np.abs(x / CERTIFIED - 1).max() < 1e-9


@pytest.mark.parametrize("backend", ["pardiso", "superlu", "umfpack", "dense"])
@pytest.mark.parametrize("eps", [1e-4, 1e-6, 1e-8, 1e-10])
def test_nearly_dependent_columns_are_told_apart(backend: str, eps: float) -> None:
    backend_or_skip(backend)
    n = 40
    b = np.r_[1.0, np.round(np.random.default_rng(0).normal(size=n), 3)]
    x, expected = sp.lstsq(laeuchli(n, eps), b, backend=backend), exact(n, eps, b)
    # the sum of x is about one beside terms of 1 / eps: rounding times the condition number
    assert np.abs(x - expected).max() < 10 * np.finfo(float).eps / eps * np.abs(expected).max()


def test_library_that_loses_the_digits_is_followed_by_another() -> None:
    backend_or_skip("pardiso")
    rng = np.random.default_rng(1)
    full = rng.normal(size=(60, 20)) * (rng.random((60, 20)) < 0.3) + np.eye(60, 20)
    full[:, 1] = full[:, 0] + 1e-8 * full[:, 1]
    rows, cols = np.nonzero(full)
    matrix = sp.coo(rows, cols, full[rows, cols], full.shape)
    x = sp.lstsq(matrix, full @ np.ones(20), backend="pardiso")  # consistent: error of the condition, not its square
    assert np.abs(x - 1).max() < 1e-6
    assert factor_cache.stats().factorizations == 2


@pytest.mark.parametrize("size", [1e-200, 1e-11, 1e11, 1e200])
def test_units_do_not_matter(size: float) -> None:
    units = size * np.array([1e-6, 1.0, 1e6, 1e3])
    x = sp.lstsq(tall() * units, LOAD) * units
    assert np.abs(x - sp.lstsq(tall(), LOAD)).max() < 1e-13


def test_value_gradient_and_hessian_take_one_factorization() -> None:
    def misfit(values: Any, b: Any) -> Any:
        return (sj.lstsq(tall(values, sj), b) ** 3).sum()

    def dense(values: Any, b: Any) -> Any:
        full = jax.numpy.zeros((M, N)).at[ROWS, COLS].add(values)
        return (jax.numpy.linalg.solve(full.T @ full, full.T @ b) ** 3).sum()

    found = jax.jit(jax.hessian(misfit, (0, 1)))(VALUES, LOAD)
    assert factor_cache.stats().factorizations == 1
    expected = jax.hessian(dense, (0, 1))(VALUES, LOAD)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.abs(one - other).max() < 1e-11 * np.abs(other).max()


def test_weights_and_damping_are_scaled_and_further_equations() -> None:
    weights, damping, full = np.linspace(0.5, 2.0, M), 0.3, sp.to_dense(tall())
    roots = np.sqrt(weights)
    x = sp.lstsq(tall() * roots[:, None], roots * LOAD)
    assert np.allclose(x, np.linalg.solve(full.T @ (weights[:, None] * full), full.T @ (weights * LOAD)), rtol=1e-13)
    x = sp.lstsq(sp.block([[tall()], [damping * sp.eye(N)]]), np.r_[LOAD, np.zeros(N)])
    assert np.allclose(x, np.linalg.solve(full.T @ full + damping**2 * np.eye(N), full.T @ LOAD), rtol=1e-13)


@pytest.mark.parametrize("wide", [False, True])
def test_complex_numbers_and_views(wide: bool) -> None:
    values = VALUES + 1j * VALUES[::-1]
    matrix = tall(values).H if wide else tall(values)
    b = (LOAD[:N] if wide else LOAD) * (1 + 2j)
    assert np.allclose(sp.lstsq(matrix, b), np.linalg.pinv(sp.to_dense(matrix)) @ b, rtol=1e-13)


def test_right_hand_side_orthogonal_to_the_range_gives_zero() -> None:
    full = sp.to_dense(tall())
    b = LOAD - full @ np.linalg.lstsq(full, LOAD, rcond=None)[0]
    assert np.abs(sp.lstsq(tall(), b)).max() < 1e-15
    assert not sp.lstsq(tall(), 0 * LOAD).any()


def test_square_matrix_is_solved_and_nothing_has_nothing() -> None:
    assert np.allclose(sp.lstsq(sp.coo([0, 1], [1, 0], np.array([2.0, 4.0]), (2, 2)), [2.0, 4.0]), [1.0, 1.0])
    assert sp.lstsq(sp.coo([], [], np.ones(0), (3, 0)), np.ones(3)).shape == (0,)
    assert sp.lstsq(tall(), np.ones((M, 0))).shape == (N, 0)


def test_types() -> None:
    single = sp.lstsq(tall(VALUES.astype(np.float32)), LOAD.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, sp.lstsq(tall(), LOAD), rtol=1e-5)
    factors = sp.lstsq(tall(VALUES.astype(np.float32)), LOAD, precision="single", backend="superlu")
    assert factors.dtype == np.float64 and np.allclose(factors, sp.lstsq(tall(), LOAD), rtol=1e-5)


def test_dead_lane_of_a_batch_is_nan() -> None:
    lanes = np.stack([VALUES, VALUES * (COLS != 2)])
    x = jax.vmap(lambda values: sj.lstsq(tall(values, sj), LOAD, on_singular="nan"))(lanes)
    assert np.allclose(x[0], sp.lstsq(tall(), LOAD)) and np.isnan(x[1]).all()


DEPENDENT = sp.coo([0, 0, 1, 1, 2, 2, 2], [0, 1, 0, 1, 0, 1, 2], np.array([1.0, 2, 2, 4, 3, 6, 1]), (3, 3))


@pytest.mark.parametrize("backend", sorted(set(sparsead.backends.installed()) - {"triangular", "cholmod"}))
def test_dependent_columns_are_an_error(backend: str) -> None:
    with pytest.raises(SingularMatrixError, match=r"vanishes; column [01] has the largest"):
        sp.lstsq(sp.block([[DEPENDENT], [0.0 * DEPENDENT]]), np.ones(6), backend=backend)


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (lambda: sp.lstsq(tall(VALUES * (COLS != 2)), LOAD), SingularMatrixError, "vanishes; column 2 has the largest"),
        (lambda: sp.lstsq(tall(VALUES * (COLS != 2)).T, LOAD[:N]), SingularMatrixError, "vanishes; row 2 has the"),
        (lambda: sp.lstsq(sp.coo([0], [0], [1.0], (3, 2)), np.ones(3)), SingularMatrixError, "vanishes; column 1 has"),
        (lambda: sp.lstsq(tall(np.where(COLS == 2, np.nan, VALUES)), LOAD), NonFiniteError, r"A\[2, 2\] = nan"),
        (lambda: sp.lstsq(tall(np.where(COLS == 1, np.inf, VALUES)).T, LOAD[:N]), NonFiniteError, r"A\[1, 1\] = inf"),
        (lambda: sp.lstsq(tall(), np.nan * LOAD), NonFiniteError, r"b\[0\] = nan in right-hand side 0"),
        (lambda: sp.lstsq(tall().T, np.nan * LOAD[:N]), NonFiniteError, r"b\[0\] = nan in right-hand side 0"),
        (lambda: sp.lstsq(tall(), LOAD[:N]), ShapeError, r"b of shape \(4,\)"),
        (lambda: sp.lstsq(np.ones((3, 2)), LOAD), DtypeError, r"numpy\.ndarray"),
        (lambda: sp.lstsq(tall(), "load"), DtypeError, "b of type"),
        (lambda: sp.lstsq(tall(), LOAD, backend="no"), BackendError, "backend='no'"),
        (lambda: sp.lstsq(tall(), LOAD, backend="cholmod"), BackendError, "a symmetric matrix"),
        (lambda: sp.lstsq(tall(), LOAD, on_singular="skip"), BackendError, "on_singular='skip'"),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match="got:      .*" + got):
        wrong()


def test_error_of_a_compiled_program_names_the_column() -> None:
    with pytest.raises(jax.errors.JaxRuntimeError, match="column 2 has the largest share"):
        jax.block_until_ready(jax.jit(lambda v: sj.lstsq(tall(v, sj), LOAD))(VALUES * (COLS != 2)))
