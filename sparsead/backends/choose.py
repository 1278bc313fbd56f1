"""Choose a backend from the structure, the size and what is installed, and say why."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from sparsead.backends.against import against, seconds_of_iterations
from sparsead.backends.memory import free, in_words
from sparsead.backends.prediction import Prediction
from sparsead.backends.registry import get, installed
from sparsead.pattern.band import band
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import GENERAL, Structure

# Measured with `python -m benchmarks choose`. LAPACK on the full matrix where the band fills it,
DENSE_UNKNOWNS = 128
# on the band while the system is small and its elimination takes few multiplications,
BANDED_UNKNOWNS = 1_000
BANDED_WORK = 30_000_000
# of a definite one, without pivoting, while it is not so small: a plane structure of 60 x 20 cells in half the time,
DEFINITE_UNKNOWNS = 5_000
DEFINITE_WORK = 12_000_000
# and on a narrow band whatever the size.
NARROW_DIAGONALS = 8
# From here on SuperLU is so much slower than the others that the user should hear of it.
LARGE_UNKNOWNS = 20_000


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it.

    Parameters
    ----------
    backend : str
        Name of the backend.
    reason : str
        Why, in words.
    predicted : Prediction or None
        What a factorization takes, of large systems.
    instead : str
        The argument of a solve by iterations, where factors take more than a quarter of the free memory or more than
        twice the time, as ``method="auto"`` decides; else empty.

    Examples
    --------
    >>> print(Choice("superlu", "always there"))
    superlu: always there
    """

    backend: str
    reason: str
    predicted: Prediction | None = None
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.backend}: {self.reason}"


def choose(pattern: Pattern, structure: Structure = GENERAL, *, is_complex: bool = False) -> Choice:
    """Return the backend that suits a matrix on this machine, why, and when to leave it for iterations.

    Of large systems the memory and the time of the factorization are predicted: the library analyzes them, anew in each
    call, as if all values were one. PARDISO then tells; for the others the entries of the factors are counted in the
    order that they take.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    structure : Structure
        What was declared.
    is_complex : bool
        Whether the values are complex.

    Returns
    -------
    Choice
        ``.backend`` and ``.reason``; ``.predicted`` and ``.instead`` of large systems.

    References
    ----------
    Gilbert, J. R., Ng, E. G., and Peyton, B. W., "An efficient algorithm to compute row and column counts for sparse
    Cholesky factorization", SIAM J. Matrix Anal. Appl. 15, 1994, doi:10.1137/S0895479892236921.

    Warns
    -----
    UserWarning
        If only SuperLU is there for a large system; says what to install.

    Examples
    --------
    >>> import sparsead, sparsead.numpy as sp
    >>> print(sparsead.backends.choose(sp.eye(3).pattern))
    banded: 3 unknowns within 0 + 0 diagonals: LAPACK on the band
    """
    choice = preferred(pattern, structure, is_complex=is_complex)
    if pattern.shape[0] < LARGE_UNKNOWNS or choice.backend in ("triangular", "banded"):
        return choice
    structure = structure.on(is_complex=is_complex)
    ones = np.ones(pattern.size, complex if is_complex else float)
    predicted = get(choice.backend).analyze(pattern, structure, ones).predicted()
    if predicted is None:
        return choice
    reason = against(predicted, seconds_of_iterations(pattern.size, structure))
    if not reason:
        fits = f"factors take {predicted}, of {in_words(free())} that are free"
        return Choice(choice.backend, f"{choice.reason}; {fits}", predicted)
    other = way_out(structure)
    reason = f"{choice.reason}; but {reason}: leave the direct solver, {other}"
    return Choice(choice.backend, reason, predicted, other)


def preferred(pattern: Pattern, structure: Structure = GENERAL, *, is_complex: bool = False) -> Choice:
    """Return the backend that suits a matrix, without looking how large its factors are; as `choose`."""
    structure = structure.on(is_complex=is_complex)
    n = pattern.shape[0]
    if structure.triangular:
        return Choice("triangular", f"declared {structure.triangular} triangular: substitution, nothing to factorize")
    lapack = _lapack(pattern, structure)
    if lapack is not None:
        return lapack
    there = installed()
    for name, reason in _preferences(structure):
        if name in there:
            return Choice(name, f"{structure.describe()}: {reason}")
    _say_once_what_to_install(n, structure)
    return Choice("superlu", f"{structure.describe()}: always there; no faster library is installed")


def way_out(structure: Structure, argument: str = "method") -> str:
    """Return the argument of a solve that needs memory for the matrix and little more."""
    if structure.positive_definite:
        return f"{argument}=sparsead.iterative.cg(sparsead.iterative.amg())"
    return f"{argument}=sparsead.iterative.gmres(sparsead.iterative.ilu())"


def _lapack(pattern: Pattern, structure: Structure) -> Choice | None:
    """LAPACK on the full matrix or on the band, where it is faster than every sparse library; else None."""
    n, definite = pattern.shape[0], structure.positive_definite
    if n > (DEFINITE_UNKNOWNS if definite else BANDED_UNKNOWNS) and pattern.counts.max() > 2 * NARROW_DIAGONALS + 1:
        return None
    reach = band(pattern)
    if n <= DENSE_UNKNOWNS and reach.lower + reach.upper >= n - 1:
        return Choice("dense", f"{n} unknowns and a full band: LAPACK on the full matrix is the fastest")
    narrow = max(reach.lower, reach.upper) <= NARROW_DIAGONALS
    pivoted = 1 if definite else 4  # twice the triangles, and row exchanges widen the upper one
    work = pivoted * n * reach.lower * reach.upper
    small = n <= BANDED_UNKNOWNS and work <= BANDED_WORK
    middling = definite and n <= DEFINITE_UNKNOWNS and work <= DEFINITE_WORK
    if narrow or small or middling:
        return Choice("banded", f"{n} unknowns within {reach.lower} + {reach.upper} diagonals: LAPACK on the band")
    return None


def _preferences(structure: Structure) -> tuple[tuple[str, str], ...]:
    """Backends for a structure, best first, by the measured table of the documentation."""
    if structure.positive_definite:
        return (
            ("pardiso", "Cholesky, threaded, half the work and memory of LU"),
            ("cholmod", "supernodal Cholesky, half the work and memory of LU"),
            ("cvxopt", "CHOLMOD's supernodal Cholesky from the wheel of cvxopt, half the work and memory of LU"),
        )
    lu = (("umfpack", "LU with pivoting"), ("cvxopt", "UMFPACK's LU with pivoting from the wheel of cvxopt"))
    if structure.symmetric or structure.hermitian:
        return (("pardiso", "LDL^H with pivoting, half the work and memory of LU"), *lu)
    return (("pardiso", "threaded LU, the fastest measured"), *lu)


def _say_once_what_to_install(n: int, structure: Structure) -> None:
    if n < LARGE_UNKNOWNS:
        return
    gain = "4 times" if structure.positive_definite else "1.3 times"
    warnings.warn(
        f"SuperLU factorizes {n} unknowns; PARDISO is about 10 times faster on such systems: "
        'pip install "sparsead[pardiso]" (Linux and Windows on x86-64). Elsewhere cvxopt, under the GPL, is about '
        f'{gain} faster: pip install "sparsead[cvxopt]"',
        stacklevel=2,
    )
