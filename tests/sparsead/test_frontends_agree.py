"""The NumPy and the JAX front-end give the same values, tangents and cotangents."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.testing.differences import random_like, relative_gap
from tests.conftest import require
from tests.sparsead.operations import OPERATIONS, RECT, N, Operation, rect, square

jax = require("jax")
sj = require("sparsead.jax")

# Rounding times a condition number below ten: the front-ends may add in another order.
SAME = 1e-13


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operation_agrees(operation: Operation, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    arrays = operation.arrays(dtype)
    tangents = tuple(random_like(a, rng).astype(dtype) for a in arrays)
    f, g = (lambda *p: operation.f(sp, *p)), (lambda *p: operation.f(sj, *p))
    value, tangent = sp.jvp(f, arrays, tangents)
    for found, expected in zip(jax.jvp(g, arrays, tangents), (value, tangent), strict=True):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert relative_gap(found, expected) < SAME
    out_bar = random_like(value, rng).astype(value.dtype)
    for found, expected in zip(jax.vjp(g, *arrays)[1](out_bar), sp.vjp(f, *arrays)[1](out_bar), strict=True):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert relative_gap(found, expected) < SAME


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_types_agree_in_single_precision(operation: Operation, dtype: Any) -> None:
    arrays = operation.arrays(dtype)
    # shapes and types only: nothing is computed
    assert jax.eval_shape(lambda *p: operation.f(sj, *p), *arrays).dtype == operation.f(sp, *arrays).dtype


@pytest.mark.parametrize("name", sorted(set(sp.__all__) & set(sj.__all__) - {"SparseArray", "norm_solve_and_grad"}))
def test_function_has_the_same_signature(name: str) -> None:
    assert inspect.signature(getattr(sp, name)) == inspect.signature(getattr(sj, name))


def test_public_names_are_the_same() -> None:
    of_jax = {"transport", "value_and_grad_with_error", "Estimate", "jacobian", "hessian", "SparseJacobian"}
    own = {"vjp", "jvp", "factorize", "Factorized", "apply"}
    assert set(sp.__all__) - own == set(sj.__all__) - of_jax


def test_matrices_have_the_same_members() -> None:
    public = [{name for name in dir(kind) if not name.startswith("_")} for kind in (sp.SparseArray, sj.SparseArray)]
    assert public[1] - public[0] == {"tree_flatten", "tree_unflatten"}
    assert public[0] <= public[1]


def test_patterns_are_shared_between_the_front_ends() -> None:
    values = np.arange(len(RECT[0]), dtype=float)
    assert rect(sp, values).pattern is rect(sj, values).pattern


def test_factorizations_are_shared_between_the_front_ends() -> None:
    values, b = np.r_[np.full(N, 8.0), np.ones(7)], np.ones(N)
    first, second = sp.solve(square(sp, values), b), sj.solve(square(sj, values), b)
    assert np.array_equal(first, second)
    assert factor_cache.stats().factorizations == 1


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("k", [None, 3])
def test_norm_of_the_solution_and_its_gradient_agree(k: int | None, dtype: Any) -> None:
    rng = np.random.default_rng(3)
    values = np.r_[np.full(N, 8.0), rng.standard_normal(7)].astype(dtype)
    b = rng.standard_normal((N,) if k is None else (N, k)).astype(dtype)
    value, bars = sp.norm_solve_and_grad(lambda v: sp.vjp(lambda w: square(sp, w), v), values, b, grad_b=True)
    other, other_bars = sj.norm_solve_and_grad(lambda v: square(sj, v), values, b, grad_b=True)
    assert float(other) == pytest.approx(value, rel=SAME)
    for found, expected in zip(other_bars, bars, strict=True):
        assert relative_gap(found, expected) < SAME


@pytest.mark.parametrize("front_end", [sp, sj], ids=["numpy", "jax"])
def test_norm_of_a_zero_solution_has_the_gradient_zero(front_end: Any) -> None:
    def assemble(v: Any) -> Any:
        return sp.vjp(lambda w: square(sp, w), v) if front_end is sp else square(sj, v)

    value, bars = front_end.norm_solve_and_grad(assemble, np.r_[np.full(N, 8.0), np.ones(7)], np.zeros(N), grad_b=True)
    assert float(value) == 0
    assert all(np.array_equal(bar, np.zeros_like(bar)) for bar in bars)
