"""What a factorization library must do: analyze, factorize, solve, and the laws of each.

`sparsead.testing.check_backend` runs the laws over every backend. A backend
knows patterns and NumPy arrays, nothing of derivatives, stores or front-ends.
What reaches it has been checked: a square pattern, finite values, a structure
that holds, a pattern that is structurally nonsingular.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sparsead.errors import BackendError, NotPositiveDefiniteError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.prediction import Prediction
    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

Trans = Literal["N", "T", "H"]


@dataclass(frozen=True)
class Pivots:
    """What the library says about the pivots it met; decides whether the condition is estimated.

    Parameters
    ----------
    perturbed : int
        Pivots that the library replaced because they were too small.
    ratio : float or None
        Smallest over largest pivot in absolute value; None when the library does not tell.
    """

    perturbed: int = 0
    ratio: float | None = None


def ratio(magnitudes: NDArray[Any]) -> float:
    """Return smallest over largest of nonnegative numbers; 1 if there are none, 0 if all are zero."""
    if magnitudes.size == 0:
        return 1.0
    largest = float(np.maximum.reduce(magnitudes))
    return float(np.minimum.reduce(magnitudes)) / largest if largest else 0.0


class Factorization(ABC):
    """Immutable factors of one matrix, under three laws.

    * ``solve`` never changes what a later ``solve`` returns, from any thread.
    * ``solve(b, "T")`` and ``solve(b, "H")`` use the same factors.
    * A factorization outlives others of the same analysis and is freed alone.

    Attributes
    ----------
    nbytes : int
        Memory of the factors. Unit: [byte].
    pivots : Pivots
        What the library says about the pivots.
    backward_stable : bool
        Whether the method guarantees a small residual, so that nobody has to look at it.
    """

    nbytes: int
    pivots: Pivots
    backward_stable: bool

    @abstractmethod
    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x with ``op(A) x = b`` for each row of `b`.

        Parameters
        ----------
        b : array, shape (k, n)
            Right-hand sides, one a row, C-contiguous, in the type of the factors. Not changed.
        trans : {"N", "T", "H"}
            ``op(A)`` is A, its transpose, or its conjugate transpose.

        Returns
        -------
        array, shape (k, n)
            A new array.
        """

    def solve_to(self, rtol: float, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x as `solve` does; to a tolerance of its own, where solutions have one."""
        return self.solve(b, trans)

    def log_abs_det(self) -> float:
        """Return ``log |det A|``, from the factors.

        Raises
        ------
        BackendError
            If the library does not tell.
        """
        raise untold("the determinant", type(self).__module__)

    def phase(self) -> complex:
        """Return ``det A / |det A|``, from the factors: 1 or -1 of a real matrix.

        Raises
        ------
        BackendError
            If the library does not tell.
        """
        raise untold("the sign of the determinant", type(self).__module__)

    def shown(self) -> Shown | None:
        """Return the triangular factors; None where the library keeps them to itself."""
        return None

    def inertia(self) -> tuple[int, int, int]:
        """Return the numbers of positive, negative and zero eigenvalues of a Hermitian matrix.

        Raises
        ------
        BackendError
            If the library does not tell, or the matrix was not factorized as a symmetric one.
        """
        raise untold("the inertia", type(self).__module__)


class Analysis(ABC):
    """Symbolic phase for one pattern and structure: ordering and storage; shared, never overwritten.

    Attributes
    ----------
    nbytes : int
        Memory of the analysis. Unit: [byte].
    symbolic : bool
        Whether the library did symbolic work here that later factorizations reuse.
    counted : {"factorizations", "setups", "updates"}
        What the store's statistics call it when values become a `Factorization`.
    """

    nbytes: int
    symbolic: bool = True
    counted: str = "factorizations"

    @abstractmethod
    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the factors of the matrix with these stored values, shape (s,).

        Keeps no reference to `values`; earlier factorizations stay valid.

        Raises
        ------
        SingularMatrixError
            If the library meets a zero pivot; ``dof`` is set when it says which.
        NotPositiveDefiniteError
            If the structure is positive definite and a pivot is not; ``column`` is set.
        BackendError
            If the library fails for another reason, for example out of memory.
        """

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return what a factorization will take; None where nobody knows.

        Parameters
        ----------
        beyond : float
            Memory that makes no difference: where an estimate costs time, None says too that it is surely less.
            Unit: [byte].
        """
        return None

    def replacing(self) -> AbstractContextManager[object]:
        """Return a context in which factorizations that become garbage may leave their memory to the next one.

        Fresh memory is not free: the pages of 645 MB of factors took 0.4 s beside 5 s of arithmetic.
        """
        return nullcontext()

    def careful(self, values: NDArray[Any]) -> Analysis | None:
        """Return a slower, more robust analysis after a solution was inaccurate; None if this was the last way."""
        return None


class Backend(ABC):
    """One factorization library.

    Attributes
    ----------
    name : str
        What the user types: ``backend="pardiso"``.
    releases_gil : bool
        Whether other Python threads run during factorize and solve.
    single_precision : bool
        Whether it can factorize in float32 / complex64.
    tells_inertia : bool
        Whether factorizations of indefinite symmetric matrices tell their inertia.
    shows : bool
        Whether its factorizations show their factors.
    rtol, adjoint_rtol : float
        Tolerance of solutions, and of those that carry a derivative back; zero for rounding.
    advice : str
        What to do where it does not support a structure.
    limited : bool
        Whether not all matrices and right-hand sides suit it: `check` then sees those that are no derivative's.
    """

    name: str
    releases_gil: bool
    single_precision: bool = False
    tells_inertia: bool = False
    shows: bool = False
    rtol: float = 0.0
    adjoint_rtol: float = 0.0
    limited: bool = False
    advice: str = "declare what holds (symmetric=True, positive_definite=True), or pass backend=None"

    @abstractmethod
    def missing(self) -> str | None:
        """Return how to install the library where it cannot be used, None where it can."""

    @abstractmethod
    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether matrices of this structure and kind can be factorized."""

    @abstractmethod
    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the symbolic phase; `values`, shape (s,), gives the type and may steer scaling."""

    def check(  # noqa: B027
        self, pattern: Pattern, values: NDArray[Any], b: NDArray[Any], trans: Trans, parts: int
    ) -> None:
        """Raise if a matrix, values (s,), or a right-hand side, of `parts` rows of b, shape (k, n), does not suit."""


def untold(what: str, module: str) -> BackendError:
    """Return the error for a figure that a library does not give."""
    name = module.rpartition(".")[2]
    return BackendError(
        f"backend {name!r} does not tell {what}",
        expected=f"a backend whose factorization tells {what}",
        got=f"backend={name!r}",
        fix="pass another backend; sparsead.backends.choose(...) lists those installed",
        fault="untold",
    )


def not_positive_definite(column: int | None) -> NotPositiveDefiniteError:
    """Return the error for a matrix that was declared positive definite and is not; None is a column not known."""
    where = "" if column is None else f" in column {column}"
    return NotPositiveDefiniteError(
        "matrix is not positive definite",
        expected="x^H A x > 0 for all x, as declared by positive_definite=True",
        got=f"a pivot that is not positive{where}",
        fix="prescribe enough dofs to remove rigid motion, or declare symmetric=True only",
        column=column,
    )


def check_positive(pivots: NDArray[Any]) -> None:
    """Raise `NotPositiveDefiniteError` at the first pivot, by column, that is not positive; of LU and the like."""
    wrong = np.flatnonzero(~(np.real(pivots) > 0))
    if wrong.size:
        raise not_positive_definite(int(wrong[0]))
