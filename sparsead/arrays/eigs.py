"""Eigenvalues of general matrices with right and left vectors: the public function, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.eigsh import check_count, check_restarts, checked_mass, identity
from sparsead.arrays.solve import check_square
from sparsead.backends.registry import get
from sparsead.eigen.options import GeneralOptions
from sparsead.errors import DtypeError

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray


def eigs(
    matrix: SparseArray[Array],
    k: int,
    M: SparseArray[Array] | None = None,
    *,
    sigma: complex = 0.0,
    backend: str | None = None,
    maxiter: int | None = None,
) -> tuple[Array, Array, Array]:
    """Return the k eigenvalues of ``A v = lambda M v`` nearest to a shift, with right and left vectors, differentiable.

    By ARPACK's Arnoldi iteration on ``(A - sigma M)^-1 M`` and its transpose, with one factorization from the store,
    which all derivatives of values and vectors use too.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        A, real or complex, general; of symmetric ones `eigsh` is quicker and counts them. Unit: [A].
    k : int
        How many.
    M : SparseArray, shape (n, n), optional
        Real or complex, may be singular; by default the identity. Unit: [M].
    sigma : complex
        The shift; no eigenvalue may lie at it. Unit: [A] / [M].
    backend : str, optional
        Library that factorizes ``A - sigma M``; by default the structure decides.
    maxiter : int, optional
        Restarts allowed to the iteration.

    Returns
    -------
    values : array, shape (k,)
        Eigenvalues, complex, nearest to the shift first; of those as near, as a conjugate pair, the one of larger
        imaginary part. Unit: [A] / [M].
    vectors : array, shape (n, k)
        Right eigenvectors, one a column. Of each the first entry with at least 0.99 of the largest magnitude is 1: a
        choice that is holomorphic, so that vectors have complex derivatives, as those of length one have not.
    left : array, shape (n, k)
        Left eigenvectors, ``w^H A = lambda w^H M``, so scaled that ``w^H M v = 1``. Unit: 1 / [M].

    Raises
    ------
    DtypeError, ShapeError
        If a matrix is none, or not square; if k is not an integer from 1 to n, or larger than the number of finite
        eigenvalues; if sigma is not a known number, or maxiter not a positive integer.
    NonFiniteError
        If an entry is not finite.
    SingularMatrixError
        If an eigenvalue lies at the shift.
    DefectiveError
        If an eigenvalue is defective, or so nearly that its condition number is above 1e7.
    ConvergenceError
        If the iteration does not converge (``eigenvalues`` has those that did), or a residual is not small.
    NoDerivativeError
        If a derivative is asked for and one of the eigenvalues is repeated. Says which are how close.

    Notes
    -----
    ``d lambda = w^H (dA - lambda dM) v``: a gradient of eigenvalues alone needs no solve; one of a vector takes an
    iteration of GMRES on the shift's factorization for each eigenvalue.

    No inertia counts eigenvalues off the real axis: that none nearer was missed is Arnoldi's word.

    References
    ----------
    Lehoucq, R. B., Sorensen, D. C., and Yang, C., "ARPACK Users' Guide", SIAM, 1998, doi:10.1137/1.9780898719628.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.coo([0, 1], [1, 0], np.array([1.0, -4.0]), (2, 2))
    >>> values, vectors, left = sp.eigs(A, 2)
    >>> bool(np.allclose(values, [2j, -2j])), bool(np.allclose(left.conj().T @ vectors, np.eye(2)))
    (True, True)
    """
    n = check_square(matrix)
    mass = identity(matrix, n) if M is None else checked_mass(M, n)
    check_count(k, n)
    check_restarts(maxiter)
    if backend is not None:
        get(backend)
    options = GeneralOptions(int(k), _number(sigma), backend, maxiter)
    binding, matrices = matrix.binding, (matrix.plain(), mass.plain())
    working = np.result_type(*(one.dtype for one in matrices), np.complex64)
    values = (binding.astype(one.values, working)[None] for one in matrices)
    patterns = tuple(one.pattern for one in matrices)
    packed = binding.eigs(*values, patterns=patterns, options=options)[0]
    vectors, left = packed[:, 1 : 1 + n], packed[:, 2 + n :]
    massed = vectors if M is None else (mass @ vectors.T).T
    products = binding.xp.reshape((left * massed).sum(1), (int(k), 1))
    return packed[:, 0], vectors.T, binding.xp.conj(left / products).T


def _number(sigma: Any) -> complex:
    try:
        shift = complex("nan" if isinstance(sigma, str | bytes | bool) else sigma)
    except Exception:  # a traced number: whatever its library raises
        shift = complex("nan")
    if not np.isfinite(shift):
        raise DtypeError(
            "sigma is not a known number",
            expected="a real or complex number, finite, known before the program is traced",
            got=f"sigma={sigma!r}",
            fix="pass a number; eigenvalues do not depend on it, so it needs no derivative",
        )
    return shift
