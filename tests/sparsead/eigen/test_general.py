"""Eigenvalues of general matrices: closed forms, dense autodiff to second order, costs, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from scipy.sparse import csc_array, diags_array, eye_array, kron, random_array
from scipy.sparse.linalg import ArpackError

import sparsead.numpy as sp
from sparsead import errors, factor_cache, kernels
from sparsead.eigen import arnoldi, oblique
from sparsead.eigen.options import GeneralOptions
from tests.conftest import require

N, COUNT = 60, 4
JORDAN = sp.from_scipy(csc_array(np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]])))
NEARLY = sp.from_scipy(csc_array(np.array([[2.0, 1.0], [1e-16, 2.0]])))
GRID = sp.from_scipy(csc_array(kron(eye_array(8), diags_array([-np.ones(7), 2 * np.ones(8)], offsets=[-1, 0]))))


def advection(n: int, speed: float, diffusivity: float = 1e-3, length: float = 1.0) -> csc_array:
    """``-k u'' + c u'`` on (0, L), u zero at both ends, central differences: far from normal. Unit: 1/s."""
    h = length / (n + 1)
    lower, upper = -diffusivity / h**2 - speed / (2 * h), -diffusivity / h**2 + speed / (2 * h)
    return csc_array(
        diags_array(
            [np.full(n - 1, lower), np.full(n, 2 * diffusivity / h**2), np.full(n - 1, upper)], offsets=[-1, 0, 1]
        )
    )


def scattered(n: int, seed: int, dtype: Any = float) -> csc_array:
    """Entries anywhere beside an uneven diagonal."""
    rng = np.random.default_rng(seed)
    matrix = random_array((n, n), density=4 / n, rng=rng, data_sampler=lambda size: rng.standard_normal(size))
    matrix = csc_array(matrix + diags_array(rng.uniform(1.0, 9.0, n)))
    return csc_array(matrix.astype(dtype) * (np.exp(0.3j) if np.dtype(dtype).kind == "c" else 1))


@pytest.mark.parametrize("speed", [0.03, 1.0])
def test_advection_and_diffusion_have_their_closed_form(speed: float) -> None:
    """lambda_j = d + 2 sqrt(l u) cos(j pi / (n + 1)), complex for cells of a Peclet number above 2."""
    n = 20
    matrix, h, k = advection(n, speed), 1 / 21, 1e-3
    lower, upper = matrix[1, 0], matrix[0, 1]
    root = np.emath.sqrt(lower * upper)
    exact = 2 * k / h**2 + 2 * root * np.cos(np.pi * np.arange(1, n + 1) / (n + 1))
    sigma = complex(exact[3]) * (1 + 1e-3)
    values, vectors, left = sp.eigs(sp.from_scipy(matrix), 1, sigma=sigma)
    np.testing.assert_allclose(values, exact[3:4], rtol=1e-10)
    shape = (root / upper) ** np.arange(1, n + 1) * np.sin(4 * np.pi * np.arange(1, n + 1) / (n + 1))
    at = abs(vectors[:, 0]).argmax()
    np.testing.assert_allclose(vectors[:, 0] / vectors[at, 0], shape / shape[at], rtol=0, atol=1e-9)
    np.testing.assert_allclose(left.conj().T @ vectors, [[1.0]], atol=1e-10)
    # l = -k/h^2 - c/2h, u = -k/h^2 + c/2h: d (l u) / dc = -c / 2h^2
    expected = np.cos(4 * np.pi / (n + 1)) / root * (-speed / (2 * h**2))
    slope = matrix.copy()
    slope.data = advection(n, speed + 1.0).data - matrix.data
    _, pushed = sp.jvp(lambda A: sp.eigs(A, 1, sigma=sigma)[0], (sp.from_scipy(matrix),), (sp.from_scipy(slope),))
    np.testing.assert_allclose(pushed, [expected], rtol=1e-8)


