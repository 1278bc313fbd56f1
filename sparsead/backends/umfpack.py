"""UMFPACK of SuiteSparse: LU with threshold pivoting, real and complex, through ctypes on the system's library."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends import umfpack_library
from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, check_positive
from sparsead.backends.prediction import Prediction, estimated_beyond
from sparsead.backends.reference_blas import warn_of_slow_blas
from sparsead.backends.umfpack_library import Functions
from sparsead.errors import BackendError, SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

# Positions in UMFPACK's arrays of controls and of figures.
_STRATEGY, _REFINEMENT_STEPS, _ORDERING, _TOLERANCE_ON_DIAGONAL = 5, 7, 10, 15
_UNIT_BYTES, _SYMBOLIC_UNITS, _NUMERIC_UNITS, _RCOND = 3, 14, 40, 67
_SYMMETRIC, _METIS = 3, 3

# Measured, for both triangles over the entries of one under minimum degree: 8 in space, 12 in the plane.
_BYTES_PER_ENTRY = 12

_SYSTEMS: dict[Trans, int] = {"N": 0, "H": 1, "T": 2}
_SINGULAR, _OUT_OF_MEMORY = 1, -1
_TEXTS = {
    _OUT_OF_MEMORY: ("out of memory", "use backend='pardiso', whose factors are smaller, or a larger machine"),
    -18: ("ordering failed", "pass another backend, for example backend='superlu'"),
}


class Umfpack(Backend):
    """LU of any square matrix; 64-bit indices, since factors of 3D problems overflow 32-bit ones."""

    name = "umfpack"
    releases_gil = True

    def missing(self) -> str | None:
        """Return how to install SuiteSparse where UMFPACK cannot be loaded."""
        return None if umfpack_library.functions(is_complex=False) else umfpack_library.INSTALL

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True for all but triangular matrices, which need no factorization."""
        return structure.triangular is None

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> UmfpackAnalysis:
        """Order the columns; the values choose between the symmetric and the unsymmetric strategy."""
        warn_of_slow_blas()
        functions = umfpack_library.functions(is_complex=np.iscomplexobj(values))
        assert functions is not None, "the registry hands out no backend whose library is missing"
        return UmfpackAnalysis(functions, pattern, values, definite=structure.positive_definite)


class UmfpackAnalysis(Analysis):
    """UMFPACK's symbolic object, read by every factorization and changed by none.

    Parameters
    ----------
    functions : Functions
        The library.
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Values to analyze with.
    definite : bool
        Whether the matrix is declared positive definite: all pivots are taken on the diagonal.
    """

    def __init__(self, functions: Functions, pattern: Pattern, values: NDArray[Any], *, definite: bool) -> None:
        self._functions, self._pattern, self._definite = functions, pattern, definite
        self._itemsize = values.itemsize
        self._controls = functions.defaults()
        self._controls[_ORDERING] = _METIS
        # Refinement reads the matrix in every solve, so it would have to be kept; whoever checks the residual
        # refines when it is too large.
        self._controls[_REFINEMENT_STEPS] = 0
        if definite:
            self._controls[_STRATEGY], self._controls[_TOLERANCE_ON_DIAGONAL] = _SYMMETRIC, 0
        figures = np.zeros(umfpack_library.FIGURES)
        status, self._symbolic = functions.symbolic(self._matrix(values), self._controls, figures)
        weakref.finalize(self, _free, functions.free_symbolic, self._symbolic).atexit = False
        _check(status, pattern)
        self.nbytes = int(figures[_SYMBOLIC_UNITS] * figures[_UNIT_BYTES])

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return an estimate: UMFPACK tells a bound, measured three to ten times what is used in the end."""
        return estimated_beyond(beyond, self._pattern, _BYTES_PER_ENTRY, triangles=2, itemsize=self._itemsize)

    def factorize(self, values: NDArray[Any]) -> UmfpackFactorization:
        """Return the LU factors."""
        figures = np.zeros(umfpack_library.FIGURES)
        status, numeric = self._functions.numeric(self._matrix(values), self._symbolic, self._controls, figures)
        made = UmfpackFactorization(self._functions, numeric, self._controls, figures)
        if status == _SINGULAR or self._definite:
            self._look_at_pivots(numeric, singular=status == _SINGULAR)
        _check(status, self._pattern)
        return made

    def _look_at_pivots(self, numeric: ctypes.c_void_p, *, singular: bool) -> None:
        """Raise if the matrix is singular, or not positive definite where that is declared.

        Any pivot on the diagonal that is not zero is taken there, so that one elsewhere is a sign too.
        """
        pivots, on_diagonal = self._functions.pivots(numeric, self._pattern.shape[0])
        if self._definite:
            check_positive(np.where(on_diagonal, pivots, 0))
        if singular:
            zero = np.flatnonzero(pivots == 0)
            raise _singular(int(zero[0]) if zero.size else None)

    def _matrix(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Widen the indices for one call: that takes milliseconds, and keeping them would double their memory."""
        pattern = self._pattern
        indptr, indices = (array.astype(np.int64, copy=False) for array in (pattern.indptr, pattern.indices))
        return indptr, indices, np.ascontiguousarray(values)


class UmfpackFactorization(Factorization):
    """``P R A Q = L U`` with row scaling R.

    Parameters
    ----------
    functions : Functions
        The library.
    numeric : c_void_p
        UMFPACK's numeric object, freed with this one.
    controls : array, shape (20,)
        Settings.
    figures : array, shape (90,)
        What UMFPACK told of the factorization.
    """

    backward_stable = False  # pivots on the diagonal may be a thousand times smaller than the largest entry

    def __init__(
        self, functions: Functions, numeric: ctypes.c_void_p, controls: NDArray[Any], figures: NDArray[Any]
    ) -> None:
        weakref.finalize(self, _free, functions.free_numeric, numeric).atexit = False
        self._functions, self._numeric, self._controls = functions, numeric, controls
        self.nbytes = int(figures[_NUMERIC_UNITS] * figures[_UNIT_BYTES])
        self.pivots = Pivots(ratio=float(figures[_RCOND]))

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        b = np.ascontiguousarray(b)
        x = np.empty_like(b)
        for one_x, one_b in zip(x, b, strict=True):
            status = self._functions.solve(_SYSTEMS[trans], one_x, one_b, self._numeric, self._controls)
            _check(status)
        return x

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return self._functions.det(self._numeric)[1]

    def phase(self) -> complex:
        """Return det A / |det A|."""
        return self._functions.det(self._numeric)[0]


def _check(status: int, pattern: Pattern | None = None) -> None:
    """Raise the exception for a status of UMFPACK; zero is none."""
    if status == 0:
        return
    of = "a matrix" if pattern is None else f"a matrix of shape {pattern.shape}"
    text, fix = _TEXTS.get(status, ("unexpected status", "this is a fault of sparsead: please report it"))
    raise BackendError(f"UMFPACK failed: {text}", expected="status 0", got=f"status {status}, on {of}", fix=fix)


def _singular(column: int | None) -> SingularMatrixError:
    where = "" if column is None else f" in column {column}"
    return SingularMatrixError(
        "matrix is singular",
        expected="a nonsingular matrix",
        got=f"a zero pivot{where}",
        fix="remove the dependent equation, or prescribe that dof",
        dof=column,
    )


def _free(function: Any, made: ctypes.c_void_p) -> None:
    """Free a symbolic or numeric object; UMFPACK sets the pointer to NULL and ignores NULL."""
    function(ctypes.addressof(made))
