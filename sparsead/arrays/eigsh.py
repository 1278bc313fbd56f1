"""Eigenpairs: the public function, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.solve import check_square
from sparsead.backends.registry import get
from sparsead.eigen.options import EigenOptions
from sparsead.errors import DtypeError, ShapeError, StructureError
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray


def eigsh(
    matrix: SparseArray[Array],
    k: int,
    M: SparseArray[Array] | None = None,
    *,
    sigma: float | None = 0.0,
    backend: str | None = None,
    maxiter: int | None = None,
    count: bool = True,
) -> tuple[Array, Array]:
    """Return the k eigenpairs of ``K v = lambda M v`` that are nearest to a shift, or largest, differentiable.

    By ARPACK's Lanczos iteration on ``(K - sigma M)^-1 M``, with one factorization from the store, which all
    derivatives of values and vectors use too.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        K, real, declared symmetric or positive definite. Unit: [K].
    k : int
        How many pairs.
    M : SparseArray, shape (n, n), optional
        Symmetric, positive semidefinite; by default the identity. Unit: [M].
    sigma : float or None
        The shift; no eigenvalue may lie at it, and of two as near the lower is taken first. None takes one a little
        below zero, for the lowest pairs of a K that is positive semidefinite, as of a structure free to move: -1e-8 of
        the ratio of the traces. Infinity takes the largest pairs, with the factorization of M, which is then positive
        definite. Unit: [K] / [M].
    backend : str, optional
        Library that factorizes; by default the structure decides.
    maxiter : int, optional
        Restarts allowed to the iteration.
    count : bool
        Whether the inertia of one or two more factorizations, which are not kept, counts that no eigenvalue was missed,
        where the library tells it (PARDISO, unless it had to change pivots: then nobody counts). Without it a repeated
        eigenvalue may hide a copy.

    Returns
    -------
    values : array, shape (k,)
        Eigenvalues, ascending. Unit: [K] / [M].
    vectors : array, shape (n, k)
        Eigenvectors, one a column: ``V^T M V = 1``. Of each the first entry with at least 0.99 of the largest
        magnitude is positive. Unit: [M]^-1/2.

    Raises
    ------
    DtypeError, ShapeError, StructureError
        If a matrix is none, not square, complex, or not symmetric; if k is not an integer from 1 to n, or larger than
        the rank of M; if sigma is not a known real number, or maxiter not a positive integer.
    NotPositiveDefiniteError
        If M is not positive, or K is declared positive definite and, at a shift of zero or below, is not: other shifts
        do not show it.
    SingularMatrixError
        If an eigenvalue lies at the shift.
    ConvergenceError
        If the iteration does not converge (``eigenvalues`` has those that did), a residual is not small, or the
        inertia counts eigenvalues that were not found.
    NoDerivativeError
        Where a derivative is asked for that does not exist: of one member of a repeated eigenvalue (reverse mode tells;
        forward mode cannot and gives that of fixed vectors), a second one of such, or k that cuts a cluster. Says
        which eigenvalues are how close.

    Notes
    -----
    Eigenvalues closer than 1e-8 of their size count as one. Functions of such that treat all members alike, and see
    vectors only by the subspace, have the right first derivatives. A function that weighs vectors by their eigenvalues
    has another part, ``sum_ij w'(lambda) a_ij v_i dK v_j`` for i unlike j, which cotangents of single values and
    vectors do not hold: take the weight out of the cluster.

    A gradient of eigenvalues alone needs no solve, one of vectors a few solves with all vectors at once.

    References
    ----------
    Lehoucq, R. B., Sorensen, D. C., and Yang, C., "ARPACK Users' Guide", SIAM, 1998, doi:10.1137/1.9780898719628.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> K = sp.diags([np.array([2.0, 8.0, 18.0])], positive_definite=True)
    >>> values, vectors = sp.eigsh(K, 2, 2.0 * sp.eye(3))
    >>> values.round(12), abs(vectors[:, 0]).round(3)
    (array([1., 4.]), array([0.707, 0.   , 0.   ]))
    """
    n = check_square(matrix)
    mass = identity(matrix, n) if M is None else checked_mass(M, n)
    _check_symmetric("the matrix", matrix)
    _check_symmetric("M", mass)
    stiffness, mass = matrix.plain(), mass.plain()
    shift = None if sigma is None else _number(sigma)
    structure = (mass if shift == np.inf else stiffness).structure
    options = eigen_options(n, k, structure, sigma=shift, backend=backend, maxiter=maxiter, count=count)
    binding = matrix.binding
    working = np.result_type(stiffness.dtype, mass.dtype)
    values = (binding.astype(one.values, working)[None] for one in (stiffness, mass))
    pairs = binding.eigsh(*values, patterns=(stiffness.pattern, mass.pattern), options=options)[0]
    return pairs[:, 0], pairs[:, 1:].T


def eigen_options(
    n: int,
    k: int,
    structure: Structure,
    *,
    sigma: float | None,
    backend: str | None = None,
    maxiter: int | None = None,
    count: bool = True,
) -> EigenOptions:
    """Return what was asked for, checked; for packages that make the matrices themselves.

    Parameters
    ----------
    n : int
        Unknowns.
    structure : Structure
        Of K; of M for the largest pairs.
    k, sigma, backend, maxiter, count
        As in `eigsh`.
    """
    check_count(k, n)
    check_restarts(maxiter)
    shift = None if sigma is None else _number(sigma)
    if backend is not None:
        get(backend)
    below = shift is None or shift < 0
    if not (shift in (0.0, np.inf) or (below and structure.positive_definite)):
        structure = Structure(symmetric=True)
    return EigenOptions(int(k), shift, structure, backend, maxiter, bool(count))


def identity(matrix: SparseArray[Array], n: int) -> SparseArray[Array]:
    """Return the identity in the type of a matrix of n unknowns."""
    pattern, _ = from_triplets(np.arange(n), np.arange(n), (n, n))
    return type(matrix)(np.ones(n, matrix.dtype), pattern, Structure(positive_definite=True))


def checked_mass(mass: SparseArray[Array], n: int) -> SparseArray[Array]:
    """Return M, raise `ShapeError` unless it is square and of the unknowns of the matrix."""
    m = check_square(mass)
    if m != n:
        raise ShapeError(
            "M does not fit the matrix",
            expected=f"shape {(n, n)}, that of the matrix",
            got=f"M of shape {(m, m)}",
            fix="make both of the same unknowns",
        )
    return mass


def _check_symmetric(name: str, matrix: SparseArray[Any]) -> None:
    """Raise unless a matrix is real and declared symmetric; whether the values are so, the factorization sees."""
    if matrix.dtype.kind == "c":
        raise DtypeError(
            f"{name} is complex",
            expected="real symmetric matrices",
            got=f"{matrix!r}",
            fix="a Hermitian A + iB has the eigenvalues, each twice, of block([[A, -B], [B, A]])",
        )
    structure = matrix.structure.on(is_complex=False)
    if not structure.symmetric:
        raise StructureError(
            f"{name} is not declared symmetric",
            expected="symmetric=True or positive_definite=True",
            got=f"{matrix!r}",
            fix="declare what holds: A.declare(symmetric=True); eigsh is of symmetric matrices",
        )


def check_count(k: Any, n: int) -> None:
    """Raise `ShapeError` unless k is a number of eigenpairs of n unknowns."""
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= n:
        raise ShapeError(
            "k is too large" if isinstance(k, int | np.integer) and k > n else "k is not a number of eigenpairs",
            expected=f"an integer, 1 <= k <= {n}: the matrix has {n} unknowns",
            got=f"k={k!r}",
            fix="ask for a few of the pairs",
        )


def check_restarts(maxiter: Any) -> None:
    """Raise `ShapeError` unless `maxiter` is a number of restarts, or None."""
    if maxiter is None:
        return
    if not isinstance(maxiter, int | np.integer) or isinstance(maxiter, bool) or maxiter < 1:
        raise ShapeError(
            "maxiter is not a number of restarts",
            expected="an integer, 1 <= maxiter, or None",
            got=f"maxiter={maxiter!r}",
            fix="leave it out: then it is ten for each unknown",
        )


def _number(sigma: Any) -> float:
    try:
        shift = float("nan" if isinstance(sigma, str | bytes | bool) else sigma)
    except Exception:  # a traced number: whatever its library raises
        shift = float("nan")
    if np.isnan(shift) or shift == -np.inf:
        raise DtypeError(
            "sigma is not a known number",
            expected="a real number known before the program is traced, infinity, or None",
            got=f"sigma={sigma!r}",
            fix="pass a float; eigenvalues do not depend on it, so it needs no derivative",
        )
    return shift
