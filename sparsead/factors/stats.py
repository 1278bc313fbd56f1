"""Counts of what the factor store did."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Stats:
    """Counts since the last reset.

    Parameters
    ----------
    factorizations : int
        Numeric factorizations.
    analyses : int
        Symbolic analyses, by libraries that have them.
    solves : int
        Calls of a triangular solve; one call may have many right-hand sides.
    right_hand_sides : int
        Right-hand sides in these calls.
    remembered : int
        Solves answered by a multiple of the last solution, without solving.
    hits : int
        Requests that found their factorization.
    rebuilds : int
        Factorizations of matrices that had been evicted before.
    evictions : int
        Factorizations dropped to stay within the limit.
    held : int
        Factorizations in the store now.
    nbytes : int
        Memory of the store now. Unit: [byte].
    limit : int
        What the store may take. Unit: [byte].
    """

    factorizations: int = 0
    analyses: int = 0
    solves: int = 0
    right_hand_sides: int = 0
    remembered: int = 0
    hits: int = 0
    rebuilds: int = 0
    evictions: int = 0
    held: int = 0
    nbytes: int = 0
    limit: int = 0


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stats = Stats()

    def add(self, **counts: int) -> None:
        """Add to the named counts."""
        with self._lock:
            self._stats = replace(
                self._stats, **{name: getattr(self._stats, name) + count for name, count in counts.items()}
            )

    def read(self) -> Stats:
        """Return the counts."""
        return self._stats

    def reset(self) -> None:
        """Set all counts to zero."""
        with self._lock:
            self._stats = Stats()
