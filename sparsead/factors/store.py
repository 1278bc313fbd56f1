"""The factor store: who owns a factorization, until when, and in how many bytes.

A request carries the matrix itself: pattern, structure and values. So no handle
reaches the user, nothing can go stale, and an evicted factorization is rebuilt
from the values of the next request: eviction costs time, never correctness.

Which factorizations stay: the newest of a pattern; older ones that a derivative
still awaits, or that were hit since the newest came; one that came back twice
after it was dropped, for one matrix longer; a few dozen while the store uses
little of its limit. The others go before the next is made, so that a loop needs
the memory of one. Beyond the limit the least recently used go first. A
factorization in use is freed only when its last user lets go.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any

from sparsead.backends.memory import total
from sparsead.errors import ShapeError
from sparsead.factors.entry import Entry
from sparsead.factors.group import Group
from sparsead.factors.shelf import Shelf
from sparsead.factors.stats import Counters, Stats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sparsead.backends.backend import Factorization
    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern

_SHARE_OF_MEMORY = 4  # sparsead.backends.against lets factors take no more
_NEWEST = 1
_COMFORT = 16  # below this fraction of the limit a few dozen stay: small factors do no harm
_FEW_DOZEN = 32
_TOO_MANY = 64  # so many are reduced to a few dozen at once
_EVICTED_REMEMBERED = 256
_IN_TURN = 2  # a matrix that was dropped so often and came back is one of several that are used in turn


class FactorStore:
    """Content-keyed, byte-bounded, thread-safe store of factorizations.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> sparsead.factor_cache.clear()
    >>> A = sp.diags([2 * np.ones(600)])
    >>> x = sp.solve(A, np.ones(600)) + sp.solve(A, np.arange(600.0))
    >>> sparsead.factor_cache.stats().factorizations
    1
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters = Counters()
        self._limit: int | None = None
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._shelves: dict[Group, Shelf] = {}
        self._used = 0
        self._clock = itertools.count()
        self._evicted: deque[tuple[int, bytes]] = deque(maxlen=_EVICTED_REMEMBERED)
        self._warned_too_large = False

    def entry(self, pattern: Pattern, values: NDArray[Any], options: SolveOptions) -> Entry:
        """Return the entry of a matrix, factorized.

        Parameters
        ----------
        pattern : Pattern
            Stored entries, shape (n, n).
        values : array, shape (s,)
            Stored values in the type of the factors, contiguous.
        options : SolveOptions
            Structure and backend.

        Returns
        -------
        Entry
            Ready to solve; stays valid as long as it is referenced.

        Raises
        ------
        SparseADError
            Whatever is wrong with the matrix or the backend.
        """
        entry, found = self._find_or_add(self._group(pattern, values.dtype, options), values)
        entry.awaited = options.awaited
        try:
            entry.factorization()
        except BaseException:
            self._drop(entry)
            raise
        if not found:
            self._account(entry)
        return entry

    def glimpse(self, pattern: Pattern, values: NDArray[Any], options: SolveOptions) -> Factorization | None:
        """Return factors that the store does not keep, for a look at their pivots; None if those mislead.

        Later matrices of the pattern are factorized as if this one had not been. The parameters are those of `entry`.
        """
        group = self._group(pattern, values.dtype, options)
        entry = Entry(group, values, group.sample(values), self._counters, born=next(self._clock), replaced=[])
        return entry.first_factorization()

    def stats(self) -> Stats:
        """Return the counts since the last `clear`, and what is held now.

        Returns
        -------
        Stats
            Exact numbers: tests may assert on them.
        """
        with self._lock:
            held = sum(map(len, self._shelves.values()))
            nbytes = self._used + sum(group.nbytes for group in self._shelves)
            return Stats(**self._counters.read(), held=held, nbytes=nbytes, limit=self._bytes_allowed())

    def limit(self, nbytes: int | None) -> None:
        """Set what the store may take; what is beyond is evicted now.

        Parameters
        ----------
        nbytes : int or None
            None is the default, a quarter of the memory of the machine or its container. Unit: [byte].

        Raises
        ------
        ShapeError
            If `nbytes` is negative.
        """
        if nbytes is not None and nbytes < 0:
            raise ShapeError(
                "negative limit", expected="a number of bytes >= 0, or None", got=f"{nbytes}", fix="pass 0 to keep none"
            )
        with self._lock:
            self._limit = nbytes
            self._make_room(None)

    def clear(self) -> None:
        """Drop every factorization and analysis, and set the counts to zero."""
        with self._lock:
            self._groups.clear()
            self._shelves.clear()
            self._evicted.clear()
            self._used = 0
            self._counters.reset()

    def tally(self, name: str, count: int = 1) -> None:
        """Add to a count of the statistics: what happens within a solve, which only its method sees."""
        self._counters.add(name, count)

    def _group(self, pattern: Pattern, dtype: np.dtype[Any], options: SolveOptions) -> Group:
        key = (pattern, dtype.char, options.structure, options.backend)
        group = self._groups.get(key)
        if group is None:
            made = Group(pattern, dtype, options, self._counters)
            with self._lock:
                group = self._groups.setdefault(key, made)
        return group

    def _find_or_add(self, group: Group, values: NDArray[Any]) -> tuple[Entry, bool]:
        """The entry of these values, and whether it was there already; the exact comparison runs unlocked."""
        sample = group.sample(values)
        with self._lock:
            shelf = self._shelves.get(group)
            if shelf is None:
                shelf = self._shelves[group] = Shelf()
            candidates = shelf.candidates(sample)
            if not candidates:
                return self._add(shelf, group, values, sample), False
        for entry in reversed(candidates):
            if entry.holds(values):
                entry.last_hit = next(self._clock)
                self._counters.add("hits")
                return entry, True
        with self._lock:
            for other in shelf.candidates(sample):  # another thread may have added the same matrix meanwhile
                if other not in candidates and other.holds(values):
                    return other, True
            return self._add(shelf, group, values, sample), False

    def _add(self, shelf: Shelf, group: Group, values: NDArray[Any], sample: bytes) -> Entry:
        """Put a new entry on the shelf of its group. Holds the lock."""
        replaced: list[Entry] = []
        entry = Entry(group, values, sample, self._counters, born=next(self._clock), replaced=replaced)
        shelf.add(entry)
        replaced += self._drop_dead(shelf)
        dropped = self._evicted.count(_mark(group, sample))
        self._counters.add("rebuilds", int(dropped > 0))
        entry.returning = dropped >= _IN_TURN
        return entry

    def _account(self, entry: Entry) -> None:
        with self._lock:
            shelf = self._shelves.get(entry.group)
            if shelf is not None and entry in shelf:
                self._used += entry.nbytes
                entry.accounted = shelf.bytes_of_one = entry.nbytes
                self._make_room(entry)

    def _make_room(self, newest: Entry | None) -> None:
        """Drop what is dead, then the least recently used, until the store is within its limit. Holds the lock."""
        allowed = self._bytes_allowed()
        if self._used > allowed // _COMFORT:
            for shelf in self._shelves.values():
                self._evict(shelf.dead(_NEWEST))
        while self._used > allowed and (oldest := self._least_recent()) is not None:
            self._evict([oldest])
            if oldest is newest:
                self._warn_once(oldest.nbytes, allowed)
                self._forget_idle_groups()

    def _drop_dead(self, shelf: Shelf) -> list[Entry]:
        """Keep the newest of a pattern, or a few dozen while the store uses little; return the rest. Locked.

        Comes before the newest is factorized, so that it can take over what is dropped.
        """
        if max(self._used + shelf.bytes_of_one, shelf.bytes_of_one * _FEW_DOZEN) > self._bytes_allowed() // _COMFORT:
            dead = shelf.dead(_NEWEST)
        else:
            dead = shelf.dead(_FEW_DOZEN) if len(shelf) > _TOO_MANY else []
        self._evict(dead)
        return dead

    def _least_recent(self) -> Entry | None:
        everything = (entry for shelf in self._shelves.values() for entry in shelf.entries() if entry.accounted)
        return min(everything, key=lambda entry: entry.last_hit, default=None)

    def _evict(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._shelves[entry.group].remove(entry)
            self._used -= entry.accounted
            self._evicted.append(_mark(entry.group, entry.sample))
            self._counters.add("evictions")

    def _drop(self, entry: Entry) -> None:
        with self._lock:
            shelf = self._shelves.get(entry.group)
            if shelf is not None and entry in shelf:
                shelf.remove(entry)
                self._used -= entry.accounted

    def _forget_idle_groups(self) -> None:
        for key, group in list(self._groups.items()):
            if not self._shelves.get(group):
                self._shelves.pop(group, None)
                del self._groups[key]

    def _bytes_allowed(self) -> int:
        return total() // _SHARE_OF_MEMORY if self._limit is None else self._limit

    def _warn_once(self, nbytes: int, allowed: int) -> None:
        if not self._warned_too_large:
            self._warned_too_large = True
            warnings.warn(
                f"a factorization of {nbytes} bytes is larger than the limit of the factor store, {allowed} bytes: "
                "it works, but is rebuilt for every solve; raise it with sparsead.factor_cache.limit(nbytes)",
                stacklevel=2,
            )


def _mark(group: Group, sample: bytes) -> tuple[int, bytes]:
    """What is remembered of an evicted matrix; outlives its group, whose address another may get."""
    return hash((group.pattern, group.structure, group.library)), sample


factor_cache = FactorStore()
