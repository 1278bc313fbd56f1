"""Recipe: what a user chose of an iterative method, checked; a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, check_count, described, impossible

_LEAST = 4 * float(np.finfo(float).eps)
_ITERATIONS = 10_000


@dataclass(frozen=True, repr=False)
class Recipe:
    """What iterates, with which preconditioner, and until when.

    Parameters
    ----------
    krylov : Krylov
        What iterates.
    preconditioner : Preconditioner
        What nearly solves.
    rtol, adjoint_rtol : float
        Largest relative residual of solutions, and of those that carry derivatives back.
    max_iterations : int or None
        Limit; None for ten times the unknowns, 10,000 at most.
    warm_start : bool
        Whether a solve begins where an earlier one with the same pattern ended.

    Raises
    ------
    BackendError
        If one is impossible.
    """

    krylov: Krylov
    preconditioner: Preconditioner
    rtol: float
    adjoint_rtol: float
    max_iterations: int | None
    warm_start: bool

    def __post_init__(self) -> None:
        for name in ("rtol", "adjoint_rtol"):
            _check_tolerance(name, getattr(self, name))
        if self.max_iterations is not None:
            check_count("max_iterations", self.max_iterations)
        if not isinstance(self.preconditioner, Preconditioner):
            raise impossible(
                "preconditioner",
                self.preconditioner,
                expected="what sparsead.iterative.jacobi(), amg(), ilu(), user(...) return",
                fix="call it: preconditioner=sparsead.iterative.amg(); a function of yours goes into user(apply)",
            )

    def limit(self, n: int) -> int:
        """Return the iterations allowed for n unknowns."""
        return min(10 * n, _ITERATIONS) if self.max_iterations is None else self.max_iterations

    def __repr__(self) -> str:
        inner = described(self.krylov.name, self.krylov)[:-1]
        parts = [f"preconditioner={self.preconditioner!r}", f"rtol={self.rtol:g}"]
        parts += [f"adjoint_rtol={self.adjoint_rtol:g}"] if self.adjoint_rtol != self.rtol else []
        parts += [f"max_iterations={self.max_iterations}"] if self.max_iterations is not None else []
        parts += ["warm_start=True"] if self.warm_start else []
        return f"{inner}{', ' if not inner.endswith('(') else ''}{', '.join(parts)})"


def _check_tolerance(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float | int | np.floating) or not _LEAST <= value < 1:
        raise impossible(
            name,
            value,
            expected=f"a relative residual from {_LEAST:.0e}, what float64 gives at best, to less than 1",
            fix=f"pass for example {name}=1e-8; for digits to rounding take the direct solver",
        )
