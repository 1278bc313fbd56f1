"""What a preconditioner must do: be set up for a matrix, and apply to residuals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparsead.errors import BackendError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import Products, System


class Prepared(ABC):
    """A preconditioner that is set up for one matrix.

    Attributes
    ----------
    nbytes : int
        Its memory, but for that of `products`. Unit: [byte].
    products : Products or None
        The matrix in a form that it keeps anyway; the set-up then needs no other.
    patience : int or None
        Iterations after which it would rather be renewed; None for never.
    """

    nbytes: int
    products: Products | None = None
    patience: int | None = None

    @abstractmethod
    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return z, nearly the solution of ``A z = r``, or ``A^T z = r``, for each row of r, shape (k, n).

        Linear in r, always the same, and with `transposed` the transpose of itself. Not to change r.
        """

    def spend(self, iterations: int) -> None:  # noqa: B027  # most need not know
        """Hear how many iterations went into a solve with it."""

    def renew(self) -> None:  # noqa: B027  # most are for ever
        """Become better, after `patience` iterations that did not suffice."""


@dataclass(frozen=True)
class Preconditioner(ABC):
    """Description of a preconditioner; compared by value."""

    def missing(self) -> str | None:
        """Return how to install the library where it cannot be used, None where it can."""
        return None

    @abstractmethod
    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return what applies to residuals of a matrix.

        Parameters
        ----------
        system : System
            The matrix.
        shared : dict
            What set-ups for matrices of the same pattern may keep for each other.
        """

    def __repr__(self) -> str:
        return described(type(self).__name__.lower(), self)


def described(name: str, value: Any) -> str:
    """Return ``name(field=value, ...)`` with the fields that differ from their defaults."""
    fields = value.__dataclass_fields__.values()
    told = [f"{f.name}={getattr(value, f.name)!r}" for f in fields if getattr(value, f.name) != f.default]
    return f"{name}({', '.join(told)})"


def impossible(name: str, value: Any, *, expected: str, fix: str) -> BackendError:
    """Return the error for an option that cannot be."""
    return BackendError(f"impossible {name}", expected=expected, got=f"{name}={value!r}", fix=fix)


def check_count(name: str, value: Any, *, least: int = 1) -> None:
    """Raise `BackendError` unless an option is a whole number, `least` or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise impossible(
            name, value, expected=f"a whole number, {least} or more", fix=f"pass for example {name}={max(least, 1)}"
        )
