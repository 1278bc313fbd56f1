"""Kernel ``eigs``: eigenvalues of general matrices with right and left vectors, from the factorization in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.general import GeneralPencil
from sparsead.eigen.triples import triples
from sparsead.errors import DtypeError
from sparsead.kernels.lanes import noted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import GeneralOptions
    from sparsead.pattern.pattern import Pattern


def eigs(
    values: NDArray[Any],
    mass: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: GeneralOptions,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return the pairs of ``A v = lambda M v`` and ``y A = lambda y M``, each as one row: lambda, v, lambda, y.

    Parameters
    ----------
    values, mass : array, shape (b, s)
        Stored values of A and of M, complex, or real where the eigenvalues are. Units: [A], [M].
    patterns : tuple of Pattern
        Of A and of M, shape (n, n).
    options : GeneralOptions
        Which pairs, and how.
    out : array, shape (b, k, 2 + 2 n), optional
        Where to write.

    Returns
    -------
    array, shape (b, k, 2 + 2 n)
        Eigenvalues, nearest to the shift first, and vectors of which the first of the largest entries is 1. Unit of
        eigenvalues: [A] / [M].

    Raises
    ------
    DtypeError
        If values are real and eigenvalues are not.
    SparseADError
        Whatever is wrong with a matrix, see `sparsead.eigen.triples.triples`; a note says which of the batch.
    """
    n = patterns[0].shape[0]
    out = np.empty((len(values), options.k, 2 + 2 * n), values.dtype) if out is None else out
    for lane in range(len(values)):
        with noted(lane, len(values)):
            found, vectors, left = triples(GeneralPencil(values[lane], mass[lane], patterns, options))
            packed = np.concatenate([found[:, None], vectors, found[:, None], left], axis=1)
            out[lane] = packed if values.dtype.kind == "c" else _real(packed)
    return out


def _real(packed: NDArray[Any]) -> NDArray[Any]:
    if packed.imag.any():
        worst = packed[:, 0][np.abs(packed[:, 0].imag).argmax()]
        raise DtypeError(
            "an eigenvalue is complex",
            expected="real eigenvalues, of matrices with values of a real type",
            got=f"lambda = {worst:.9g}",
            fix="pass values of a complex type",
        )
    return packed.real
