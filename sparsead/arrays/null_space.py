"""The argument ``null_space`` of `solve`: checked, and that of the stored matrix where a view is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.registry import get
from sparsead.checks import numbers
from sparsead.errors import BackendError, DtypeError, NoDerivativeError, NonFiniteError, ShapeError
from sparsead.factors.null_space import Grounded
from sparsead.factors.null_vectors import NullSpace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.backends.backend import Backend


def grounded(matrix: SparseArray[Array], null_space: ArrayLike, asked: str | Backend | None) -> Grounded:
    """Return the backend that takes a declared null space out.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        What is solved with; may be a view.
    null_space : array, shape (n,) or (n, r)
        Of that matrix.
    asked : str, Backend or None
        The library; None lets the structure choose.

    Raises
    ------
    BackendError, BackendMissingError
        If a method is asked for, or the library does not exist.
    NoDerivativeError, DtypeError, ShapeError, NonFiniteError, NullSpaceError
        If `null_space` is traced, no array of numbers or complex for a real matrix, does not fit, is not finite, or its
        vectors depend on each other.
    """
    if not (asked is None or isinstance(asked, str)):
        raise BackendError(
            "a declared null space and a method are given",
            expected="null_space= with a library, which factorizes",
            got=f"method={asked!r}",
            fix="drop method=; Krylov methods need no null space where b is in the range",
        )
    if asked is not None:
        get(asked)
    basis = _known(null_space)
    shape = basis.shape
    basis = basis[:, None] if basis.ndim == 1 else basis
    n = matrix.shape[0]
    if basis.ndim != 2 or len(basis) != n or basis.shape[1] >= n:
        raise _misfit(shape, n)
    _check_finite(basis)
    if matrix.binding.dtype(matrix.values).kind != "c":
        basis = _real(basis)
    elif matrix._transposed != matrix._conjugated:  # of a Hermitian matrix both are the conjugate of what is stored
        basis = basis.conj()
    return Grounded(NullSpace(basis), asked)


def _known(null_space: Any) -> NDArray[Any]:
    try:
        known = np.asarray(null_space)
    except Exception as error:  # whatever the library that traces it raises
        raise NoDerivativeError(
            "null_space must be known when the program is traced",
            expected="a concrete array: NumPy's, or one outside jit, vmap and grad",
            got=f"null_space = {type(null_space).__name__}, traced",
            fix="make it with NumPy outside the traced function: matrices to differentiate in keep their null space",
        ) from error
    return numbers("null_space", known)


def _misfit(shape: tuple[int, ...], n: int) -> ShapeError:
    if n < 2:
        expected, fix = f"none: a singular matrix of shape ({n}, {n}) has nothing to solve for", "drop null_space="
    elif shape == (n, n):
        expected = f"shape ({n},) or ({n}, r), r < {n}: one column for each motion"
        fix = "pass the motions that meet no resistance, no others"
    else:
        expected = f"shape ({n},) or ({n}, r), r < {n}: one column for each motion"
        fix = "pass null_space.T" if len(shape) == 2 and shape[1] == n > shape[0] else "correct its shape"
    return ShapeError(
        "null_space does not fit the matrix", expected=expected, got=f"null_space of shape {shape}", fix=fix
    )


def _check_finite(basis: NDArray[Any]) -> None:
    wrong = np.argwhere(~np.isfinite(basis))
    if wrong.size:
        row, column = (int(i) for i in wrong[0])
        raise NonFiniteError(
            "null_space is not finite",
            expected="finite values in null_space",
            got=f"component {row} of vector {column} = {basis[row, column]}",
            fix="look at what computes that motion",
            row=row,
            column=column,
            of="null space",
            value=basis[row, column].item(),
        )


def _real(basis: NDArray[Any]) -> NDArray[Any]:
    """Return vectors of a real matrix: they can be real."""
    if np.iscomplexobj(basis) and basis.imag.any():
        row, column = (int(i) for i in np.argwhere(basis.imag)[0])
        raise DtypeError(
            "null_space of a real matrix is complex",
            expected="real vectors: a real matrix maps real and imaginary parts to zero, each by itself",
            got=f"component {row} of vector {column} = {basis[row, column]}",
            fix="pass independent ones of np.hstack([Z.real, Z.imag])",
        )
    return basis.real
