"""Timing: paired rounds in one process, ratios per round, median and spread.

A ratio is taken within a round, between calls that ran one after the other, so that a
slow minute of the machine slows both. The order rotates from round to round.
"""

from __future__ import annotations

import gc
import itertools
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

ROUNDS = 9
FEWEST = 3
BUDGET = 240.0


@dataclass(frozen=True)
class Spread:
    """Median, quartiles and number of a sample."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, sample: Sequence[float]) -> Spread:
        """Return the spread of `sample`, which is not empty."""
        low, _, high = statistics.quantiles(sample, n=4, method="inclusive") if len(sample) > 1 else sample * 3
        return cls(statistics.median(sample), low, high, len(sample))


def spread(sample: Sequence[float]) -> dict[str, float]:
    """Return median, quartiles and number of `sample`, for the JSON."""
    return asdict(Spread.of(list(sample)))


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """End this process by SIGALRM if the block takes longer, even inside a library that never returns to Python."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def once(call: Callable[[Any], Any], put: Callable[[int], Any], number: int) -> float:
    """Return the time of ``call`` on fresh input `number`. Unit: [s]."""
    given = put(number)
    start = time.perf_counter()
    result = call(given)
    elapsed = time.perf_counter() - start
    # Freed here, so that no contestant pays for the arrays of another.
    del result, given
    return elapsed


def paired(
    contestants: dict[str, tuple[Callable[[int], Any], Callable[[Any], Any]]],
    *,
    rounds: int = ROUNDS,
    budget: float = BUDGET,
    warm: bool = True,
) -> dict[str, list[float]]:
    """Time contestants in turn, each call on an input that nobody has seen.

    Parameters
    ----------
    contestants : dict
        Name to ``(put, call)``: ``put(number)`` makes the input, untimed; ``call(input)`` is timed.
    rounds : int
        Rounds at most; fewer, but at least three, when the time `budget` is spent.
    warm : bool
        Whether a first, untimed call compiles and analyzes.

    Returns
    -------
    dict
        Name to the times of its calls, one a round. Unit: [s].
    """
    numbers = itertools.count(1)
    names = list(contestants)
    if warm:
        for put, call in contestants.values():
            once(call, put, next(numbers))
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    begin = time.perf_counter()
    for done in range(rounds):
        if done >= FEWEST and (time.perf_counter() - begin) * (done + 1) / done > budget:
            break
        turn = done % len(names)
        for name in names[turn:] + names[:turn]:
            put, call = contestants[name]
            times[name].append(once(call, put, next(numbers)))
        gc.collect()
    gc.enable()
    return times


def ratios(times: dict[str, list[float]], base: str) -> dict[str, dict[str, float]]:
    """Return, for each contestant but `base`, the spread of its ratio to `base` within a round."""
    return {
        name: spread([t / t0 for t, t0 in zip(sample, times[base], strict=True)])
        for name, sample in times.items()
        if name != base
    }
