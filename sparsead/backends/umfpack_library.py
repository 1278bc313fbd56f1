"""Find and load SuiteSparse's UMFPACK, and give its functions their types."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

INSTALL = "apt-get install libsuitesparse-dev libopenblas0-pthread (macOS: brew install suite-sparse)"

# SuiteSparse 5 and 7: Linux, then Homebrew, MacPorts and Windows.
_NAMES = (
    "libumfpack.so.5",
    "libumfpack.so.6",
    "libumfpack.so",
    "/opt/homebrew/lib/libumfpack.dylib",
    "/usr/local/lib/libumfpack.dylib",
    "/opt/local/lib/libumfpack.dylib",
    "umfpack.dll",
    "libumfpack.dll",
)
CONTROLS, FIGURES = 20, 90
_LOG_10 = float(np.log(10.0))


class Functions:
    """UMFPACK for real or for complex matrices, with 64-bit indices.

    The complex functions take the imaginary parts as further arrays; NULL says that
    real and imaginary parts alternate, as in NumPy.

    Parameters
    ----------
    library : CDLL
        ``libumfpack``.
    is_complex : bool
        Whether the values are complex128.
    """

    def __init__(self, library: ctypes.CDLL, *, is_complex: bool) -> None:
        prefix = "umfpack_zl_" if is_complex else "umfpack_dl_"
        self._parts: tuple[None, ...] = (None,) if is_complex else ()
        self._is_complex = is_complex
        pointer, long, size = ctypes.c_void_p, ctypes.c_int64, len(self._parts)
        self._symbolic = _typed(library[prefix + "symbolic"], [long, long] + [pointer] * (6 + size))
        self._numeric = _typed(library[prefix + "numeric"], [pointer] * (7 + size))
        self._solve = _typed(library[prefix + "solve"], [ctypes.c_int] + [pointer] * (8 + 3 * size))
        self._determinant = _typed(library[prefix + "get_determinant"], [pointer] * (4 + size))
        self._get = _typed(library[prefix + "get_numeric"], [pointer] * (12 + 3 * size))
        self._defaults = _typed(library[prefix + "defaults"], [pointer])
        self.free_symbolic = _typed(library[prefix + "free_symbolic"], [pointer])
        self.free_numeric = _typed(library[prefix + "free_numeric"], [pointer])

    def defaults(self) -> NDArray[np.float64]:
        """Return the default controls, shape (20,)."""
        controls = np.zeros(CONTROLS)
        self._defaults(controls.ctypes.data)
        return controls

    def symbolic(
        self, matrix: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], controls: NDArray[Any], figures: NDArray[Any]
    ) -> tuple[int, ctypes.c_void_p]:
        """Analyze (indptr, indices, values); return the status and the symbolic object."""
        made, n = ctypes.c_void_p(), len(matrix[0]) - 1
        at = (*(array.ctypes.data for array in matrix), *self._parts)
        status = self._symbolic(n, n, *at, ctypes.addressof(made), controls.ctypes.data, figures.ctypes.data)
        return status, made

    def numeric(
        self,
        matrix: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
        symbolic: ctypes.c_void_p,
        controls: NDArray[Any],
        figures: NDArray[Any],
    ) -> tuple[int, ctypes.c_void_p]:
        """Factorize; return the status and the numeric object."""
        made = ctypes.c_void_p()
        at = (*(array.ctypes.data for array in matrix), *self._parts)
        status = self._numeric(*at, symbolic, ctypes.addressof(made), controls.ctypes.data, figures.ctypes.data)
        return status, made

    def solve(
        self, system: int, x: NDArray[Any], b: NDArray[Any], numeric: ctypes.c_void_p, controls: NDArray[Any]
    ) -> int:
        """Solve for one right-hand side, shape (n,), without refinement, which alone reads the matrix."""
        no_matrix = (None, None, None)
        return self._solve(
            system, *no_matrix, *self._parts, x.ctypes.data, *self._parts, b.ctypes.data, *self._parts,
            numeric, controls.ctypes.data, None,
        )  # fmt: skip

    def pivots(self, numeric: ctypes.c_void_p, n: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the pivot of each column, times a positive factor, and whether it is on the diagonal; shape (n,)."""
        rows, columns = np.zeros((2, n), np.int64)
        by_step = np.zeros(n, complex if self._is_complex else float)
        # UMFPACK reads out what is not NULL: not L and U, but both permutations and the diagonal.
        no_factors = (None,) * (6 + 2 * len(self._parts))
        self._get(
            *no_factors, rows.ctypes.data, columns.ctypes.data, by_step.ctypes.data, *self._parts, None, None, numeric
        )
        by_column, on_diagonal = np.empty_like(by_step), np.empty(n, bool)
        by_column[columns], on_diagonal[columns] = by_step, rows == columns
        return by_column, on_diagonal

    def det(self, numeric: ctypes.c_void_p) -> tuple[complex, float]:
        """Return det A / |det A| and log |det A|; UMFPACK gives mantissa and decimal exponent."""
        mantissa, exponent = np.zeros(2), np.zeros(1)
        self._determinant(mantissa.ctypes.data, *self._parts, exponent.ctypes.data, numeric, None)
        size = float(np.hypot(*mantissa))
        phase = complex(*mantissa) / size if self._is_complex else float(np.sign(mantissa[0]))
        return phase, float(np.log(size) + exponent[0] * _LOG_10)


@functools.cache
def functions(*, is_complex: bool) -> Functions | None:
    """Return UMFPACK's functions, or None where the library is not installed."""
    for name in _candidates():
        with contextlib.suppress(OSError, AttributeError):
            return Functions(ctypes.CDLL(name), is_complex=is_complex)
    return None


def _candidates() -> Iterator[str]:
    found = ctypes.util.find_library("umfpack")
    if found:
        yield found
    yield from _NAMES


def _typed(function: Any, arguments: list[Any]) -> Any:
    function.argtypes, function.restype = arguments, ctypes.c_int
    return function
