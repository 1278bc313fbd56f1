"""UMFPACK through ctypes on the system's library, with 64-bit indices: analyzed once."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import Problem

CONTROLS, STATISTICS = 20, 90
PLAIN, TRANSPOSED = 0, 2
REFINEMENT, ORDERING, METIS = 7, 10, 3


class Umfpack:
    """One symbolic object, and one numeric object that each matrix replaces."""

    def __init__(self, problem: Problem) -> None:
        self.library = ctypes.CDLL(ctypes.util.find_library("umfpack"))
        self.n = problem.n
        self.indptr, self.indices = problem.indptr.astype(np.int64), problem.indices.astype(np.int64)
        self.values = problem.values(0)
        self.controls, self.statistics = np.zeros(CONTROLS), np.zeros(STATISTICS)
        self.library.umfpack_dl_defaults(_address(self.controls))
        self.controls[ORDERING] = METIS
        self.controls[REFINEMENT] = 0
        self.symbolic, self.numeric = ctypes.c_void_p(), ctypes.c_void_p()
        n = ctypes.c_int64(self.n)
        _check(
            self.library.umfpack_dl_symbolic(
                n, n, *self._matrix(), ctypes.byref(self.symbolic), _address(self.controls), _address(self.statistics)
            )
        )

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize; the factors before are freed first."""
        if self.numeric:
            self.library.umfpack_dl_free_numeric(ctypes.byref(self.numeric))
        self.values = values
        _check(
            self.library.umfpack_dl_numeric(
                *self._matrix(),
                self.symbolic,
                ctypes.byref(self.numeric),
                _address(self.controls),
                _address(self.statistics),
            )
        )

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``op(A) x = b``."""
        x = np.empty_like(b)
        system = ctypes.c_int64(PLAIN if trans == "N" else TRANSPOSED)
        _check(
            self.library.umfpack_dl_solve(
                system,
                *self._matrix(),
                _address(x),
                _address(b),
                self.numeric,
                _address(self.controls),
                _address(self.statistics),
            )
        )
        return x

    def _matrix(self) -> tuple[ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]:
        return _address(self.indptr), _address(self.indices), _address(self.values)


def _address(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _check(status: int) -> None:
    if status != 0:
        raise ArithmeticError(f"UMFPACK: status {status}")


def make(problem: Problem) -> Umfpack:
    """Return UMFPACK for the pattern of the problem."""
    return Umfpack(problem)
