"""Choose a backend from the structure, the size and what is installed, and say why."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from sparsead.backends.registry import installed
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import GENERAL, Structure

# Measured with `python -m benchmarks choose`: below this LAPACK on the full matrix beats every sparse library.
DENSE_UNKNOWNS = 128
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
    """

    backend: str
    reason: str

    def __str__(self) -> str:
        return f"{self.backend}: {self.reason}"


def choose(pattern: Pattern, structure: Structure = GENERAL, *, is_complex: bool = False) -> Choice:
    """Return the backend that suits a matrix on this machine, and why.

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
        ``.backend`` and ``.reason``.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> print(choose(sp.eye(3).pattern))
    dense: 3 unknowns: LAPACK on the full matrix is the fastest up to 128
    """
    structure = structure.on(is_complex=is_complex)
    n = pattern.shape[0]
    if structure.triangular:
        return Choice("triangular", f"declared {structure.triangular} triangular: substitution, nothing to factorize")
    if n <= DENSE_UNKNOWNS:
        return Choice("dense", f"{n} unknowns: LAPACK on the full matrix is the fastest up to {DENSE_UNKNOWNS}")
    there = installed()
    for name, reason in _preferences(structure):
        if name in there:
            return Choice(name, f"{structure.describe()}: {reason}")
    _say_once_what_to_install(n)
    return Choice("superlu", f"{structure.describe()}: always there; no faster library is installed")


def _preferences(structure: Structure) -> tuple[tuple[str, str], ...]:
    """Backends for a structure, best first, by the measured table of the documentation."""
    if structure.positive_definite:
        return (
            ("pardiso", "Cholesky, threaded, half the work and memory of LU"),
            ("cholmod", "supernodal Cholesky, half the work and memory of LU"),
        )
    if structure.symmetric or structure.hermitian:
        return (("pardiso", "LDL^H with pivoting, half the work and memory of LU"), ("umfpack", "LU with pivoting"))
    return (("pardiso", "threaded LU, the fastest measured"), ("umfpack", "LU with pivoting"))


def _say_once_what_to_install(n: int) -> None:
    if n >= LARGE_UNKNOWNS:
        warnings.warn(
            f"SuperLU factorizes {n} unknowns; PARDISO is about 10 times faster on such systems: "
            'pip install "sparsead[pardiso]"',
            stacklevel=2,
        )
