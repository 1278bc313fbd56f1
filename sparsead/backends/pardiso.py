"""PARDISO of Intel's MKL: threaded Cholesky, LDL^T and LU, real and complex, through ctypes."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sparsead.backends import mkl
from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, ratio, untold
from sparsead.backends.layout import FullLayout, Layout, TriangleLayout
from sparsead.backends.pardiso_errors import IndexOverflowError, singular
from sparsead.backends.pardiso_handle import Filled, Handle
from sparsead.backends.prediction import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

SPD, SYMMETRIC, GENERAL = 2, -2, 11
HPD, COMPLEX_SYMMETRIC, COMPLEX_GENERAL = 4, 6, 13
_REFINEMENT_STEPS = 10


class Plan(NamedTuple):
    """One way to factorize: the matrix type, and whether large entries are permuted to the diagonal and scaled."""

    mtype: int
    matched: bool

    @property
    def positive_definite(self) -> bool:
        """Whether this is Cholesky."""
        return self.mtype in (SPD, HPD)

    @property
    def full(self) -> bool:
        """Whether both triangles are handed over."""
        return self.mtype in (GENERAL, COMPLEX_GENERAL)

    @property
    def refined(self) -> bool:
        """Whether each solution is refined, perturbed pivots or not."""
        return self.full and not self.matched


def plans(structure: Structure, *, is_complex: bool) -> tuple[Plan, ...]:
    """Return the ways to factorize a matrix, the fastest first, the most careful last.

    PARDISO perturbs small pivots instead of exchanging rows across supernodes.
    Which way is accurate depends on the matrix, and PARDISO does not say when
    none was: after a residual that is too large comes the next plan. LU
    is planned twice with matching, since matching is done on the values of the analysis.
    Hermitian indefinite matrices go to LU at once: measured, mtype -4 is wrong by several
    digits, or crashes, on matrices with zeros on the diagonal, at any pivoting setting.
    """
    structure = structure.on(is_complex=is_complex)
    if structure.positive_definite:
        return (Plan(HPD if is_complex else SPD, matched=False),)
    lu = COMPLEX_GENERAL if is_complex else GENERAL
    first = (COMPLEX_SYMMETRIC if is_complex else SYMMETRIC) if structure.symmetric else lu
    return Plan(first, matched=True), Plan(lu, matched=True), Plan(lu, matched=False)


class Pardiso(Backend):
    """One analysis for a pattern, as many live factorizations as there is memory."""

    name = "pardiso"
    releases_gil = True
    tells_inertia = True

    def missing(self) -> str | None:
        """Return how to install MKL where it cannot be loaded."""
        return None if mkl.load() else mkl.INSTALL

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True for all but triangular matrices, which need no factorization."""
        return structure.triangular is None

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> PardisoAnalysis:
        """Order and allocate; the values steer scaling and matching."""
        is_complex = np.iscomplexobj(values)
        return PardisoAnalysis(pattern, plans(structure, is_complex=is_complex), values)


