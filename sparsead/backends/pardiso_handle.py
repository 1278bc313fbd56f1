"""One PARDISO handle: one symbolic analysis and many slots, each of which holds the factors of one matrix.

MKL keeps, behind one handle, one analysis and up to ``maxfct`` factorizations,
told apart by ``mnum``. So a pattern is analyzed once however many of its
matrices stay factorized, and each is freed alone. A handle used by two
threads at once gives garbage: every call holds its lock. Factors are given back
by finalizers, which run in any thread at any moment, even inside a call on the same
handle; they never wait for the lock but leave the slot to whoever holds it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sparsead.backends.pardiso_errors import check
from sparsead.backends.prediction import Prediction
from sparsead.errors import BackendError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.layout import Layout
    from sparsead.backends.mkl import MKL

ANALYZE, FACTORIZE, SOLVE, FREE_SLOT, FREE_ALL = 11, 22, 33, 0, -1
_EVERYTHING = 0  # stands for all slots, which are numbered from 1

# MKL allocates one integer an unknown for every slot; the pages are touched when the slot is first used.
_BYTES_FOR_SLOTS = 2**24
_FEWEST_SLOTS, _MOST_SLOTS = 32, 1000


class Handle:
    """A live analysis, freed with the object.

    Parameters
    ----------
    mkl : MKL
        The library.
    layout : Layout
        Index arrays.
    mtype : int
        PARDISO's matrix type.
    iparm : int array, shape (64,)
        Settings; each call gets a copy, since PARDISO writes its figures into it.
    packed : array
        Values in the order of the layout; they steer scaling and matching.

    Attributes
    ----------
    nbytes : int
        Memory of the analysis. Unit: [byte].
    predicted : Prediction
        What a factorization will take.
    """

    def __init__(self, mkl: MKL, layout: Layout, mtype: int, iparm: NDArray[Any], packed: NDArray[Any]) -> None:
        table = layout.n * layout.index.itemsize
        slots = min(_MOST_SLOTS, max(_FEWEST_SLOTS, _BYTES_FOR_SLOTS // table))
        self._calls = _Calls(mkl, layout, mtype, iparm, slots)
        self.n = layout.n
        self._free = deque(range(1, slots + 1))
        self._calls.free = self._free
        weakref.finalize(self, self._calls.give_back, _EVERYTHING).atexit = False
        with self._calls.held():
            figures = self._calls.run(ANALYZE, 1, packed)
        self.nbytes = int(figures[15]) * 1024 - slots * table
        self.predicted = Prediction(int(figures[16]) * 1024.0, int(figures[18]) * 1e6, told=True)

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Within it slots that are given back keep their memory; `take` prefers them."""
        calls = self._calls
        with calls.counting:
            calls.keepers += 1
        try:
            yield
        finally:
            with calls.counting:
                calls.keepers -= 1
            calls.drain()

    def take(self) -> int | None:
        """Return a free slot, None if all are taken."""
        with contextlib.suppress(IndexError):
            return self._calls.given_back.popleft()
        try:
            return self._free.popleft()
        except IndexError:
            return None

    def factorize(self, slot: int, packed: NDArray[Any]) -> Filled:
        """Fill a slot; return what is to know of it. Frees the slot on failure."""
        calls = self._calls
        try:
            with calls.held():
                figures = calls.run(FACTORIZE, slot, packed)
                diagonal = calls.diagonal(slot, packed.dtype)
                return Filled(figures, diagonal, calls.count_bytes(slot, figures))
        except BaseException:
            calls.give_back(slot)
            raise

    def solve(self, slot: int, b: NDArray[Any], trans: int, values: NDArray[Any] | None) -> NDArray[Any]:
        """Return the solutions, shape (k, n); `values` are read only if PARDISO refines."""
        x = np.empty_like(b, order="C")
        with self._calls.held():
            self._calls.run(SOLVE, slot, values, np.ascontiguousarray(b), x, trans)
        return x

    def diagonal(self, slot: int, dtype: np.dtype) -> NDArray[Any] | None:
        """Return the diagonal of the factors in a slot, shape (n,)."""
        calls = self._calls
        with calls.held():
            return calls.diagonal(slot, dtype)

    def free_with(self, owner: object, slot: int) -> None:
        """Give the slot back when `owner` is gone."""
        weakref.finalize(owner, self._calls.give_back, slot).atexit = False