@pytest.mark.parametrize("dtype", [float, complex])
def test_pairs_are_those_of_lapack(dtype: Any) -> None:
    A, M = scattered(N, 0, dtype), scattered(N, 1, dtype)
    values, vectors, left = sp.eigs(sp.from_scipy(A), COUNT, sp.from_scipy(M), sigma=1.1 + 0.2j)
    exact = scipy.linalg.eigvals(A.toarray(), M.toarray())
    np.testing.assert_allclose(values, exact[abs(exact - 1.1 - 0.2j).argsort()[:COUNT]], rtol=1e-10)
    np.testing.assert_allclose(A @ vectors, (M @ vectors) * values, atol=1e-11)
    np.testing.assert_allclose(left.conj().T @ A, values[:, None] * (left.conj().T @ M), atol=1e-10)
    np.testing.assert_allclose(left.conj().T @ (M @ vectors), np.eye(COUNT), atol=1e-11)
    assert ((vectors == 1).sum(0) == 1).all() and (abs(vectors) <= 1 / 0.99).all()


def test_conjugate_pairs_stand_together_and_views_have_the_same_values() -> None:
    matrix = sp.from_scipy(
        scattered(N, 3) + csc_array(10 * np.diag(np.ones(N - 1), 1) - 10 * np.diag(np.ones(N - 1), -1))
    )
    values, vectors, _ = sp.eigs(matrix, COUNT)
    assert np.iscomplex(values).any()
    for i in np.flatnonzero(values.imag > 1e-9):
        if i + 1 < COUNT:
            np.testing.assert_allclose(values[i + 1], values[i].conj(), rtol=1e-10)
            np.testing.assert_allclose(vectors[:, i + 1], vectors[:, i].conj(), atol=1e-9)
    transposed, _, left = sp.eigs(matrix.T, COUNT)
    np.testing.assert_allclose(transposed, values, rtol=1e-10)
    left = left.conj()[:, 0]
    np.testing.assert_allclose(
        left / left[abs(left).argmax()], vectors[:, 0] / vectors[abs(left).argmax(), 0], atol=1e-9
    )


def test_infinite_eigenvalues_of_a_singular_mass_are_not_met() -> None:
    A, mass = scattered(N, 0), np.r_[np.ones(N - 20), np.zeros(20)]
    values, _, _ = sp.eigs(sp.from_scipy(A), COUNT, sp.diags([mass]))
    exact = scipy.linalg.eigvals(A.toarray(), np.diag(mass))
    exact = exact[np.isfinite(exact)]
    np.testing.assert_allclose(values, exact[abs(exact).argsort()[:COUNT]], rtol=1e-9)
    with pytest.raises(errors.ShapeError, match=r"1 <= k <= 2: no more.*\n  got: +k=3"):
        sp.eigs(sp.from_scipy(A), 3, sp.diags([np.r_[1.0, 1.0, np.zeros(N - 2)]]))


def test_second_order_in_jax_against_dense_autodiff() -> None:
    jax = require("jax")
    jnp, sj = jax.numpy, require("sparsead.jax")
    A, M = scattered(N, 0).tocoo(), diags_array(1 + np.arange(N) / N).tocoo()
    rng = np.random.default_rng(3)
    by_value, by_entry = rng.standard_normal(COUNT), rng.standard_normal((2, N, COUNT))
    make = [sj.triplets(*one.coords, (N, N)) for one in (A, M)]
    start = [jnp.asarray(one.data) for one in (A, M)]
    direction = [jnp.asarray(0.1 * rng.standard_normal(one.nnz)) for one in (A, M)]

    def objective(values: Any, vectors: Any, left: Any) -> Any:
        """Weights that are not alike for the members of a conjugate pair."""
        seen = (vectors**3 * by_entry[0]).sum() + (left * by_entry[1]).sum()
        return (values * by_value).sum().real + seen.real + (seen.imag) ** 2

    def ours(x: Any) -> Any:
        return objective(*sj.eigs(make[0](x[0]), COUNT, make[1](x[1])))

    def dense(x: Any) -> Any:
        """The nearest four by LAPACK, then three of Newton's steps on the equations, which JAX differentiates."""
        full = [jnp.zeros((N, N)).at[one.coords].add(own) for one, own in zip((A, M), x, strict=True)]
        values, left, right = scipy.linalg.eig(A.toarray(), M.toarray(), left=True)
        near = abs(values).argsort()[: COUNT + 1]
        near = near[np.lexsort((-values[near].imag, abs(values[near]).round(9)))][:COUNT]
        sides = []
        for trans, some in ((False, right), (True, left.conj())):
            a, m = (one.T if trans else one for one in full)
            found = []
            for i in near:
                v = some[:, i]
                j = int((abs(v) >= 0.99 * abs(v).max()).argmax())
                z = jnp.concatenate([values[i : i + 1], v / v[j]])
                for _ in range(3):
                    top = jnp.zeros(N + 1).at[1 + j].set(1.0)
                    system = jnp.vstack([top, jnp.column_stack([-(m @ z[1:]), a - z[0] * m])])
                    residual = jnp.concatenate([z[1 + j : 2 + j] - 1, a @ z[1:] - z[0] * (m @ z[1:])])
                    z = z - jnp.linalg.solve(system, residual)
                found.append(z)
            sides.append(jnp.stack(found))
        vectors, others = sides[0][:, 1:], sides[1][:, 1:]
        others = others / (others * (full[1] @ vectors.T).T).sum(1, keepdims=True)
        return objective(sides[0][:, 0], vectors.T, others.conj().T)

    def both(f: Any) -> Any:
        return jax.jit(lambda x: jax.jvp(jax.value_and_grad(f), (x,), (direction,)))(start)

    found, expected = both(ours), both(dense)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-8 * np.abs(other).max())


