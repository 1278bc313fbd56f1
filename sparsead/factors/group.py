"""What all matrices of one pattern, type and structure share: backend, symbolic analysis, blocks of the factors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.backend import Backend
from sparsead.backends.choose import preferred
from sparsead.backends.registry import check_able, get, usable
from sparsead.factors.room import warn_if_too_large
from sparsead.factors.values import check_structural_rank
from sparsead.pattern.validate import check_declared
from sparsead.supernodes.plan import Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Trans
    from sparsead.backends.shown import Shown
    from sparsead.factors.options import SolveOptions
    from sparsead.factors.stats import Counters
    from sparsead.pattern.pattern import Pattern

_WHOLE = 2_000  # so few values are their own sample
_SAMPLES = 32


class Group:
    """Analysis of one pattern for one structure, type and backend; the entries are its matrices.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    dtype : dtype
        Type of the factors.
    options : SolveOptions
        Structure and backend.
    counters : Counters
        Statistics of the store.

    Raises
    ------
    StructureError
        If no values on this pattern have the declared structure.
    SingularMatrixError
        If the pattern is structurally singular.
    BackendError, BackendMissingError
        If the backend cannot factorize this structure, or is not installed.
    """

    def __init__(self, pattern: Pattern, dtype: np.dtype[Any], options: SolveOptions, counters: Counters) -> None:
        is_complex = dtype.kind == "c"
        check_declared(pattern, options.structure)
        check_structural_rank(pattern)
        self.pattern, self._options = pattern, options
        self.structure = options.structure.on(is_complex=is_complex)
        asked = options.backend or preferred(pattern, self.structure, is_complex=is_complex).backend
        self.library = usable(asked) if isinstance(asked, Backend) else get(asked)
        self._counters = counters
        self._lock = threading.Lock()
        self._stride = 1 if pattern.size <= _WHOLE else pattern.size // _SAMPLES
        self._analyses: list[Analysis] = []
        self._settled = 0
        self._plan: Plan | None = None
        check_able(self.library, self.structure, dtype)

    @property
    def backend(self) -> str:
        """Name of the library or method."""
        return self.library.name

    @property
    def nbytes(self) -> int:
        """Memory of the analyses and of the blocks. Unit: [byte]."""
        return sum(analysis.nbytes for analysis in self._analyses) + (self._plan.nbytes if self._plan else 0)

    def sample(self, values: NDArray[Any]) -> bytes:
        """Return a few of the values: tells most matrices apart before the exact comparison."""
        return values[:: self._stride].tobytes()

    def equivalent(self, trans: Trans) -> Trans:
        """Return the simplest operation that is the same for this structure."""
        if (trans == "T" and self.structure.symmetric) or (trans == "H" and self.structure.hermitian):
            return "N"
        return trans

    def analysis(self, values: NDArray[Any]) -> Analysis:
        """Return the shared analysis; the first matrix of the pattern makes it."""
        with self._lock:
            self._begin(values)
            return self._analyses[self._settled]

    def first_analysis(self, values: NDArray[Any]) -> Analysis:
        """Return the analysis of the fastest way, also where earlier matrices asked for a more careful one."""
        with self._lock:
            self._begin(values)
            return self._analyses[0]

    def more_careful(self, than: Analysis, values: NDArray[Any]) -> Analysis | None:
        """Return the next way of factorizing after one that was inaccurate, None if there is no other.

        Later matrices of the pattern begin with it too.
        """
        with self._lock:
            position = self._analyses.index(than) + 1
            if position == len(self._analyses):
                another = than.careful(values)
                if another is None:
                    return None
                self._add(another)
            self._settled = max(self._settled, position)
            return self._analyses[position]

    def plan(self, shown: Shown) -> Plan:
        """Return the blocks of factors and the places in them: those of the factors before, where they fit."""
        plan = self._plan
        if plan is None or not plan.fits(shown):
            plan = self._plan = Plan(shown, self.pattern)
        return plan

    def _begin(self, values: NDArray[Any]) -> None:
        if not self._analyses:
            self._add(self.library.analyze(self.pattern, self.structure, values))
            warn_if_too_large(self._analyses[0], self.pattern.shape[0], self._options)

    def _add(self, analysis: Analysis) -> None:
        self._counters.add("analyses", int(analysis.symbolic))
        self._analyses.append(analysis)
