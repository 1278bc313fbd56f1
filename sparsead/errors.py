"""Every exception of the package, and the one function that writes their four lines.

A message says what is wrong, what was expected, what was got (always the
offending value and where it stands) and what to do. Exceptions carry the
location as attributes too, so that a program can act on it.
"""

from __future__ import annotations

from typing import Any


def explain(what: str, *, expected: str, got: str, fix: str) -> str:
    """Return the message of four lines that every exception of the package carries.

    Parameters
    ----------
    what : str
        The fault, in a few words.
    expected : str
        The rule that the input breaks.
    got : str
        The offending value and where it stands.
    fix : str
        What to type instead.

    Returns
    -------
    str
        Four lines.

    Examples
    --------
    >>> print(explain("column index outside the matrix", expected="0 <= cols < 400",
    ...               got="cols[17] = 400", fix="pass shape=(400, 401), or drop that triplet"))
    column index outside the matrix
      expected: 0 <= cols < 400
      got:      cols[17] = 400
      fix:      pass shape=(400, 401), or drop that triplet
    """
    return f"{what}\n  expected: {expected}\n  got:      {got}\n  fix:      {fix}"


class SparseADError(Exception):
    """Base class: ``except SparseADError`` catches whatever this package raises on purpose.

    Parameters
    ----------
    what, expected, got, fix : str
        The four parts of the message, see `explain`.
    **where : int or str
        Location of the fault (``row``, ``column``, ``index`` ...); each becomes an attribute.
    """

    def __init__(self, what: str, *, expected: str, got: str, fix: str, **where: Any) -> None:
        super().__init__(explain(what, expected=expected, got=got, fix=fix))
        self._parts: dict[str, Any] = {"expected": expected, "got": got, "fix": fix, **where}
        self._what = what
        for name, value in where.items():
            setattr(self, name, value)

    @property
    def what(self) -> str:
        """The first of the four parts."""
        return self._what

    @property
    def got(self) -> str:
        """The third of the four parts."""
        return str(self._parts["got"])

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._what, self._parts)


def _rebuild(kind: type[SparseADError], what: str, parts: dict[str, Any]) -> SparseADError:
    return kind(what, **parts)


class PatternError(SparseADError, ValueError):
    """Indices, shapes or slots do not describe a sparse matrix."""


class ShapeError(SparseADError, ValueError):
    """An array has the wrong shape or length."""


class DtypeError(SparseADError, TypeError):
    """An array has a type that the operation cannot take, or would lose digits."""


class NonFiniteError(SparseADError, ValueError):
    """A value is NaN or infinite; ``row`` and ``column`` (or ``index``) say which, ``of`` and ``value`` of what."""


class StructureError(SparseADError, ValueError):
    """A declared structure does not hold; ``row`` and ``column`` say where."""


class SingularMatrixError(SparseADError, ArithmeticError):
    """The matrix has no usable inverse; ``dof`` (or ``row``, ``column``) says where, None if that is not known."""

    dof: int | None = None


class NullSpaceError(SparseADError, ArithmeticError):
    """A declared null space is none of the matrix, or b is outside its range; ``share`` says how far."""


class NotPositiveDefiniteError(SparseADError, ArithmeticError):
    """A matrix declared positive definite is not; ``column`` says where it shows."""


class DefectiveError(SparseADError, ArithmeticError):
    """An eigenvalue has no left vector to go with its right one, or nearly; ``eigenvalue``, ``condition`` say which."""

    eigenvalue: complex | None = None
    condition: float | None = None


class BackendMissingError(SparseADError, ImportError):
    """A factorization library that was asked for is not installed."""


class BackendError(SparseADError, RuntimeError):
    """A library failed or cannot do what was asked; ``fault``: the reason, "memory", "structure" or "untold"."""

    fault: str | None = None


class ConvergenceError(SparseADError, RuntimeError):
    """An iteration did not reach its tolerance; ``iteration`` and ``residuals`` say how far it came."""

    iteration: int | None = None
    residuals: tuple[float, ...] = ()


class NoDerivativeError(SparseADError, TypeError):
    """A derivative was asked for where there is none (indices, shapes)."""


class StepSizeError(SparseADError, ArithmeticError):
    """No time step, however small, meets the tolerance; ``step`` says after how many."""


class StepLimitError(SparseADError, RuntimeError):
    """The time steps allowed do not reach the last time; ``steps`` says how many were accepted."""


class ReverseMissError(SparseADError, ArithmeticError):
    """A trajectory integrated backwards does not come back to where it began; ``miss`` says by how much."""


class HighIndexError(SparseADError, ArithmeticError):
    """A differential-algebraic equation of index above 1: its algebraic equations leave something open."""


class InconsistentStartError(SparseADError, ArithmeticError):
    """No first state near the given one satisfies the algebraic equations; ``residual`` says by how much."""
