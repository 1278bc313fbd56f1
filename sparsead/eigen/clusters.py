"""Repeated eigenvalues: which count as one, and which derivatives they leave.

Members of a repeated eigenvalue may be rotated into each other, so single ones have no derivative. What has one is
whatever does not see the rotation: a smooth function of the subspace and of all its eigenvalues alike. Of such a
function the cotangents of the eigenvalues are equal, and ``v_i . f_j = v_j . f_i`` for those of the vectors: rotate by
an infinitesimal angle. This is what is checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.eigen.options import REPEATED
from sparsead.errors import NoDerivativeError

Noise = float | NDArray[np.floating]

_ALIKE = 1e-6  # a symmetric function of eigenvalues that differ by REPEATED is symmetric to about as much


def blur(values: NDArray[Any], noise: Noise, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """Return how far from each eigenvalue, shape (k,), another counts as the same; the parameters as of `repeated`."""
    digits = 100 * float(np.finfo(dtype or np.float64).eps)
    return np.maximum(max(REPEATED, digits) * np.abs(values), noise)


def repeated(values: NDArray[Any], noise: Noise, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """Return which pairs of eigenvalues count as one.

    Parameters
    ----------
    values : array, shape (k,)
        Ascending eigenvalues.
    noise : float or array, shape (k,)
        What rounding in K leaves of each: zeros, as of rigid motions, have no size to compare a difference with.
    dtype : dtype, optional
        Type in which they were given.

    Returns
    -------
    bool array, shape (k, k)
        False on the diagonal.
    """
    around = blur(values, noise, dtype)
    near = np.diff(values) <= np.maximum(around[1:], around[:-1])
    member = np.concatenate([[0], np.cumsum(~near)])
    together: NDArray[Any] = member[:, None] == member
    return together & ~np.eye(len(values), dtype=bool)


def check_cut(values: NDArray[Any], noise: Noise, kept: NDArray[np.integer]) -> None:
    """Raise unless the pairs that are kept, of those computed, hold clusters whole.

    Raises
    ------
    NoDerivativeError
        If one kept and one left out count as equal; says which.
    """
    inside = np.zeros(len(values), bool)
    inside[kept] = True
    cut = np.argwhere(repeated(values, noise) & inside[:, None] & ~inside)
    if len(cut):
        last, k = values[cut[0]], int(inside.sum())
        raise NoDerivativeError(
            "a cluster cut by k",
            expected=f"a gap between the {k} eigenvalues and the next",
            got=f"eigenvalues {last[0]:.12g}, kept, and {last[1]:.12g}, not: {_apart(*last)}",
            fix=f"pass k={k + 1}, or one less than the cluster begins with",
            eigenvalues=tuple(map(float, last)),
        )


def check_second(values: NDArray[Any], noise: Noise) -> None:
    """Raise `NoDerivativeError` if eigenvalues are repeated: second derivatives see the members."""
    found = np.argwhere(repeated(values, noise))
    if len(found):
        raise _none("second order of a repeated eigenvalue", values, int(found[0, 0]), int(found[0, 1]))


def check_alike(values: NDArray[Any], together: NDArray[Any], of_values: NDArray[Any]) -> None:
    """Raise unless cotangents are those of a function that treats members of a repeated eigenvalue alike.

    Parameters
    ----------
    values : array, shape (k,)
        Eigenvalues.
    together : bool array, shape (k, k)
        Which count as one.
    of_values : array, shape (k,)
        Their cotangents.

    Raises
    ------
    NoDerivativeError
        Which eigenvalues are how close.
    """
    size = np.abs(of_values)
    unlike = np.abs(of_values[:, None] - of_values) > _ALIKE * np.maximum(size[:, None], size)
    _raise_first(unlike & together, "one member of a repeated eigenvalue", values)


def check_unrotated(values: NDArray[Any], together: NDArray[Any], along: NDArray[Any], size: NDArray[Any]) -> None:
    """Raise unless cotangents of vectors are those of a function that does not see rotations.

    Parameters
    ----------
    values, together
        As of `check_alike`.
    along, size : array, shape (k, k)
        ``v_j . f_i`` with the cotangents f, and the sums of the magnitudes of its terms.

    Raises
    ------
    NoDerivativeError
        Which eigenvalues are how close.
    """
    unlike = np.abs(along - along.T) > _ALIKE * np.maximum(size, size.T)
    _raise_first(unlike & together, "one vector of a repeated eigenvalue", values)


def _raise_first(wrong: NDArray[Any], what: str, values: NDArray[Any]) -> None:
    found = np.argwhere(wrong)
    if len(found):
        raise _none(what, values, int(found[0, 0]), int(found[0, 1]))


def _none(what: str, values: NDArray[Any], i: int, j: int) -> NoDerivativeError:
    return NoDerivativeError(
        f"no derivative of {what}",
        expected=f"eigenvalues apart by more than {REPEATED:g} of their size, or a function of all members alike",
        got=f"eigenvalues {i} and {j}: {values[i]:.12g} and {values[j]:.12g}, {_apart(values[i], values[j])}",
        fix="differentiate what is alike in all members: their sum or p-norm, the projection on their span",
        eigenvalues=(float(values[i]), float(values[j])),
    )


def _apart(one: float, other: float) -> str:
    return f"apart by {abs(one - other) / (max(abs(one), abs(other)) or 1.0):.1e} of their size"
