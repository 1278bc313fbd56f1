"""What is wrong with an eigenvalue problem is said with its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array
from scipy.sparse.linalg import ArpackError

import sparsead.numpy as sp
from sparsead import errors, kernels
from sparsead.eigen import lanczos
from sparsead.eigen.options import EigenOptions
from sparsead.rules import RULES
from tests.conftest import require
from tests.sparsead.eigen.pencils import chain, square

SQUARE, EXACT = square(8)
GRID = sp.from_scipy(SQUARE, positive_definite=True)
UNEVEN = SQUARE.copy()
UNEVEN.data[1] += 0.5
HALF = np.diag(np.r_[1.0, 1.0, np.arange(3.0, 31.0)])
TWO_SIDED = sp.from_scipy(csc_array(np.block([[0 * HALF, HALF], [HALF, 0 * HALF]])), symmetric=True)
DRAWN = np.random.default_rng(0).standard_normal((100, 5))
OF_RANK_5 = sp.from_scipy(csc_array(DRAWN @ DRAWN.T), symmetric=True)
MANY = sp.diags([np.arange(1.0, 101.0)], positive_definite=True)
COMPLEX = sp.eye(64) * (1 + 1j)


def pulled(f: Callable[..., Any], k: int = 3) -> None:
    """Take the gradient of a function of the pairs."""
    value, pullback = sp.vjp(lambda K: f(*sp.eigsh(K, k)), GRID)
    pullback(np.ones(np.shape(value)))


def twice(k: int) -> None:
    """Take the curvature of the largest of k eigenvalues."""
    last = np.eye(k)[-1]
    sp.jvp(lambda K: sp.vjp(lambda K: sp.eigsh(K, k)[0], K)[1](last)[0], (GRID,), (GRID,))


CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no convergence": (
        lambda: sp.eigsh(GRID, 20, maxiter=1),
        errors.ConvergenceError,
        r"got: +\d+ after maxiter=1 restarts: 0\.24\d+, ",
    ),
    "an eigenvalue at the shift": (
        lambda: sp.eigsh(GRID, 3, sigma=float(EXACT[0])),
        errors.SingularMatrixError,
        r"sigma=0\.24\d+\n  got: +a singular K - sigma M: ",
    ),
    "a cluster cut by k": (
        lambda: pulled(lambda values, vectors: values, 2),
        errors.NoDerivativeError,
        r"got: +eigenvalues 0\.588\d+, kept, and 0\.588\d+, not: apart by \S+ of their size",
    ),
    "K not symmetric": (
        lambda: sp.eigsh(sp.from_scipy(UNEVEN, symmetric=True), 3),
        errors.StructureError,
        r"got: +A\[1, 0\] = -0\.5, A\[0, 1\] = -1\.0",
    ),
    "K not declared symmetric": (lambda: sp.eigsh(sp.from_scipy(SQUARE), 3), errors.StructureError, "got: .*general"),
    "M not declared symmetric": (
        lambda: sp.eigsh(GRID, 3, sp.from_scipy(SQUARE)),
        errors.StructureError,
        "M is not declared symmetric",
    ),
    "K complex": (lambda: sp.eigsh(COMPLEX, 3), errors.DtypeError, "got: .*complex128"),
    "mass not positive": (
        lambda: sp.eigsh(GRID, 3, sp.diags([np.r_[np.ones(63), -2.0]], symmetric=True)),
        errors.NotPositiveDefiniteError,
        r"got: +M\[63, 63\] = -2\n",
    ),
    "mass not positive off its diagonal": (
        lambda: sp.eigsh(
            sp.from_scipy(chain(3)[0], symmetric=True),
            1,
            sp.diags([np.ones(3), 2 * np.ones(2), 2 * np.ones(2)], (0, 1, -1), symmetric=True),
        ),
        errors.NotPositiveDefiniteError,
        r"got: +an eigenvalue -1\.8284\d* of M, beside the largest 3\.8284",
    ),
    "no mass": (
        lambda: sp.eigsh(GRID, 3, sp.diags([np.zeros(64)], symmetric=True)),
        errors.NotPositiveDefiniteError,
        "got: +a mass of zeros",
    ),
    "M of another size": (lambda: sp.eigsh(GRID, 3, sp.eye(63)), errors.ShapeError, r"got: +M of shape \(63, 63\)"),
    "k too large": (lambda: sp.eigsh(GRID, 65), errors.ShapeError, r"1 <= k <= 64.*\n  got: +k=65"),
    "k larger than the rank of M": (
        lambda: sp.eigsh(GRID, 3, sp.diags([np.r_[np.zeros(62), 1.0, 1.0]], symmetric=True)),
        errors.ShapeError,
        r"1 <= k <= 2.*\n  got: +k=3",
    ),
    "k no number": (lambda: sp.eigsh(GRID, 2.5), errors.ShapeError, r"got: +k=2\.5"),  # type: ignore[arg-type]
    "sigma no number": (lambda: sp.eigsh(GRID, 2, sigma=float("nan")), errors.DtypeError, r"got: +sigma=nan"),
    "sigma in words": (
        lambda: sp.eigsh(GRID, 2, sigma="5.5"),  # type: ignore[arg-type]
        errors.DtypeError,
        r"got: +sigma='5\.5'",
    ),
    "maxiter zero": (lambda: sp.eigsh(GRID, 2, maxiter=0), errors.ShapeError, r"got: +maxiter=0"),
    "maxiter in words": (
        lambda: sp.eigsh(GRID, 2, maxiter="a"),  # type: ignore[arg-type]
        errors.ShapeError,
        r"got: +maxiter='a'",
    ),
    "the largest of a matrix of zeros": (
        lambda: sp.eigsh(0.0 * GRID, 2, sp.eye(64), sigma=np.inf),
        errors.ConvergenceError,
        r"got: +a K of zeros",
    ),
    "the largest with a mass of few dofs": (
        lambda: sp.eigsh(sp.eye(3), 2, sp.diags([np.array([1.0, 0.0, 1.0])], symmetric=True), sigma=np.inf),
        errors.NotPositiveDefiniteError,
        r"M is not positive definite\n.*\n  got: +M of rank 2",
    ),
    "the largest of many with a mass of few dofs": (
        lambda: sp.eigsh(GRID, 2, sp.diags([np.r_[np.ones(63), 0.0]], symmetric=True), sigma=np.inf),
        errors.NotPositiveDefiniteError,
        r"M is not positive definite\n.*\n  got: +a singular M: ",
    ),
    "k larger than the rank of a full M": (
        lambda: sp.eigsh(MANY, 6, OF_RANK_5),
        errors.ShapeError,
        r"1 <= k <= 5.*\n  got: +k=6",
    ),
    "one member of a repeated eigenvalue": (
        lambda: pulled(lambda values, vectors: values[1]),
        errors.NoDerivativeError,
        r"got: +eigenvalues 1 and 2: 0\.588\d+ and 0\.588\d+, apart by \S+ of their size",
    ),
    "one vector of a repeated eigenvalue": (
        lambda: pulled(lambda values, vectors: vectors[5, 1]),
        errors.NoDerivativeError,
        r"no derivative of one vector of.*\n.*\n  got: +eigenvalues 1 and 2: ",
    ),
    "one member, its cotangent small beside others": (
        lambda: pulled(lambda values, vectors: 1e7 * values[0] + values[1]),
        errors.NoDerivativeError,
        r"got: +eigenvalues 1 and 2: 0\.588\d+ and 0\.588\d+, apart by \S+ of their size",
    ),
    "a cluster cut by k, and one as near on the other side of the shift": (
        lambda: sp.jvp(lambda K: sp.eigsh(K, 1)[0], (TWO_SIDED,), (TWO_SIDED,)),
        errors.NoDerivativeError,
        r"got: +eigenvalues -?1, kept, and -?1, not: apart by \S+ of their size",
    ),
    "a second derivative of a repeated eigenvalue": (
        lambda: twice(3),
        errors.NoDerivativeError,
        r"no derivative of second order of.*\n.*\n  got: +eigenvalues 1 and 2: ",
    ),
}


def test_a_pullback_through_a_repeated_eigenvalue_is_not_differentiated() -> None:
    """As autograd and PyTorch do, which tell of no second derivative before they take it."""
    options = EigenOptions(3, 0.0, GRID.structure)
    static = {"patterns": (GRID.pattern, GRID.pattern), "options": options, "trans": "T", "checked": True}
    values = sp.eigsh(GRID, 3)
    pairs = np.concatenate([values[0][:, None], values[1].T], axis=1)[None]
    identity = np.where(GRID.pattern.indices == GRID.pattern.cols, 1.0, 0.0)[None]

    def solved(stiffness: Any) -> Any:
        return sp.apply(RULES["bordered"], stiffness, identity, pairs, 0 * pairs, **static).sum()

    with pytest.raises(errors.NoDerivativeError, match=r"no derivative of second order"):
        sp.vjp(solved, GRID.values[None])


@pytest.mark.parametrize("name", CASES)
def test_error_has_its_numbers(name: str) -> None:
    wrong, error, match = CASES[name]
    with pytest.raises(error, match=match) as caught:
        wrong()
    assert len(str(caught.value).splitlines()) == 4


def test_no_convergence_gives_what_converged() -> None:
    with pytest.raises(errors.ConvergenceError) as caught:
        sp.eigsh(GRID, 20, maxiter=1)
    found = caught.value.eigenvalues  # type: ignore[attr-defined]
    np.testing.assert_allclose(found[:3], EXACT[:3], rtol=1e-10)


def test_a_small_eigenvalue_beside_a_large_one_is_not_at_the_shift() -> None:
    values, _ = sp.eigsh(sp.diags([np.array([1e-7, 1e7])], positive_definite=True), 1)
    np.testing.assert_allclose(values, [1e-7], rtol=1e-12)


@pytest.mark.parametrize("rank", [1, 5])
def test_all_finite_eigenvalues_of_a_mass_of_low_rank(rank: int) -> None:
    drawn = DRAWN[:, :rank]
    values, _ = sp.eigsh(MANY, rank, sp.from_scipy(csc_array(drawn @ drawn.T), symmetric=True))
    flexibility = drawn.T @ np.diag(1 / np.arange(1.0, 101.0)) @ drawn
    np.testing.assert_allclose(values, np.sort(1 / np.linalg.eigvalsh(flexibility)), rtol=1e-11)


def test_what_arpack_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: Any, **options: Any) -> None:
        raise ArpackError(-8)

    monkeypatch.setattr(lanczos, "arpack", failing)
    with pytest.raises(errors.ConvergenceError, match=r"3 eigenvalues nearest to sigma=0.0\n  got: +ARPACK error -8: "):
        sp.eigsh(GRID, 2)


def test_a_bad_matrix_of_a_batch_is_named() -> None:
    options = EigenOptions(2, 0.0, GRID.structure)
    static = {"patterns": (GRID.pattern, GRID.pattern), "options": options}
    bad = GRID.values.copy()
    bad[0] = np.nan
    both, identity = np.stack([GRID.values, bad]), np.where(GRID.pattern.indices == GRID.pattern.cols, 1.0, 0.0)
    with pytest.raises(errors.NonFiniteError) as caught:
        kernels.eigsh(both, np.stack([identity] * 2), **static)
    assert caught.value.__notes__ == ["in matrix 1 of a batch of 2"]
    g = np.array([[[1.0, 1.0]], [[1.0, 2.0]]])
    pairs = np.concatenate([np.full((2, 2, 1), 3.0), np.ones((2, 2, 64))], axis=2)
    r = np.concatenate([g[:, 0, :, None], np.zeros((2, 2, 64))], axis=2)
    wrong: list[Callable[[], Any]] = [
        lambda: kernels.alike(both[[0, 0]], both[[0, 0]], pairs, g, **static, checked=True),
        lambda: kernels.bordered(both[[0, 0]], both[[0, 0]], pairs, r, **static, checked=True, trans="T"),
    ]
    for one in wrong:
        with pytest.raises(errors.NoDerivativeError) as told:
            one()
        assert told.value.__notes__ == ["in matrix 1 of a batch of 2"]


def test_a_traced_shift_is_refused() -> None:
    jax = require("jax")
    with pytest.raises(errors.DtypeError, match="sigma is not a known number"):
        jax.make_jaxpr(lambda sigma: sp.eigsh(GRID, 2, sigma=sigma))(1.0)


def test_symmetric_functions_of_a_repeated_eigenvalue_pass() -> None:
    pulled(lambda values, vectors: values[1] + values[2])
    pulled(lambda values, vectors: values[0])
