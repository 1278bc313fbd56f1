"""A preconditioner of the user's own: functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import ShapeError
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared, impossible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import System

Apply = Callable[["NDArray[Any]"], "NDArray[Any]"]


@dataclass(frozen=True, repr=False)
class User(Preconditioner):
    """Functions of the user's; compared as Python compares functions."""

    function: Apply
    transpose: Apply | None = None

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise impossible(
                "apply", self.function, expected="a function of a residual, shape (n,)", fix="pass lambda r: ..."
            )
        if self.transpose is not None and not callable(self.transpose):
            raise impossible(
                "transpose", self.transpose, expected="a function of a residual, shape (n,)", fix="pass lambda r: ..."
            )

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return the functions, on blocks."""
        return Applied(self)


class Applied(Prepared):
    """The user's functions, one right-hand side after the other."""

    nbytes = 0

    def __init__(self, of: User) -> None:
        self._of = of

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return what the user's function makes of each row of r.

        Raises
        ------
        ShapeError
            If that has another shape, or there is no transpose and one is needed.
        """
        function = self._of.transpose if transposed else self._of.function
        if function is None:
            raise ShapeError(
                "the transposed system needs the transpose of the preconditioner",
                expected="user(apply, transpose) with both functions",
                got=f"user({_name(self._of.function)}), and the adjoint of a matrix that is not Hermitian",
                fix="pass the transpose too; where apply is symmetric, user(apply, apply)",
            )
        return np.stack([self._one(function, row) for row in r])

    def _one(self, function: Apply, row: NDArray[Any]) -> NDArray[Any]:
        given = row.copy()  # the user's function may write into it
        z = np.asarray(function(given))
        if z.shape != row.shape:
            raise ShapeError(
                "the preconditioner returns another shape",
                expected=f"shape {row.shape}, that of the residual",
                got=f"shape {z.shape} from {_name(function)}",
                fix="return one number for each unknown",
            )
        if np.iscomplexobj(z) and not np.iscomplexobj(row):
            raise ShapeError(
                "the preconditioner of a real matrix returns complex numbers",
                expected=f"an array of type {row.dtype}",
                got=f"an array of type {z.dtype} from {_name(function)}",
                fix="return the real part",
            )
        return z.astype(row.dtype, copy=False)


def _name(function: Any) -> str:
    return getattr(function, "__name__", repr(function))


def user(apply: Apply, transpose: Apply | None = None) -> Preconditioner:
    """Return a function of one's own as a preconditioner.

    Parameters
    ----------
    apply : callable
        ``apply(r)`` is nearly the solution of ``A z = r``, for a NumPy array of shape (n,); linear in r and always
        the same. For `cg` and `minres` symmetric and positive definite. It runs on the host and knows nothing of A
        but what it brings along: a matrix that changes needs another one, or a rougher one.
    transpose : callable, optional
        The same for the transpose of A, with the transpose of ``apply``: derivatives of solves with a matrix that is
        not symmetric need it.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of a method. Two are equal where their functions are the same objects: make it once,
        outside of a loop, or each call sets up anew and compiles anew.

    Raises
    ------
    BackendError
        If one is no function.
    ShapeError
        In the solve, if it returns another shape, or its transpose is needed and not there.
    NonFiniteError
        In the solve, if it returns NaN or infinity; says in which call.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> A = sp.diags([np.array([2.0, 4.0])], positive_definite=True)
    >>> half = sparsead.iterative.user(lambda r: r / 2)
    >>> sp.solve(A, np.array([2.0, 8.0]), method=sparsead.iterative.cg(half)).round(9)
    array([1., 2.])
    """
    return User(apply, transpose)
