"""One matrix in the store: its values, its factorization, and the solves with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from sparsead.errors import BackendError, SingularMatrixError
from sparsead.factors.accuracy import Inaccurate, check_condition, checked_solve, is_doubtful, locate, singular
from sparsead.factors.range import (
    check_finite_solution,
    exponents,
    has_extreme,
    is_moderate,
    is_ordinary,
    shift_to_one,
    shifted,
)
from sparsead.factors.remembered import Remembered
from sparsead.factors.units import Units, mixed_units
from sparsead.factors.values import check_finite_values, check_structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Factorization, Trans
    from sparsead.factors.group import Group
    from sparsead.factors.stats import Counters

_ORDINARY_PIVOT_RATIO = 1e-3  # above it pivots have not grown, and units are alike
_FEW_UNKNOWNS = 512  # below, a solve is cheaper than looking whether it is needed
_CHUNK = 1 << 16  # values compared at a time: most others differ in the first
_REMEMBERED_SHARE = 8  # right-hand side and solution may each take this fraction of the factors' memory


class Entry:
    """A matrix and its factorization, made when first asked for, by one thread.

    The values are an own copy: the key, compared exactly, and the matrix of the
    residual checks. A factorization is never overwritten; if it proves
    inaccurate the entry takes another one.

    Parameters
    ----------
    group : Group
        Pattern, structure and analysis that the matrix shares with others.
    values : array, shape (s,)
        Stored values; copied.
    sample : bytes
        What `Group.sample` gives for the values.
    counters : Counters
        Statistics of the store.
    born : int
        The store's clock when the entry was made.
    replaced : list of Entry
        What the store drops for it; the factors may take over their memory.

    Attributes
    ----------
    awaited : bool
        Whether the solve of a derivative with this matrix is still to come.
    returning : bool
        Whether its matrix came back each of several times that it was dropped.
    last_hit : int
        The store's clock when the entry was last asked for.
    accounted : int
        Bytes that the store counts for it.
    inverse : array, shape (s,), or None
        The transposed inverse on the pattern, once somebody asked for it.
    """

    def __init__(
        self,
        group: Group,
        values: NDArray[Any],
        sample: bytes,
        counters: Counters,
        *,
        born: int,
        replaced: list[Entry],
    ) -> None:
        self.group = group
        self.values = values.copy()
        self.values.flags.writeable = False
        self.sample = sample
        self.awaited = self.returning = False
        self.accounted = 0
        self.born = self.last_hit = born
        self._analysis: Analysis | None = None
        self._counters = counters
        self._replaced = replaced
        self._lock = threading.Lock()
        self._factorization: Factorization | None = None
        self._remembered: Remembered | None = None
        self._watched = False
        self._units: Units | None = None
        self.inverse: NDArray[Any] | None = None
        self._shift = 0  # the factors are those of the values times this power of two

    @property
    def nbytes(self) -> int:
        """Memory of the factors and the values. Unit: [byte].

        A remembered solve adds at most a quarter, an inverse on the pattern as much as the values.
        """
        return self.values.nbytes + (self._factorization.nbytes if self._factorization else 0)

    def holds(self, values: NDArray[Any]) -> bool:
        """Return whether this entry is of exactly these values; those that share its sample are asked."""
        if len(self.sample) == values.nbytes:
            return True
        chunks = range(0, len(values), _CHUNK)
        return all(np.array_equal(values[i : i + _CHUNK], self.values[i : i + _CHUNK]) for i in chunks)

    def is_dead(self, since: int) -> bool:
        """Return whether no derivative awaits this entry and nobody asked for it since that time of the clock."""
        return not self.awaited and max(self.born, self.last_hit) < since

    def factorization(self) -> Factorization:
        """Return the factors; the first call makes them, others wait for it.

        Raises
        ------
        NonFiniteError, StructureError, SingularMatrixError, NotPositiveDefiniteError, BackendError
            Whatever is wrong with the matrix, with its location.
        """
        with self._lock:
            if self._factorization is None:
                self._look()
                self._factorization = self._make(self.group.analysis(self._near_one()))
            return self._factorization

    def first_factorization(self) -> Factorization | None:
        """Return the factors that the fastest way makes, which the entry does not take; None where they are doubtful.

        Raises
        ------
        NonFiniteError, StructureError
            If the values are not what the structure says.
        """
        self._look()
        try:
            factorization = self.group.first_analysis(self._near_one()).factorize(self._near_one())
            self._counters.add("factorizations")
            if is_doubtful(factorization, self.values.dtype):
                check_condition(self._matrix(), factorization)
        except (Inaccurate, SingularMatrixError):
            return None
        return factorization

    def scaled(self) -> tuple[Factorization, int]:
        """Return the factors, and the power of two by which the values were multiplied before."""
        return self.factorization(), self._shift

    def distrust(self, inaccurate: Factorization, reason: str) -> None:
        """Replace factors that proved inaccurate by those of the next, more careful way.

        Raises
        ------
        SingularMatrixError
            If there is no other way.
        """
        self._take_another(inaccurate, reason)

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return self.factorization().log_abs_det() - self._shift * self.group.pattern.shape[0] * float(np.log(2))

    def solve(self, b: NDArray[Any], trans: Trans, rtol: float | None = None) -> NDArray[Any]:
        """Return x of ``op(A) x = b``, shape (k, n); to another tolerance than the backend's, where it has one."""
        trans = self.group.equivalent(trans)
        rtol = self.group.library.rtol if rtol is None else rtol
        remembered = self._remembered
        if remembered is not None and remembered.rtol <= rtol:
            x = remembered.answer(trans, b)
            if x is not None:
                self._counters.add("remembered")
                return x
        x = self._finite_solve(b, trans, rtol)
        self._counters.solved(len(b))
        self._remember(trans, b, x, rtol)
        return x

    def _finite_solve(self, b: NDArray[Any], trans: Trans, rtol: float) -> NDArray[Any]:
        """Solve; where numbers are extreme, with the right-hand sides brought near one too."""
        if self._factorization is None:
            self.factorization()
        if not self._shift:
            try:
                x = self._accurate_solve(b, trans, rtol)
                if is_moderate(x):
                    return x
            except SingularMatrixError:
                if not has_extreme(b):
                    raise
        powers = exponents(b)
        x = shifted(self._accurate_solve(shifted(b, -powers), trans, rtol), powers + self._shift)
        check_finite_solution(x)
        return x

    def _accurate_solve(self, b: NDArray[Any], trans: Trans, rtol: float) -> NDArray[Any]:
        """Solve; where the backward error is large, factorize anew in the next, more careful way."""
        while True:
            factorization = self._factorization or self.factorization()
            try:
                if not self._watched:
                    return factorization.solve_to(rtol, b, trans)  # which may check by itself what it factorized
                return checked_solve(self._matrix(), factorization, b, trans, self._units)
            except Inaccurate as fault:
                self._take_another(factorization, str(fault))

    def _take_another(self, inaccurate: Factorization, reason: str) -> None:
        with self._lock:
            if self._factorization is not inaccurate:
                return  # another thread did it
            assert self._analysis is not None, "an inaccurate factorization has an analysis"
            self._factorization = self._make(self._more_careful(self._analysis, reason))

    def _more_careful(self, than: Analysis, reason: str) -> Analysis:
        """Return the next way to factorize; where there is none, no solution can be trusted."""
        another = self.group.more_careful(than, self._near_one())
        if another is None:
            raise singular(locate(self._matrix()), reason, self.group.pattern.shape[0])
        return another

    def _make(self, analysis: Analysis) -> Factorization:
        """Factorize and judge the condition, a more careful way if nobody can; name the dof if the library did not."""
        try:
            with analysis.replacing():
                self._replaced.clear()
                factorization = analysis.factorize(self._near_one())
            self._counters.add(analysis.counted)
            if is_doubtful(factorization, self.values.dtype):
                check_condition(self._matrix(), factorization)
        except Inaccurate as fault:
            return self._make(self._more_careful(analysis, str(fault)))
        except SingularMatrixError as error:
            if error.dof is not None:
                raise
            raise singular(locate(self._matrix()), "a zero pivot", self.group.pattern.shape[0]) from error
        except MemoryError as error:
            raise BackendError(
                "out of memory in the factorization",
                expected="memory for the factors",
                got=f"a matrix of shape {self.group.pattern.shape} with {self.group.pattern.size} stored entries",
                fix="declare the structure (half the memory), or free other factors: sparsead.factor_cache.clear()",
                fault="memory",
            ) from error
        self._analysis = analysis
        self._watched = self._may_mislead(factorization)
        self._units = mixed_units(self.group.pattern, self._near_one()) if self._watched else None
        return factorization

    def _look(self) -> None:
        """Check the values, and bring them near one if they are extreme."""
        if not is_ordinary(self.values):
            check_finite_values(self.group.pattern, self.values)
            self._shift = shift_to_one(self.values)
        check_structure(self.group.pattern, self.group.structure, self.values)

    def _may_mislead(self, factorization: Factorization) -> bool:
        """Return whether solutions are to be checked: LU's, too, where pivots have grown or units are mixed."""
        if not factorization.backward_stable:
            return True
        # Cholesky's factors neither grow nor mind units, and substitution treats every equation by itself.
        if self.group.structure.positive_definite or self.group.backend == "triangular":
            return False
        return not (factorization.pivots.ratio or 0) > _ORDINARY_PIVOT_RATIO

    def _near_one(self) -> NDArray[Any]:
        """The values that the library sees."""
        return shifted(self.values, self._shift) if self._shift else self.values

    def _matrix(self) -> csc_array:
        pattern = self.group.pattern
        return csc_array((self._near_one(), pattern.indices, pattern.indptr), shape=pattern.shape)

    def _remember(self, trans: str, b: NDArray[Any], x: NDArray[Any], rtol: float) -> None:
        if b.shape[1] < _FEW_UNKNOWNS or self._factorization is None:
            return
        if self._remembered is not None and self._remembered.rtol < rtol:
            return  # a solution of more digits answers more requests
        if b.nbytes * _REMEMBERED_SHARE <= self._factorization.nbytes:
            self._remembered = Remembered(trans, np.array(b), np.array(x), rtol)
