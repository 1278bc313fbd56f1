"""What a Krylov loop applies: the matrix and the preconditioner as functions of blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Operators:
    """What a Krylov loop applies, both to blocks of shape (k, n).

    Parameters
    ----------
    product : callable
        ``product(x)`` is A x, or A^T x.
    precondition : callable
        ``precondition(r)`` is nearly the solution of A z = r, or of A^T z = r.
    """

    product: Callable[[NDArray[Any]], NDArray[Any]]
    precondition: Callable[[NDArray[Any]], NDArray[Any]]
