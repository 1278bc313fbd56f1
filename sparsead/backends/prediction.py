"""Prediction: the memory and the work of a factorization, told before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparsead.backends.fill import fill_of, most_entries
from sparsead.backends.memory import in_words

if TYPE_CHECKING:
    from sparsead.backends.fill import Fill
    from sparsead.pattern.pattern import Pattern

# On one core, in space 5e9 to 1e10, by what else the machine does: `python -m benchmarks map` has what was predicted
# beside what it took.
_FLOPS_PER_SECOND = 8e9
_MARGIN = 1.5  # on a long bar minimum degree fills a sixth more than the bound
_COMPLEX = 4  # real multiplications for one of complex numbers
_DOUBLE = 8


@dataclass(frozen=True)
class Prediction:
    """What a factorization will take.

    Parameters
    ----------
    nbytes : float
        Memory, beside that of the analysis. Unit: [byte].
    flops : float
        Multiplications and additions.
    told : bool
        Whether the library told; else it is estimated from the pattern.

    Examples
    --------
    >>> print(Prediction(2.5e9, 4e11, told=True))
    2.5 GB and 50 s on one core
    """

    nbytes: float
    flops: float
    told: bool

    @property
    def seconds(self) -> float:
        """Time of the factorization on one core, roughly. Unit: [s]."""
        return self.flops / _FLOPS_PER_SECOND

    def __str__(self) -> str:
        about = "" if self.told else "about "
        return f"{about}{in_words(self.nbytes)} and {self.seconds:.2g} s on one core"


def estimated(fill: Fill, bytes_per_entry: float, *, triangles: int, itemsize: int) -> Prediction:
    """Return what follows from the entries of one triangle.

    Parameters
    ----------
    fill : Fill
        Of the Cholesky factor of A + A^T.
    bytes_per_entry : float
        For both triangles where there are two, of real numbers. Unit: [byte].
    triangles : int
        1 for Cholesky, 2 for LU.
    itemsize : int
        Bytes of a number.
    """
    work = fill.flops * triangles * (_COMPLEX if itemsize > _DOUBLE else 1)
    return Prediction(fill.entries * bytes_per_entry * max(itemsize / _DOUBLE, 1), work, told=False)


def estimated_beyond(
    nbytes: float, pattern: Pattern, bytes_per_entry: float, *, triangles: int, itemsize: int
) -> Prediction | None:
    """Return the estimate by minimum degree; None where a bound that costs less says it is not beyond `nbytes`."""
    if surely_within(nbytes, pattern, bytes_per_entry, itemsize=itemsize):
        return None
    return estimated(fill_of(pattern), bytes_per_entry, triangles=triangles, itemsize=itemsize)


def surely_within(nbytes: float, pattern: Pattern, bytes_per_entry: float, *, itemsize: int) -> bool:
    """Return whether a bound that costs one pass over the pattern says that factors take no more than `nbytes`."""
    each = bytes_per_entry * max(itemsize / _DOUBLE, 1)
    n = pattern.shape[0]
    return each * n * (n + 1) / 2 <= nbytes or each * _MARGIN * most_entries(pattern) <= nbytes
