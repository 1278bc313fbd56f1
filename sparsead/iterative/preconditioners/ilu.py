"""Incomplete LU by SuperLU: elimination that drops what is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spilu

from sparsead.errors import BackendError, SingularMatrixError
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared, impossible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import System

_BYTES_OF_INDEX = 4


@dataclass(frozen=True, repr=False)
class Ilu(Preconditioner):
    """Incomplete LU with threshold and partial pivoting."""

    drop: float = 1e-4
    fill: float = 10.0

    def __post_init__(self) -> None:
        check_dropping(self.drop, self.fill)

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return the incomplete factors.

        Raises
        ------
        SingularMatrixError
            If a pivot is zero.
        """
        return IncompleteFactors(factors(system, self.drop, self.fill), system.values.itemsize)


class IncompleteFactors(Prepared):
    """``Pr A Pc``, nearly ``L U``."""

    def __init__(self, lu: Any, itemsize: int) -> None:
        self._lu = lu
        self.nbytes = int(lu.nnz) * (itemsize + _BYTES_OF_INDEX)

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return (L U)^-1 r for each row of r, or the transpose of that."""
        return np.ascontiguousarray(self._lu.solve(r.T, "T" if transposed else "N").T)


def check_dropping(drop: Any, fill: Any) -> None:
    """Raise `BackendError` unless a drop tolerance and a fill are possible."""
    if isinstance(drop, bool) or not isinstance(drop, float | int) or not 0 <= drop < 1:
        raise impossible("drop", drop, expected="0 <= drop < 1", fix="pass for example drop=1e-4")
    if isinstance(fill, bool) or not isinstance(fill, float | int) or not fill >= 1:
        raise impossible("fill", fill, expected="fill >= 1", fix="pass for example fill=10")


def factors(system: System, drop: float, fill: float, **options: Any) -> Any:
    """Return SuperLU's incomplete factors of a matrix.

    Raises
    ------
    SingularMatrixError
        If a pivot is zero.
    BackendError
        If memory does not suffice.
    """
    pattern = system.pattern
    matrix = csc_array((system.values, pattern.indices, pattern.indptr), shape=pattern.shape)
    try:
        return spilu(matrix, drop_tol=drop, fill_factor=fill, **options)
    except MemoryError as error:
        raise BackendError(
            "SuperLU ran out of memory",
            expected="memory for the incomplete factors",
            got=f"fill={fill} of a matrix with {pattern.size} stored entries",
            fix="pass a smaller fill or a larger drop",
            fault="memory",
        ) from error
    except RuntimeError as error:
        if "singular" not in str(error):
            raise
        raise SingularMatrixError(
            "the incomplete factorization meets a zero pivot",
            expected="pivots that are not zero",
            got=f"a zero pivot with drop={drop:g}, fill={fill:g}",
            fix="pass a smaller drop, another preconditioner, or take the direct solver",
            dof=None,
        ) from error


def ilu(drop: float = 1e-4, fill: float = 10.0) -> Preconditioner:
    """Return an incomplete LU factorization as a preconditioner: for general matrices.

    SuperLU eliminates with partial pivoting, drops entries below `drop` of their column, and more where factors
    would take more than `fill` times the entries of the matrix. Of a symmetric matrix it is not symmetric: `ichol`
    is for `cg`.

    Parameters
    ----------
    drop : float
        Entries below this fraction of the largest of their column are dropped; 0 keeps all that `fill` lets in.
    fill : float
        Largest size of the factors, over that of the matrix.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of `gmres` or `bicgstab`.

    Raises
    ------
    BackendError
        If an option is impossible, or memory does not suffice.
    SingularMatrixError
        In the solve, if a pivot is zero.

    References
    ----------
    Li, X. S., and Shao, M., "A supernodal approach to incomplete LU factorization with partial pivoting", ACM Trans.
    Math. Softw. 37, 2011, doi:10.1145/1916461.1916467.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.iterative.gmres(sparsead.iterative.ilu(drop=1e-3))
    gmres(restart=50, preconditioner=ilu(drop=0.001), rtol=1e-08)
    """
    return Ilu(drop, fill)