def test_gradient_in_numpy_is_that_of_jax_one_factorization_and_no_solve_for_values() -> None:
    A = sp.from_scipy(scattered(300, 0))
    factor_cache.clear()
    _, pullback = sp.vjp(lambda A: sp.eigs(A, COUNT)[0], A)
    before = factor_cache.stats()
    (bar,) = pullback(np.eye(COUNT)[0].astype(complex))
    after = factor_cache.stats()
    assert after.factorizations == 1 and after.solves == before.solves
    _, vectors, left = sp.eigs(A, COUNT)
    expected = (left[:, 0].conj()[A.pattern.indices] * vectors[A.pattern.cols, 0]).real
    np.testing.assert_allclose(bar.values, expected, rtol=0, atol=1e-10 * abs(expected).max())
    _, of_vectors = sp.vjp(lambda A: sp.eigs(A, COUNT)[1], A)
    weight = np.random.default_rng(0).standard_normal((300, COUNT)).astype(complex)
    (bar,) = of_vectors(weight)
    assert factor_cache.stats().factorizations == 1
    jax = require("jax")
    sj = require("sparsead.jax")

    def seen(values: Any) -> Any:
        return (sj.eigs(sj.SparseArray(values, A.pattern, A.structure), COUNT)[1] * weight).sum().real

    np.testing.assert_allclose(jax.grad(seen)(A.values), bar.values, rtol=0, atol=1e-9 * abs(bar.values).max())


def test_a_batch_of_matrices_and_single_precision() -> None:
    jax = require("jax")
    sj = require("sparsead.jax")
    A = sj.from_scipy(scattered(N, 0))

    def nearest(values: Any) -> Any:
        return sj.eigs(sj.SparseArray(values, A.pattern, A.structure), 2)[0].real.sum()

    lanes = jax.numpy.stack([A.values, 1.5 * A.values])
    slopes = jax.jit(jax.vmap(jax.grad(nearest)))(lanes)
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-8, atol=1e-10)  # lambda(c A) = c lambda(A)
    single = nearest(A.values.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, nearest(A.values), rtol=1e-5)


def test_one_unknown() -> None:
    values, vectors, left = sp.eigs(sp.from_scipy(csc_array([[3.0]])), 1, 2.0 * sp.eye(1))
    np.testing.assert_allclose([values[0], vectors[0, 0], left[0, 0]], [1.5, 1.0, 0.5])


CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "defective": (lambda: sp.eigs(JORDAN, 1), errors.DefectiveError, r"got: +(\d\.\de\+\d+|inf) for lambda = 2"),
    "nearly defective": (lambda: sp.eigs(NEARLY, 1), errors.DefectiveError, r"got: +\d\.\de\+0[78] for lambda = [12]"),
    "a derivative of a repeated eigenvalue": (
        lambda: sp.jvp(lambda A: sp.eigs(A, 1)[0], (sp.eye(4),), (sp.eye(4),)),
        errors.NoDerivativeError,
        r"got: +eigenvalues 1\+0j and 1\+0j, apart by 0\.0e\+00",
    ),
    "an eigenvalue at the shift": (
        lambda: sp.eigs(JORDAN, 1, sigma=5.0),
        errors.SingularMatrixError,
        r"sigma=\(5\+0j\)\n  got: +a singular A - sigma M: ",
    ),
    "not finite": (lambda: sp.eigs(sp.diags([np.r_[np.nan, 1.0]]), 1), errors.NonFiniteError, r"got: +A\[0, 0\] = nan"),
    "no convergence": (
        lambda: sp.eigs(sp.from_scipy(scattered(200, 0)), 20, maxiter=1),
        errors.ConvergenceError,
        r"got: +\d+ after maxiter=1 restarts",
    ),
    "k too large": (lambda: sp.eigs(JORDAN, 4), errors.ShapeError, r"got: +k=4"),
    "M of another size": (lambda: sp.eigs(JORDAN, 1, sp.eye(2)), errors.ShapeError, r"got: +M of shape \(2, 2\)"),
    "sigma not finite": (lambda: sp.eigs(JORDAN, 1, sigma=np.inf), errors.DtypeError, r"got: +sigma=inf"),
    "sigma in words": (
        lambda: sp.eigs(JORDAN, 1, sigma="5"),  # type: ignore[arg-type]
        errors.DtypeError,
        r"got: +sigma='5'",
    ),
    "maxiter zero": (lambda: sp.eigs(JORDAN, 1, maxiter=0), errors.ShapeError, r"got: +maxiter=0"),
}


@pytest.mark.parametrize("name", CASES)
def test_error_has_its_numbers(name: str) -> None:
    wrong, error, match = CASES[name]
    with pytest.raises(error, match=match) as caught:
        wrong()
    assert len(str(caught.value).splitlines()) == 4


def test_a_defective_matrix_of_a_grid_tells_its_condition() -> None:
    with pytest.raises(errors.DefectiveError) as caught:
        sp.eigs(GRID, 2)
    assert caught.value.condition is None or caught.value.condition > 1e7
    assert abs(caught.value.eigenvalue - 2) < 0.1


def test_values_of_a_repeated_eigenvalue_come_without_a_derivative() -> None:
    values, vectors, left = sp.eigs(sp.diags([np.r_[2.0, 2.0, 3.0]]), 2)
    np.testing.assert_allclose(values, [2.0, 2.0])
    np.testing.assert_allclose(left.conj().T @ vectors, np.eye(2), atol=1e-12)


def test_what_fails_within_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    A = sp.from_scipy(scattered(100, 0))
    _, pullback = sp.vjp(lambda A: sp.eigs(A, 2)[1], A)
    monkeypatch.setattr(oblique, "gmres", lambda operator, b, **options: (0 * b, 1))
    with pytest.raises(errors.ConvergenceError, match=r"got: +1\.0e\+00 for lambda = "):
        pullback(np.ones((100, 2), complex))

    def failing(*args: Any, **options: Any) -> None:
        raise ArpackError(-8)

    monkeypatch.setattr(arnoldi, "arpack", failing)
    with pytest.raises(errors.ConvergenceError, match=r"got: +ARPACK error -8: "):
        sp.eigs(A, 2)


def test_a_bad_matrix_of_a_batch_is_named_and_real_values_want_real_eigenvalues() -> None:
    turning = sp.from_scipy(csc_array(np.array([[1.0, 1.0], [-1.0, 1.0]])))
    own = turning.pattern
    static = {"patterns": (own, own), "options": GeneralOptions(1, 0.0)}
    identity = np.where(own.indices == own.cols, 1.0, 0.0)
    lanes = np.stack([turning.values, np.r_[np.nan, turning.values[1:]]]).astype(complex)
    with pytest.raises(errors.NonFiniteError) as caught:
        kernels.eigs(lanes, np.stack([identity] * 2).astype(complex), **static)
    assert caught.value.__notes__ == ["in matrix 1 of a batch of 2"]
    with pytest.raises(errors.DtypeError, match=r"got: +lambda = 1\+1j"):
        kernels.eigs(turning.values[None], identity[None], **static)
