"""cvxopt's wheels: CHOLMOD for positive definite matrices, UMFPACK for the others, on any machine.

cvxopt is under the GPL, version 3 or later: it is used where the user has
installed it, and nothing here requires it.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

from sparsead.backends.backend import Analysis, Backend
from sparsead.backends.cvxopt_cholesky import CholeskyAnalysis
from sparsead.backends.cvxopt_lu import LUAnalysis
from sparsead.errors import BackendError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

INSTALL = 'pip install "sparsead[cvxopt]" (wheels for Linux, macOS and Windows; its license is the GPL, version 3)'
_MOST_ENTRIES = 2**31 - 1


@functools.cache
def load() -> Any:
    """Return the package with its modules ``cholmod`` and ``umfpack``, None where they cannot be imported."""
    try:
        for module in ("cholmod", "umfpack"):
            importlib.import_module(f"cvxopt.{module}")
        return importlib.import_module("cvxopt")
    except (ImportError, OSError):
        return None


class Cvxopt(Backend):
    """Supernodal Cholesky or LU with pivoting, one thread. Holds the interpreter lock during factorize and solve."""

    name = "cvxopt"
    releases_gil = False

    def missing(self) -> str | None:
        """Return how to install cvxopt where it cannot be imported."""
        return None if load() else INSTALL

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True for all but triangular matrices, which need no factorization."""
        return structure.triangular is None

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Order the unknowns; for LU the values choose between the symmetric and the unsymmetric strategy."""
        if pattern.size > _MOST_ENTRIES:
            raise BackendError(
                "cvxopt counts the entries of a matrix with 32 bits, though those of its factors with 64",
                expected="at most 2**31 - 1 stored entries",
                got=f"{pattern.size} stored entries",
                fix='install PARDISO: pip install "sparsead[pardiso]"',
            )
        kind = CholeskyAnalysis if structure.positive_definite else LUAnalysis
        return kind(load(), pattern, values)
