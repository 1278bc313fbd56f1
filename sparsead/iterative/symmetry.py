"""Whether a preconditioner is Hermitian, by two random vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.iterative.failures import negative_preconditioner, unsymmetric_preconditioner
from sparsead.iterative.krylov.blocks import dots, norms

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALIKE = 1e-6  # preconditioners in single precision pass


def check_hermitian(
    name: str, precondition: Callable[[NDArray[Any]], NDArray[Any]], n: int, values: NDArray[Any]
) -> None:
    """Raise unless ``u^H M v = conj(v^H M u)`` and ``u^H M u > 0`` for two random vectors; costs two applications.

    Parameters
    ----------
    name : str
        Method that needs it.
    precondition : callable
        M, on blocks of shape (2, n).
    n : int
        Unknowns.
    values : array
        In whose type the vectors are.

    Raises
    ------
    StructureError
        If M is not Hermitian.
    NotPositiveDefiniteError
        If it is not positive definite.
    """
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2, n)).astype(values.dtype)
    if values.dtype.kind == "c":
        vectors += 1j * rng.standard_normal((2, n))
    images = precondition(vectors)
    one, other = dots(vectors, images[::-1])
    # of random vectors products are smaller than those of norms by the root of n, as is what an error leaves of them
    scale = float((norms(vectors) * norms(images)[::-1]).max()) / np.sqrt(n)
    difference = abs(one - np.conj(other)) / scale if scale > 0 else 0.0
    if not difference <= _ALIKE:
        raise unsymmetric_preconditioner(name, float(difference))
    energies = np.real(dots(vectors, images)) / norms(vectors) ** 2
    if not energies.min() > 0:
        raise negative_preconditioner(float(energies.min()), 0)
