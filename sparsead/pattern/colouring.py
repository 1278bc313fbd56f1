"""Colours of columns: no two columns of one colour have an entry in the same row.

So the columns of a colour can be read off their sum, and a matrix of n columns off as many products as there are
colours [1]_. There are no fewer than the fullest row has entries; how few there can be is hard to find [2]_, but
columns that take the first colour that is free, in their order, come close where neighbours have near numbers.

References
----------
.. [1] A. R. Curtis, M. J. D. Powell, J. K. Reid, "On the estimation of sparse Jacobian matrices", 1974,
   doi:10.1093/imamat/13.1.117.
.. [2] T. F. Coleman, J. J. More, "Estimation of sparse Jacobian matrices and graph coloring problems", 1983,
   doi:10.1137/0720013.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from sparsead.pattern.kept import kept
from sparsead.pattern.pattern import Pattern, index_dtype
from sparsead.pattern.slots import Slots


@kept
def colours(pattern: Pattern) -> NDArray[np.int32]:
    """Return the colour of each column, shape (n,), counted from 0.

    The colours that a row has seen are the bits of one integer of Python, of any length: measured, 2 s for five million
    entries, a third of what arrays take that colour independent columns together, which need more colours too.
    """
    seen = [0] * pattern.shape[0]
    rows = pattern.indices.tolist()
    of_column = np.empty(pattern.shape[1], np.int32)
    for column, (start, stop) in enumerate(itertools.pairwise(pattern.indptr.tolist())):
        taken = 0
        for row in rows[start:stop]:
            taken |= seen[row]
        free = ~taken & (taken + 1)
        for row in rows[start:stop]:
            seen[row] |= free
        of_column[column] = free.bit_length() - 1
    of_column.flags.writeable = False
    return of_column


@kept
def read_off(pattern: Pattern) -> Slots:
    """Return where each stored entry stands among the products with all colours, shape (colours, m), row by row."""
    of_column, m = colours(pattern), pattern.shape[0]
    size = (int(of_column.max(initial=-1)) + 1) * m
    return Slots(of_column.astype(index_dtype(size))[pattern.cols] * m + pattern.indices, size)
