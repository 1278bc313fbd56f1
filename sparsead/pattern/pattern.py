"""Pattern: which entries of a matrix are stored. Integers only; values never change it."""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

INT32_LIMIT = 2**31 - 1


def index_dtype(largest: int) -> np.dtype:
    """Return int32 while `largest` fits, int64 beyond."""
    return np.dtype(np.int32 if largest <= INT32_LIMIT else np.int64)


class Pattern:
    """Set of stored entries of an (m, n) matrix, in compressed-column order.

    Patterns are immutable, hashable and interned: two constructions of the same
    set give the same object, so whatever is kept per pattern (the symbolic
    analysis, the transposition) is shared. Stored entry ``s`` has row
    ``indices[s]`` and column ``cols[s]``; rows increase within a column and no
    entry is stored twice. Make patterns with `from_triplets` or `from_compressed`.

    Attributes
    ----------
    shape : tuple of int
        ``(m, n)``.
    indptr : int array, shape (n + 1,)
        First stored entry of each column.
    indices : int array, shape (s,)
        Row of each stored entry.
    """

    __slots__ = ("__dict__", "__weakref__", "_hash", "indices", "indptr", "shape")

    shape: tuple[int, int]
    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]
    _hash: int

    def __new__(
        cls,
        shape: tuple[int, int],
        indptr: NDArray[np.integer],
        indices: NDArray[np.integer],
        *,
        dtype: DTypeLike | None = None,
    ) -> Pattern:
        """Intern a pattern whose arrays are known to be sorted, unique and in range."""
        if dtype is None:
            dtype = index_dtype(max(*shape, len(indices)))
        self = super().__new__(cls)
        self.shape = (int(shape[0]), int(shape[1]))
        self.indptr = _frozen(indptr, dtype)
        self.indices = _frozen(indices, dtype)
        self._hash = hash((self.shape, self.indices.dtype, len(indices), _sample(self.indices), _sample(self.indptr)))
        existing = _interned.get(self)
        canonical = existing() if existing is not None else None
        if canonical is not None:
            return canonical
        _interned[self] = weakref.ref(self)
        return self

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Pattern) or self._hash != other._hash or self.shape != other.shape:
            return False
        return (
            self.indices.dtype == other.indices.dtype
            and np.array_equal(self.indptr, other.indptr)
            and np.array_equal(self.indices, other.indices)
        )

    def __repr__(self) -> str:
        return f"Pattern(shape={self.shape}, stored={self.size})"

    def __reduce__(self) -> tuple[object, ...]:
        return Pattern, (self.shape, self.indptr, self.indices)

    @property
    def size(self) -> int:
        """Number of stored entries."""
        return len(self.indices)

    @property
    def nbytes(self) -> int:
        """Bytes of the index arrays, derived ones included. Unit: [byte]."""
        derived = (value for value in self.__dict__.values() if isinstance(value, np.ndarray))
        return self.indptr.nbytes + self.indices.nbytes + sum(a.nbytes for a in derived)

    @functools.cached_property
    def counts(self) -> NDArray[np.integer]:
        """Stored entries in each column, shape (n,)."""
        return _frozen(np.diff(self.indptr), self.indices.dtype)

    @property
    def cols(self) -> NDArray[np.integer]:
        """Column of each stored entry, shape (s,); computed at each call, since few need it."""
        return np.repeat(np.arange(self.shape[1], dtype=self.indices.dtype), self.counts)

    def columns_of(self, stored: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return the columns of some stored entries."""
        return np.searchsorted(self.indptr, stored, side="right") - 1

    def entry(self, stored: int) -> tuple[int, int]:
        """Return (row, column) of a stored entry."""
        column = int(np.searchsorted(self.indptr, stored, side="right")) - 1
        return int(self.indices[stored]), column

    @functools.cached_property
    def transposition(self) -> tuple[Pattern, NDArray[np.integer]]:
        """Pattern of the transpose, and the stored entry here of each stored entry there, shape (s,)."""
        from_here, indptr = stable_order(self.indices, self.shape[0])
        pattern = Pattern(self.shape[::-1], indptr, np.take(self.cols, from_here), dtype=self.indices.dtype)
        return pattern, _frozen(from_here, self.indices.dtype)

    @functools.cached_property
    def is_symmetric(self) -> bool:
        """Whether (j, i) is stored wherever (i, j) is."""
        return self.shape[0] == self.shape[1] and self.transposition[0] == self

    @functools.cached_property
    def diagonal(self) -> NDArray[np.integer]:
        """Stored entry of each diagonal position, -1 where none is stored, shape (min(m, n),)."""
        found = np.full(min(self.shape), -1, self.indices.dtype)
        cols = self.cols
        stored = np.flatnonzero(self.indices == cols)
        found[cols[stored]] = stored
        return _frozen(found, self.indices.dtype)


def stable_order(keys: NDArray[np.integer], count: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Return the stable sorting order of integer keys in [0, count), and where each key starts.

    A counting sort: SciPy's transposition of a matrix with one entry a row does
    it in one pass, three times faster than ``argsort`` on 10 million keys.

    Parameters
    ----------
    keys : int array, shape (t,)
        Values in ``[0, count)``.
    count : int
        Number of different keys possible.

    Returns
    -------
    order : int array, shape (t,)
        ``keys[order]`` increases, equal keys in their first order.
    start : int array, shape (count + 1,)
        Positions in `order` at which each key starts.
    """
    dtype = index_dtype(max(len(keys), count))
    one_a_row = np.arange(len(keys) + 1, dtype=dtype)
    marks = np.zeros(len(keys), np.int8)
    sorted_marks = csr_array((marks, keys.astype(dtype, copy=False), one_a_row), shape=(len(keys), count)).tocsc()
    return sorted_marks.indices, sorted_marks.indptr


def _frozen(array: NDArray[np.integer], dtype: DTypeLike) -> NDArray[np.integer]:
    """Own, contiguous, read-only copy in the given index type (no copy if it is one already)."""
    array = np.ascontiguousarray(array, dtype)
    if array.flags.writeable or array.base is not None:
        array = array.copy()
        array.flags.writeable = False
    return array


def _sample(array: NDArray[np.integer]) -> bytes:
    """Up to about 1000 evenly spread values: enough for a hash, equality compares everything."""
    return array[:: max(1, len(array) // 1000)].tobytes()


_interned: weakref.WeakKeyDictionary[Pattern, weakref.ref[Pattern]] = weakref.WeakKeyDictionary()
