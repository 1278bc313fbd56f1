"""What the caller of a solve may choose; part of the key of the factor store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sparsead.backends.backend import Backend
from sparsead.backends.registry import METHODS
from sparsead.errors import BackendError, SparseADError
from sparsead.pattern.structure import GENERAL, Structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

OnSingular = Literal["raise", "nan"]
Precision = Literal["double", "single"]
Automatic = Literal["auto"]


class Explain(Protocol):
    """Says an error of a solve in words of the problem that the matrix came from; compared by value."""

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise, from that of the solve and the matrix: its pattern and values, shape (s,)."""
        ...


@dataclass(frozen=True)
class SolveOptions:
    """How to factorize, and what to do with a singular matrix.

    Parameters
    ----------
    structure : Structure
        Declared facts about the matrix.
    backend : str, Backend or None
        Name of a backend; a method that is one itself; None lets `sparsead.backends.choose` decide.
    on_singular : {"raise", "nan"}
        Raise, or return NaN for that matrix: what dead lanes of a batch need.
    precision : {"double", "single"}
        Type of the factors. Values in single precision are factorized in double unless "single" is asked for.
    explain : Explain, optional
        Called with whatever error a solve ends in, and the matrix; returns the error to raise.
    awaited : bool
        A solve with the same matrix will follow (a tangent, an adjoint): keep the factorization for it.
    parts : int
        Rows that make a right-hand side: 2 for the real and the imaginary part; for the places that messages name.
    rtol : float or None
        Tolerance of this solve, where the backend has one; None is the backend's own.
    instead : str
        The argument that names an iterative method, for the warning before factors that do not fit; by default that
        of `sparsead.backends.choose`.
    derived : bool
        Whether the right-hand side is that of a derivative, which a limited backend takes to those that suit it.
    """

    structure: Structure = GENERAL
    backend: str | Backend | None = None
    on_singular: OnSingular = "raise"
    precision: Precision = "double"
    awaited: bool = False
    explain: Explain | None = None
    parts: int = 1
    rtol: float | None = None
    instead: str = ""
    derived: bool = False

    def __post_init__(self) -> None:
        _one_of("on_singular", self.on_singular, ("raise", "nan"))
        _one_of("precision", self.precision, ("double", "single"))
        if not (self.backend is None or isinstance(self.backend, str | Backend)):
            raise BackendError(
                "backend is not a name",
                expected="the name of a backend, or None to let the structure choose",
                got=f"backend={self.backend!r}",
                fix="pass one of sparsead.backends.installed()",
            )

    @property
    def iterative(self) -> bool:
        """Whether a solution has a tolerance."""
        return isinstance(self.backend, Backend) and self.backend.rtol > 0

    def awaiting(self) -> SolveOptions:
        """Return the same options for a solve that is being differentiated."""
        return self if self.awaited else replace(self, awaited=True)

    def settled(self) -> SolveOptions:
        """Return the same options for the solve of a derivative, which nothing awaits."""
        return replace(self, awaited=False) if self.awaited else self

    def tangent(self) -> SolveOptions:
        """Return the same options for the right-hand side of a derivative."""
        limited = isinstance(self.backend, Backend) and self.backend.limited
        return replace(self, derived=True) if limited and not self.derived else self

    def adjoint(self) -> SolveOptions:
        """Return the same options for the solve that carries a derivative back, to the tolerance of such."""
        return self.tangent()._adjoint()

    def _adjoint(self) -> SolveOptions:
        if self.rtol is None and isinstance(self.backend, Backend) and self.backend.adjoint_rtol != self.backend.rtol:
            return replace(self, awaited=False, rtol=self.backend.adjoint_rtol)
        return self.settled()


def chosen(method: Backend | Automatic | None, backend: str | None, argument: str = "method") -> str | Backend | None:
    """Return what a caller asked for, by the value or the name of a method or by the name of a library.

    Parameters
    ----------
    method, backend
        What the caller gave.
    argument : str
        What the caller knows the method as.

    Raises
    ------
    BackendError
        If both are given, or `method` is none.
    """
    if method is None:
        return backend
    if isinstance(method, str) and method in METHODS:
        method = METHODS[method]()
    if not isinstance(method, Backend):
        raise BackendError(
            f"{argument} is not a method",
            expected='a value such as sparsead.iterative.cg(), "auto", or None for a direct solver',
            got=f"{argument}={method!r}",
            fix=f'call it: {argument}=sparsead.iterative.cg(); a library is named by backend="..."',
        )
    check_alone(method, backend, argument)
    return method


def check_alone(method: object, backend: str | None, argument: str = "method") -> None:
    """Raise `BackendError` if a library is named beside a method."""
    if backend is not None:
        raise BackendError(
            "a method and a library are given",
            expected=f"one of {argument}= and backend=: a library factorizes, a method iterates",
            got=f"{argument}={method!r}, backend={backend!r}",
            fix="drop one of them",
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise BackendError(
            f"unknown {name}",
            expected=f"{name} one of {', '.join(map(repr, allowed))}",
            got=f"{name}={value!r}",
            fix="pass one of these",
        )
