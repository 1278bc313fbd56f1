"""MKL PARDISO through ctypes, as its manual shows: one handle, analyzed once, factorized anew for every matrix."""

from __future__ import annotations

import ctypes
import glob
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import Problem

ANALYZE, FACTORIZE, SOLVE = 11, 22, 33


def library() -> ctypes.CDLL:
    """Return MKL as the ``mkl`` wheel installs it."""
    return ctypes.CDLL(sorted(glob.glob(f"{sys.prefix}/lib/libmkl_rt.so*"))[0])


class Pardiso:
    """One PARDISO handle for one pattern.

    Parameters
    ----------
    indptr, indices : array, shape (n + 1,) and (s,)
        Compressed columns, int32, rows sorted. PARDISO reads them as the compressed rows of Aᵀ.
    kind : int
        Matrix type: 2 (symmetric positive definite, one triangle is passed) or 11 (general).
    """

    def __init__(self, indptr: NDArray[np.int32], indices: NDArray[np.int32], kind: int) -> None:
        self.n = indptr.size - 1
        self.kind = kind
        self.kept: NDArray[np.intp] | slice = slice(None)
        self.indptr, self.indices = indptr, indices
        if kind == 2:
            cols = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(indptr))
            self.kept = np.flatnonzero(indices >= cols)
            counts = np.bincount(cols[self.kept], minlength=self.n)
            self.indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
            self.indices = indices[self.kept]
        self.library = library()
        self.handle = np.zeros(64, np.int64)
        self.settings = np.zeros(64, np.int32)
        self.library.pardisoinit(_address(self.handle), ctypes.byref(ctypes.c_int(kind)), _address(self.settings))
        self.settings[34] = 1  # indices from zero
        self.values = np.zeros(0)
        self.analyzed = False

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize the matrix with these stored values; the first time, analyze."""
        self.values = np.ascontiguousarray(values[self.kept])
        if not self.analyzed:
            self._run(ANALYZE)
            self.analyzed = True
        self._run(FACTORIZE)

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``op(A) x = b``."""
        x = np.empty_like(b)
        # The library holds Aᵀ, so that the plain system is its transposed one.
        self.settings[11] = 2 if self.kind == 11 and trans == "N" else 0
        self._run(SOLVE, np.array(b), x)
        return x

    def _run(self, phase: int, b: NDArray[Any] | None = None, x: NDArray[Any] | None = None) -> None:
        one, error = ctypes.c_int(1), ctypes.c_int(0)
        empty = np.zeros(1)
        self.library.pardiso(
            _address(self.handle),
            ctypes.byref(one),
            ctypes.byref(one),
            ctypes.byref(ctypes.c_int(self.kind)),
            ctypes.byref(ctypes.c_int(phase)),
            ctypes.byref(ctypes.c_int(self.n)),
            _address(self.values),
            _address(self.indptr),
            _address(self.indices),
            _address(empty),
            ctypes.byref(one),
            _address(self.settings),
            ctypes.byref(ctypes.c_int(0)),
            _address(empty if b is None else b),
            _address(empty if x is None else x),
            ctypes.byref(error),
        )
        if error.value:
            raise ArithmeticError(f"PARDISO phase {phase}: error {error.value}")


def _address(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def make(problem: Problem) -> Pardiso:
    """Return PARDISO for the kind of the problem."""
    return Pardiso(problem.indptr, problem.indices, kind=2 if problem.positive_definite else 11)