class PardisoAnalysis(Analysis):
    """Handles of one pattern: one, until all its slots are taken.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    ways : tuple of Plan
        The first is used; the others are for `careful`.
    values : array, shape (s,)
        Values to analyze with.
    """

    def __init__(self, pattern: Pattern, ways: tuple[Plan, ...], values: NDArray[Any]) -> None:
        library = mkl.load()
        assert library is not None, "the registry hands out no backend whose library is missing"
        self._mkl = library
        self._pattern, self._ways, self._plan = pattern, ways, ways[0]
        small = pattern.indices.dtype == np.int32 and library.small_indices
        self._layout = self._lay_out(np.dtype(np.int32 if small else np.int64))
        self._start_in_this_process()
        self._handles.append(self._open(self._layout.pack(values)))
        self.nbytes = self._handles[0].nbytes + self._layout.nbytes

    def predicted(self, beyond: float = 0.0) -> Prediction:
        """Return what the analysis tells; all handles of a pattern tell the same."""
        return self._handles[0].predicted

    def careful(self, values: NDArray[Any]) -> PardisoAnalysis | None:
        """Return a slower, more robust analysis for values whose solution was inaccurate; None after the last."""
        return PardisoAnalysis(self._pattern, self._ways[1:], values) if len(self._ways) > 1 else None

    def factorize(self, values: NDArray[Any]) -> PardisoFactorization:
        """Return the factors, which occupy one slot of a handle until they are garbage."""
        packed = self._layout.pack(values)
        handle, slot = self._slot(packed)
        made = PardisoFactorization(handle, slot, self._plan, packed, handle.factorize(slot, packed))
        if made.pivots.perturbed == self._layout.n:
            raise singular(None)
        return made

    def replacing(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which dropped slots keep their memory for the next factorization."""
        kept = contextlib.ExitStack()
        for handle in self._handles:
            kept.enter_context(handle.keeping())
        return kept

    def _slot(self, packed: NDArray[Any]) -> tuple[Handle, int]:
        """Return a free slot; analyzes again if all are taken, or in a forked process."""
        if self._pid != os.getpid():
            self._start_in_this_process()
        with self._growing:
            for handle in self._handles:
                slot = handle.take()
                if slot is not None:
                    return handle, slot
            self._handles.append(self._open(packed))
            return self._handles[-1], self._handles[-1].take() or 1

    def _start_in_this_process(self) -> None:
        self._pid = os.getpid()
        self._growing = threading.Lock()
        self._handles: list[Handle] = []

    def _open(self, packed: NDArray[Any]) -> Handle:
        """Analyze; goes over to 64-bit integers when the factors need them."""
        plan = self._plan
        try:
            return Handle(self._mkl, self._layout, plan.mtype, _settings(plan, self._layout.index), packed)
        except IndexOverflowError:
            if self._layout.index == np.int64:
                raise
            self._layout = self._lay_out(np.dtype(np.int64))
            return Handle(self._mkl, self._layout, plan.mtype, _settings(plan, self._layout.index), packed)

    def _lay_out(self, index: np.dtype) -> Layout:
        if self._plan.full:
            return FullLayout(self._pattern, index)
        return TriangleLayout(self._pattern, index, conjugate=self._plan.mtype == HPD)


class PardisoFactorization(Factorization):
    """Factors in one slot of a handle.

    Parameters
    ----------
    handle, slot : Handle, int
        Where the factors are.
    plan : Plan
        How they were made.
    packed : array
        Values in PARDISO's order; kept, as a copy, only if PARDISO will refine with them.
    filled : Filled
        What PARDISO told.
    """

    def __init__(self, handle: Handle, slot: int, plan: Plan, packed: NDArray[Any], filled: Filled) -> None:
        handle.free_with(self, slot)
        self._handle, self._slot, self._plan, self._dtype = handle, slot, plan, packed.dtype
        figures = filled.figures
        refines = plan.refined or figures[13] > 0
        self._values = packed.copy() if refines else None
        self.nbytes = filled.nbytes + (packed.nbytes if refines else 0)
        self.backward_stable = plan.positive_definite
        smallest = None if filled.diagonal is None else ratio(np.abs(filled.diagonal))
        self.pivots = Pivots(perturbed=int(figures[13]), ratio=smallest)
        self._signs = int(figures[21]), int(figures[22])

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        if b.size == 0:
            return np.empty_like(b)
        conjugate, transpose = self._how(trans)
        x = self._handle.solve(self._slot, np.conj(b) if conjugate else b, transpose, self._values)
        return np.conjugate(x, out=x) if conjugate else x

    def _how(self, trans: Trans) -> tuple[bool, int]:
        """Whether to conjugate b and x, and ``iparm(12)``: 2 solves with the transpose of what was handed over."""
        if self._plan.full:
            # The transpose was handed over; A^H x = b is A^T conj(x) = conj(b).
            return trans == "H" and self._dtype.kind == "c", 2 if trans == "N" else 0
        # Of a Hermitian matrix the transpose is the conjugate; of a symmetric one A^H is.
        return trans == ("T" if self._plan.mtype == HPD else "H") and self._dtype.kind == "c", 0

    def log_abs_det(self) -> float:
        """Return log |det A| from the diagonal of the factors; scaled factors do not tell it."""
        diagonal = None if self._plan.matched else self._handle.diagonal(self._slot, self._dtype)
        if diagonal is None:
            raise untold("the determinant", __name__)
        return float(np.log(np.abs(diagonal)).sum())

    def phase(self) -> complex:
        """Return det A / |det A| of positive definite and symmetric matrices, whose pivots are counted by sign."""
        _, negative, _ = self.inertia()
        return -1 if negative % 2 else 1

    def inertia(self) -> tuple[int, int, int]:
        """Return the numbers of positive, negative and zero pivots."""
        n = self._handle.n
        if self._plan.positive_definite:
            return n, 0, 0
        if self._plan.mtype != SYMMETRIC:
            raise untold("the inertia", __name__)
        positive, negative = self._signs
        return positive, negative, n - positive - negative


def _settings(plan: Plan, index: np.dtype) -> NDArray[Any]:
    """Return ``iparm``, counted from 0.

    Symmetric indefinite matrices need matching and pivots of size one: the
    default, Bunch-Kaufman without matching, is wrong without a word on matrices with zeros on
    the diagonal. Sorted patterns need no check of the indices.
    """
    iparm = np.zeros(64, index)
    iparm[0] = 1  # no defaults: what is zero below is meant
    iparm[1] = 3  # nested dissection on all threads
    iparm[9] = 13 if plan.full and plan.matched else 8  # perturb pivots below 10^-13 or 10^-8 of the matrix
    iparm[10] = iparm[12] = int(plan.matched)
    iparm[17] = -1  # count the entries of the factors
    iparm[18] = -1  # and the work of making them
    iparm[20] = 0
    iparm[34] = 1  # indices from 0
    iparm[55] = 1  # let the diagonal be read
    iparm[7] = _REFINEMENT_STEPS if plan.refined else 0  # 0: two steps where pivots were perturbed, else none
    return iparm
