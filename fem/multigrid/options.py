"""What a user of multigrid may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fem.errors import SpaceError

if TYPE_CHECKING:
    from sparsead.factors.options import Precision

_LEAST = 1e-14

Differentiate = Literal["solution", "iterations"]


@dataclass(frozen=True)
class Options:
    """Choices, compared by value; see `fem.multigrid`.

    Parameters
    ----------
    rtol : float
        Largest relative residual.
    max_iterations : int
        Limit.
    smoothing : int
        Steps of the smoother before and after each correction.
    visits : int
        Of each level but the finest and the coarsest.
    precision : {"double", "single"}
        Of the cycle.
    adjoint_rtol : float or None
        Largest relative residual of adjoints; None for `rtol`.
    differentiate : {"solution", "iterations"}
        What derivatives are of.
    """

    rtol: float = 1e-8
    max_iterations: int = 500
    smoothing: int = 3
    visits: int = 3
    precision: Precision = "double"
    adjoint_rtol: float | None = None
    differentiate: Differentiate = "solution"

    def __post_init__(self) -> None:
        adjoint = self.rtol if self.adjoint_rtol is None else self.adjoint_rtol
        for name, tolerance in (("rtol", self.rtol), ("adjoint_rtol", adjoint)):
            if not isinstance(tolerance, float) or not _LEAST <= tolerance < 1:
                raise _impossible(name, tolerance, f"a relative residual from {_LEAST:g} to less than 1", "1e-8")
        for name, usual in (("max_iterations", 500), ("smoothing", 3), ("visits", 3)):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise _impossible(name, count, "a whole number, 1 or more", str(usual))
        for name, either in (("precision", ("double", "single")), ("differentiate", ("solution", "iterations"))):
            if (value := getattr(self, name)) not in either:
                raise _impossible(name, value, " or ".join(map(repr, either)), repr(either[0]))

    @property
    def remedy(self) -> str:
        """What to try where this does not converge."""
        stays = self.precision == "single" and self.differentiate == "iterations"
        precise = 'precision="double", ' if stays else ""
        return f"{precise}more smoothing, fem.multigrid(smoothing={self.smoothing + 2}), more max_iterations"


def _impossible(name: str, value: Any, expected: str, example: str) -> SpaceError:
    return SpaceError(f"{name} is impossible", expected=expected, got=f"{name}={value!r}", fix=f"{name}={example}")
