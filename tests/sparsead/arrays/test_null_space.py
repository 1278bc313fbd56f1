"""Solves with a declared null space: floating chains of springs, against the pseudo-inverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.backends.superlu import SuperLU, SuperLUFactorization
from sparsead.errors import (
    BackendError,
    DtypeError,
    NoDerivativeError,
    NonFiniteError,
    NotPositiveDefiniteError,
    NullSpaceError,
    ShapeError,
    SingularMatrixError,
)
from sparsead.iterative import cg
from tests.conftest import require

jax = require("jax")
sj = require("sparsead.jax")

N = 7
ONES = np.ones(N)
K = np.array([1.0, 2.0, 0.5, 3.0, 1.5, 4.0])
PULL = np.array([1.0, 0.0, -2.5, 0.0, 0.5, 0.0, 1.0])
EXTEND = np.diff(np.eye(N), axis=0)


def chain(k: Any, sp: Any = sp, phase: Any = None, **declared: bool) -> Any:
    """Return the stiffness of springs in a row that nothing holds; with a phase, of complex waves."""
    ones = np.ones(N - 1, k.dtype)
    extend = sp.diags([-ones, ones], [0, 1], (N - 1, N))
    if phase is not None:
        extend = extend @ sp.diags([phase])
    return (extend.H @ sp.diags([k]) @ extend).declare(**declared or {"positive_definite": True})


def pseudo(k: Any) -> Any:
    """Return the pseudo-inverse of the chain."""
    return np.linalg.pinv(EXTEND.T @ np.diag(k) @ EXTEND)


@pytest.mark.parametrize("backend", sorted(set(sparsead.backends.installed()) - {"triangular", "umfpack"}))
def test_solution_is_that_of_the_pseudo_inverse(backend: str) -> None:
    loads = np.stack([PULL, PULL[::-1]], axis=1)
    x = sp.solve(chain(K), loads, null_space=ONES, backend=backend)
    assert np.abs(x - pseudo(K) @ loads).max() < 1e-13
    assert np.abs(x.sum(0)).max() < 1e-13


def test_matrix_that_is_indefinite_beside_its_null_space_is_solved() -> None:
    k = K * np.array([1, -1, 1, 1, 1, 1])
    x = sp.solve(chain(k, symmetric=True), PULL, null_space=ONES)
    assert np.abs(x - pseudo(k) @ PULL).max() < 1e-13


@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_hermitian_matrix_has_a_complex_null_space(trans: Any) -> None:
    phase = np.exp(1j * np.arange(N))
    matrix = chain(K + 0j, phase=phase, hermitian=True)
    full = sp.to_dense(matrix)
    b = full @ np.cos(np.arange(N))
    b = b.conj() if trans == "T" else b
    x = sp.solve(matrix, b, null_space=phase.conj(), trans=trans)
    assert np.abs(x - np.linalg.pinv(full.T if trans == "T" else full) @ b).max() < 1e-13


@pytest.mark.parametrize("view", ["T", "H", "conj"])
def test_view_of_a_hermitian_matrix_has_its_own_null_space(view: str) -> None:
    phase = np.exp(1j * np.arange(N))
    stored = chain(K + 0j, phase=phase, hermitian=True)
    matrix = stored.conj() if view == "conj" else getattr(stored, view)
    full = sp.to_dense(matrix)
    b, z = full @ np.cos(np.arange(N)), phase.conj() if view == "H" else phase
    assert np.abs(sp.solve(matrix, b, null_space=z) - np.linalg.pinv(full) @ b).max() < 1e-13
    with pytest.raises(NullSpaceError, match="the declared null space is none of this matrix"):
        sp.solve(matrix, b, null_space=z.conj())


@pytest.mark.parametrize(
    "vector", [1e200 * ONES, 1e-200 * ONES, np.float32(1e-30) * ONES, ONES.astype(np.float32), ONES + 0j]
)
def test_size_and_type_of_the_vectors_do_not_matter(vector: Any) -> None:
    x = sp.solve(chain(K), PULL, null_space=vector)
    assert np.abs(x - pseudo(K) @ PULL).max() < 1e-13 and np.abs(x.sum()) < 1e-14


def test_derivatives_are_those_of_the_pseudo_inverse_with_one_factorization() -> None:
    direction = np.cos(np.arange(N - 1.0))

    def compliance(k: Any, b: Any) -> Any:
        return (sj.solve(chain(k, sj), b, null_space=ONES) ** 3).sum()

    def slopes(k: Any, b: Any) -> tuple[Any, Any]:
        """By hand: the adjoint, and its parts."""
        inverse = np.linalg.inv(EXTEND.T @ (k[:, None] * EXTEND) + np.ones((N, N))) - np.ones((N, N)) / N**2
        x = inverse @ b
        adjoint = inverse @ (3 * x**2)
        return -(EXTEND @ adjoint) * (EXTEND @ x), adjoint

    found, moved = jax.jit(jax.jvp, static_argnums=0)(jax.grad(compliance, (0, 1)), (K, PULL), (direction, np.zeros(N)))
    for one, other in zip(found, slopes(K, PULL), strict=True):
        assert np.abs(one - other).max() < 1e-12 * np.abs(other).max()
    for one, other in zip(moved, slopes(K + 1e-30j * direction, PULL), strict=True):
        assert np.abs(one - other.imag * 1e30).max() < 1e-11 * np.abs(other.imag * 1e30).max()
    assert factor_cache.stats().factorizations == 1


def test_cotangents_in_numpy_are_those_of_jax() -> None:
    w = np.arange(N * 1.0)
    _, pullback = sp.vjp(lambda k, b: sp.solve(chain(k), b, null_space=ONES), K, PULL)
    expected = jax.vjp(lambda k, b: sj.solve(chain(k, sj), b, null_space=ONES), K, PULL)[1](w)
    for one, other in zip(pullback(w), expected, strict=True):
        assert np.abs(one - other).max() < 1e-13 * np.abs(other).max()


def test_matrices_of_a_batch_are_solved_each() -> None:
    lanes = np.stack([K, K[::-1]])
    x = jax.vmap(lambda k: sj.solve(chain(k, sj), PULL, null_space=ONES))(lanes)
    assert np.abs(x - np.stack([pseudo(k) @ PULL for k in lanes])).max() < 1e-13


def test_single_precision_may_miss_the_range_by_its_digits() -> None:
    k, b = (K / 3).astype(np.float32), (PULL / 3).astype(np.float32)
    x = sp.solve(chain(k), b, null_space=ONES)
    assert np.abs(x - pseudo(K) @ PULL).max() < 1e-5


def test_factors_in_single_precision_are_those_of_a_library_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    k, b = (K / 3).astype(np.float32), (PULL / 3).astype(np.float32)
    x = sp.solve(chain(k), b, null_space=ONES, precision="single", backend="superlu")
    assert x.dtype == np.float32 and np.abs(x - pseudo(K) @ PULL).max() < 1e-4
    monkeypatch.setattr(SuperLU, "single_precision", False)
    factor_cache.clear()
    with pytest.raises(BackendError, match="backend 'superlu' has no single precision"):
        sp.solve(chain(k), b, null_space=ONES, precision="single", backend="superlu")


@pytest.mark.parametrize(("bad", "factorizations"), [(1, 2), (2, None)])
def test_inaccurate_factors_are_replaced_or_refused(
    bad: int, factorizations: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[SuperLUFactorization] = []
    right = SuperLUFactorization.solve

    def spoilt(self: SuperLUFactorization, b: Any, trans: Any = "N") -> Any:
        """Solve, but for the first factorizations not to any accuracy."""
        if self not in made:
            made.append(self)
        return right(self, b, trans) * (0.1 if made.index(self) < bad else 1)

    monkeypatch.setattr(SuperLUFactorization, "solve", spoilt)
    matrix = chain(K, symmetric=True)
    if factorizations is None:
        with pytest.raises(SingularMatrixError, match=r"got:      another one, in which dof \d moves most"):
            sp.solve(matrix, PULL, null_space=ONES, backend="superlu")
    else:
        x = sp.solve(matrix, PULL, null_space=ONES, backend="superlu")
        assert np.abs(x - pseudo(K) @ PULL).max() < 1e-13
        assert factor_cache.stats().factorizations == factorizations


TWO = np.stack([ONES, 2 * ONES], axis=1)


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (
            lambda: sp.solve(chain(K), ONES, null_space=ONES),
            NullSpaceError,
            r"resultant of 2.65 .* 1.0e\+00 of the sum",
        ),
        (
            lambda: sp.solve(chain(K), np.stack([PULL, PULL + 1e-3], 1), null_space=ONES),
            NullSpaceError,
            "in right-hand side 1 a resultant of 0.00265",
        ),
        (
            lambda: sp.solve(chain(K) + 1e-4 * sp.eye(N), PULL, null_space=ONES),
            NullSpaceError,
            "meets a resistance of 9.1e-06 of these",
        ),
        (lambda: sp.solve(chain(K), PULL, null_space=TWO), NullSpaceError, r"null_space\[:, 1\], of which the others"),
        (lambda: sp.solve(chain(K), PULL, null_space=0 * ONES), NullSpaceError, r"null_space\[:, 0\]"),
        (
            lambda: sp.solve(chain(K * (K < 4), symmetric=True), PULL, null_space=ONES),
            SingularMatrixError,
            "another one, in which dof [06] moves most",
        ),
        (lambda: sp.solve(chain(-K), PULL, null_space=ONES), NotPositiveDefiniteError, "a pivot that is not positive"),
        (lambda: sp.solve(chain(K, symmetric=False), PULL, null_space=ONES), BackendError, "a general matrix"),
        (lambda: sp.solve(chain(K), PULL, null_space=ONES, method=cg()), BackendError, r"method=cg\("),
        (lambda: sp.solve(chain(K), PULL, null_space=ONES, backend="triangular"), BackendError, "a positive definite"),
        (lambda: sp.solve(chain(K), PULL, null_space=ONES, backend="no"), BackendError, "backend='no'"),
        (
            lambda: sp.solve(chain(K, symmetric=True), PULL, null_space=ONES, backend="triangular"),
            BackendError,
            "a symmetric matrix",
        ),
        (lambda: sp.solve(chain(K), PULL, null_space=np.ones(3)), ShapeError, r"null_space of shape \(3,\)"),
        (
            lambda: sp.solve(chain(K), PULL, null_space=np.eye(N)),
            ShapeError,
            r"null_space of shape \(7, 7\)\n.*pass the motions that",
        ),
        (
            lambda: sp.solve(chain(K), PULL, null_space=ONES[None]),
            ShapeError,
            r"null_space of shape \(1, 7\)\n.*pass null_space.T",
        ),
        (
            lambda: sp.solve(sp.eye(0), np.ones(0), null_space=np.ones((0, 0))),
            ShapeError,
            r"null_space of shape \(0, 0\)\n.*drop null_space=",
        ),
        (lambda: sp.solve(chain(K), PULL, null_space=np.nan * ONES), NonFiniteError, "component 0 of vector 0 = nan"),
        (lambda: sp.solve(chain(K), PULL, null_space=1j * ONES), DtypeError, "component 0 of vector 0 = 1j"),
        (lambda: sp.solve(chain(K), PULL, null_space="rigid"), DtypeError, "null_space of type"),
        (lambda: jax.jit(lambda z: sj.solve(sj.eye(N), PULL, null_space=z))(ONES), NoDerivativeError, "null_space = "),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match="got:      .*" + got):
        wrong()


def test_error_of_a_compiled_program_says_how_far() -> None:
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"a resultant of 2\.65"):
        jax.block_until_ready(jax.jit(lambda b: sj.solve(chain(K, sj), b, null_space=ONES))(ONES))
