"""Inertia: how many eigenvalues are positive and negative, from the signs of pivots.

``A = L D L^H`` is a congruence, so that D has as many eigenvalues of each sign as A (Sylvester). A factorization with
row exchanges (LU) is none, and tells nothing: a small matrix is then factorized once more, full, by Bunch and Kaufman's
method; a large one by PARDISO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal, ldl
from scipy.sparse import csc_array

from sparsead.backends.registry import BACKENDS
from sparsead.errors import BackendError
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Backend, Factorization
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_FEW_UNKNOWNS = 1_000  # a full matrix of so many takes 8 MB and a tenth of a second

Inertia = tuple[int, int, int]


def inertia_of(pattern: Pattern, values: NDArray[Any], options: SolveOptions) -> Inertia:
    """Return the numbers of positive, negative and zero eigenvalues.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Stored values of a symmetric or Hermitian matrix, in the type of the factors, contiguous.
    options : SolveOptions
        Structure and backend.

    Raises
    ------
    BackendError
        If no library that is here tells, of a large matrix.
    """
    entry = factor_cache.entry(pattern, values, options)
    found = told(entry.factorization())
    return counted_elsewhere(pattern, values, entry.group.structure, entry.group.library) if found is None else found


def counted_elsewhere(pattern: Pattern, values: NDArray[Any], structure: Structure, library: Backend) -> Inertia:
    """Return the inertia where the library that factorized does not tell it.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Stored values of a symmetric or Hermitian matrix, in the type of the factors, contiguous.
    structure : Structure
        What it is.
    library : Backend
        What factorized.

    Raises
    ------
    BackendError
        If no library that is here tells, of a large matrix.
    """
    if pattern.shape[0] <= _FEW_UNKNOWNS:
        return _of_full(pattern, values)
    found, pardiso = None, BACKENDS["pardiso"]
    if pardiso.missing() is None and values.dtype.char == "d" and library is not pardiso:
        options = SolveOptions(structure, pardiso.name)
        found = told(factor_cache.entry(pattern, values, options).factorization())
    if found is None:
        raise BackendError(
            "no library tells the inertia of this matrix",
            expected=f"PARDISO, of a real matrix, without perturbed pivots; or at most {_FEW_UNKNOWNS} unknowns",
            got=f"a {structure.describe()} matrix of type {values.dtype}, shape {pattern.shape}",
            fix='install PARDISO, pip install "sparsead[pardiso]"; declare positive_definite=True if that holds',
            fault="untold",
        )
    return found


def told(factorization: Factorization) -> Inertia | None:
    """Return what factors tell; None where they do not, or where pivots were changed, perhaps their signs."""
    if factorization.pivots.perturbed:
        return None
    try:
        return factorization.inertia()
    except BackendError as error:
        if error.fault != "untold":
            raise
        return None


def _of_full(pattern: Pattern, values: NDArray[Any]) -> Inertia:
    """By blocks of one or two pivots; eigenvalues of a Hermitian tridiagonal matrix do not depend on its phases."""
    full = csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape).toarray()
    np.fill_diagonal(full, full.diagonal().real)  # rounding may leave D D^H others
    _, blocks, _ = ldl(full)
    pivots = eigvalsh_tridiagonal(np.real(np.diagonal(blocks)), np.abs(np.diagonal(blocks, -1)))
    positive, negative = int((pivots > 0).sum()), int((pivots < 0).sum())
    return positive, negative, len(pivots) - positive - negative
