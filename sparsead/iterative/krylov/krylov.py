"""What a Krylov method is to the rest: which matrices it suits, and a correction from a residual."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch


@dataclass(frozen=True)
class Krylov(ABC):
    """A Krylov method; compared by value.

    Attributes
    ----------
    name : str
        What messages call it.
    hermitian : bool
        Whether the matrix must be Hermitian, and the preconditioner Hermitian and positive definite.
    definite : bool
        Whether the matrix must be positive definite.
    """

    name: ClassVar[str]
    hermitian: ClassVar[bool] = False
    definite: ClassVar[bool] = False

    @abstractmethod
    def correction(self, of: Operators, residual: NDArray[Any], watch: Watch) -> NDArray[Any]:
        """Return the correction d with ``A d = residual``, as far as the watch lets it iterate.

        Parameters
        ----------
        of : Operators
            The matrix and the preconditioner, as functions of blocks.
        residual : array, shape (k, n)
            Residuals of the right-hand sides ``watch.live``.
        watch : Watch
            Is told the norms of the residuals after each iteration.

        Returns
        -------
        array, shape (k, n)
            A new array.
        """
