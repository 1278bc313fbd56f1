"""Sizes of the rows of a symmetric matrix, such that no entry is larger than the product of those of its two unknowns.

Derivation
----------
Rounding in an entry is measured by the terms that it was summed from, which may cancel. Those of row i and column j
have the unit of ``d_i d_j``, whatever the units of the unknowns, where the d make all sums of magnitudes one [1]_::

    sum_j |a_ij| / (d_i d_j) = 1        for every row i

They are unique where every entry belongs to a permutation of entries, unlike those that make the largest entries one.
A definite matrix has ``d_i >= sqrt(a_ii)``, and could be measured by its diagonal, which of an indefinite one may
vanish. The d are the limit of::

    d_i <- d_i sqrt( sum_j |a_ij| / (d_i d_j) )

References
----------
.. [1] P. A. Knight, D. Ruiz, B. Ucar, "A symmetry preserving algorithm for matrix scaling", SIAM J. Matrix Anal. Appl.
   35, 2014, doi:10.1137/110825753.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

# From ones, in 24 passes units that are 1e6 apart are out of the result to a tenth, in the matrix of the tests.
_PASSES = 24


def sizes(pattern: Pattern, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return d, shape (n,); about one in a column of zeros.

    Parameters
    ----------
    pattern : Pattern, shape (n, n)
        A symmetric one.
    values : array, shape (s,)
        Stored values of a matrix that is symmetric, or nearly.
    """
    size, cols = np.abs(values).astype(np.float64), pattern.cols
    filled = np.flatnonzero(pattern.counts)
    d = np.ones(pattern.shape[0])
    for _ in range(_PASSES):
        scaled = size / d[pattern.indices] / d[cols]
        sums = np.add.reduceat(scaled, pattern.indptr[filled]) if len(filled) else scaled
        d[filled] *= np.sqrt(np.where(sums > 0, sums, 1.0))
    return d
