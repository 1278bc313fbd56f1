"""Counts of what the factor store did."""

from __future__ import annotations

import threading
from dataclasses import dataclass

_COUNTED = (
    "factorizations",
    "analyses",
    "solves",
    "right_hand_sides",
    "remembered",
    "hits",
    "rebuilds",
    "evictions",
    "setups",
    "iterations",
    "operator_applications",
    "updates",
)


@dataclass(frozen=True)
class Stats:
    """Counts since the last `clear`, and what the store holds now.

    Parameters
    ----------
    factorizations : int
        Numeric factorizations, by libraries.
    analyses : int
        Symbolic analyses, by libraries that have them.
    solves : int
        Calls of a solve, by factors or by iterations; one call may have many right-hand sides.
    right_hand_sides : int
        Right-hand sides in these calls.
    remembered : int
        Solves answered by a multiple of the last solution, or a combination of the last solutions, without solving.
    hits : int
        Requests that found their factorization.
    rebuilds : int
        Factorizations of matrices that had been evicted before.
    evictions : int
        Factorizations dropped to stay within the limit.
    setups : int
        Set-ups of an iterative method: its preconditioner, for one matrix.
    iterations : int
        Iterations; those of several right-hand sides that go in step count once.
    operator_applications : int
        Products with the matrix within iterative solves; one product may have many vectors.
    updates : int
        Small full matrices factorized for a low-rank update of a matrix, and for its determinant.
    held : int
        Factorizations in the store now.
    nbytes : int
        Memory of the store now. Unit: [byte].
    limit : int
        What the store may take. Unit: [byte].
    """

    factorizations: int
    analyses: int
    solves: int
    right_hand_sides: int
    remembered: int
    hits: int
    rebuilds: int
    evictions: int
    setups: int
    iterations: int
    operator_applications: int
    updates: int
    held: int
    nbytes: int
    limit: int


class Counters:
    """Counts that several threads add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(_COUNTED, 0)

    def add(self, name: str, count: int = 1) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[name] += count

    def solved(self, right_hand_sides: int) -> None:
        """Count one call of a triangular solve."""
        with self._lock:
            self._counts["solves"] += 1
            self._counts["right_hand_sides"] += right_hand_sides

    def read(self) -> dict[str, int]:
        """Return all counts by name."""
        with self._lock:
            return dict(self._counts)

    def reset(self) -> None:
        """Set all counts to zero."""
        with self._lock:
            self._counts = dict.fromkeys(_COUNTED, 0)