class Filled(NamedTuple):
    """What a factorization tells: PARDISO's figures, the diagonal of the factors, and their bytes."""

    figures: NDArray[Any]
    diagonal: NDArray[Any] | None
    nbytes: int


class _Calls:
    """The C calls of one handle; finalizers hold on to this object and not to the handle."""

    free: deque[int]

    def __init__(self, mkl: MKL, layout: Layout, mtype: int, iparm: NDArray[Any], slots: int) -> None:
        self.mkl, self.layout, self.pid = mkl, layout, os.getpid()
        self.pt = np.zeros(64, np.int64)
        self._mtype, self._iparm, self._slots = mtype, iparm, slots
        self._pardiso = mkl.pardiso(layout.index)
        self._nothing = np.zeros(2)
        self._lock = threading.Lock()
        self.given_back: deque[int] = deque()
        self.keepers, self.counting = 0, threading.Lock()
        self._closed = False
        self._bytes_in: dict[int, int] = {}

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the handle alone; frees what was given back meanwhile."""
        self._refuse_in_forked_process()
        with self._lock:
            self._free_given_back()
            yield
        self.drain()

    def run(
        self,
        phase: int,
        slot: int,
        values: NDArray[Any] | None = None,
        b: NDArray[Any] | None = None,
        x: NDArray[Any] | None = None,
        trans: int = 0,
    ) -> NDArray[Any]:
        """Call PARDISO, the handle being held; return its figures (``iparm``, counted from 0)."""
        layout, figures = self.layout, self._iparm.copy()
        figures[11] = trans
        count = 1 if b is None else len(b)
        scalars = np.array([self._slots, slot, self._mtype, phase, layout.n, count, 0, 0], layout.index)
        at, width, nothing = scalars.ctypes.data, scalars.itemsize, self._nothing.ctypes.data
        maxfct, mnum, mtype, phase_at, n, nrhs, msglvl, error = range(at, at + 8 * width, width)
        matrix = (nothing if values is None else values.ctypes.data, layout.ia.ctypes.data, layout.ja.ctypes.data)
        vectors = (nothing if b is None else b.ctypes.data, nothing if x is None else x.ctypes.data)
        with self.mkl.threads_that_survive_fork():
            self._pardiso(
                self.pt.ctypes.data, maxfct, mnum, mtype, phase_at, n, *matrix,
                nothing, nrhs, figures.ctypes.data, msglvl, *vectors, error,
            )  # fmt: skip
        check(int(scalars[7]), figures, mtype=self._mtype, n=layout.n)
        return figures

    def diagonal(self, slot: int, dtype: np.dtype) -> NDArray[Any] | None:
        """Return the diagonal of the factors in a slot, the handle being held; None if MKL does not tell."""
        return self.mkl.diagonal(self.pt, slot, self.layout.n, dtype, self.layout.index)

    def count_bytes(self, slot: int, figures: NDArray[Any]) -> int:
        """Return the memory of a slot just filled; PARDISO counts all live ones together."""
        self._bytes_in.pop(slot, None)
        self._bytes_in[slot] = int(figures[16]) * 1024 - sum(self._bytes_in.values())
        return self._bytes_in[slot]

    def give_back(self, slot: int) -> None:
        """Free a slot now, or leave it to the thread that holds the handle."""
        self.given_back.append(slot)
        self.drain()

    def drain(self) -> None:
        """Free what was given back, unless somebody holds the handle: then they will."""
        while self._to_free() and self.pid == os.getpid() and self._lock.acquire(blocking=False):
            try:
                self._free_given_back()
            finally:
                self._lock.release()

    def _free_given_back(self) -> None:
        while self._to_free():
            slot = self.given_back.popleft()
            if self._closed:
                continue
            if slot == _EVERYTHING:
                self._closed = True
                self.run(FREE_ALL, 1)
            else:
                self.run(FREE_SLOT, slot)
                self._bytes_in.pop(slot, None)
                self.free.append(slot)

    def _to_free(self) -> bool:
        return bool(self.given_back) and not self.keepers

    def _refuse_in_forked_process(self) -> None:
        if self.pid != os.getpid():
            raise BackendError(
                "factors belong to another process",
                expected=f"a call in process {self.pid}, which factorized the matrix",
                got=f"a call in process {os.getpid()}, forked from it",
                fix="factorize in the process that solves, or start processes with the method 'spawn'",
            )
