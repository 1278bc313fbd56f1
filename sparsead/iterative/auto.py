"""Auto: factors where they fit and are not much slower, iterations elsewhere; decided once for a pattern.

Derivation
----------
The library analyzes, and tells the bytes and the operations of the factors
before they are made. They are made if they take at most a quarter of the
memory that is free, which is what the store of factors keeps, and if, for a
positive definite matrix, their time is at most twice that of iterations:
factors answer further right-hand sides at once, and iterations become more
where the matrix is badly conditioned, which no analysis of a pattern sees.
Other matrices are iterated only where factors do not fit: no preconditioner is
good for all of them. The analysis of factors that are made is the one that was
asked; a small matrix is not asked about at all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sparsead.backends.against import against, makes_no_difference, seconds_of_iterations
from sparsead.backends.backend import Backend
from sparsead.backends.choose import LARGE_UNKNOWNS, preferred
from sparsead.backends.registry import get
from sparsead.factors.store import factor_cache
from sparsead.iterative.method import Method
from sparsead.iterative.methods.cg import cg
from sparsead.iterative.methods.gmres import gmres
from sparsead.iterative.preconditioners.amg import amg
from sparsead.iterative.preconditioners.ichol import ichol
from sparsead.iterative.preconditioners.ilu import ilu

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

LOG = logging.getLogger("sparsead")


@dataclass(frozen=True)
class Auto(Backend):
    """Direct or iterative, by what the analysis predicts; what ``method="auto"`` stands for.

    Parameters
    ----------
    definite : Method
        What iterates for positive definite matrices.
    general : Method
        What iterates for the others.
    """

    definite: Method
    general: Method

    name = "auto"
    releases_gil = False

    @property
    def rtol(self) -> float:  # type: ignore[override]
        """Tolerance of solutions where iterations are chosen."""
        return self.definite.rtol

    @property
    def adjoint_rtol(self) -> float:  # type: ignore[override]
        """The same of those that carry a derivative back."""
        return self.definite.adjoint_rtol

    def missing(self) -> None:
        """Return None: some library is always there."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: what is chosen suits the structure."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the analysis of the library, or what sets up the iterative method, whichever is better."""
        is_complex, n = values.dtype.kind == "c", pattern.shape[0]
        choice = preferred(pattern, structure, is_complex=is_complex)
        direct = get(choice.backend).analyze(pattern, structure, values)
        if n < LARGE_UNKNOWNS:
            return direct
        other = self.definite if structure.positive_definite else self.general
        iterated = seconds_of_iterations(pattern.size, structure)
        predicted = direct.predicted(makes_no_difference() if iterated is None else 0.0)
        reason = against(predicted, iterated) if predicted else ""
        LOG.info("%d unknowns: %s", n, f"{other!r}, since {reason}" if reason else choice)
        if not reason:
            return direct
        factor_cache.tally("analyses", int(direct.symbolic))
        return other.analyze(pattern, structure, values)


@cache
def auto() -> Auto:
    """Return what ``method="auto"`` stands for: tolerances of 1e-8, algebraic multigrid if pyamg is installed."""
    multigrid = amg()
    return Auto(cg(ichol() if multigrid.missing() else multigrid), gmres(ilu()))
