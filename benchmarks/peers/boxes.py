"""The box that peers assemble: hex8 cells, distorted as in `benchmarks.ours_fem`; and how its assembly is timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness, memory

POISSON = 0.3
SHIFT = 0.15


def box(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the points of 2n x n x n cells, x slowest, moved at random; and the cells in the order of VTK."""
    counts = (2 * n, n, n)
    grid = np.stack(np.meshgrid(*(np.arange(c + 1.0) for c in counts), indexing="ij"), axis=-1).reshape(-1, 3)
    shift = np.random.default_rng(0).uniform(-SHIFT, SHIFT, grid.shape)
    numbers = np.arange(len(grid)).reshape([c + 1 for c in counts])
    square = ((0, 0), (1, 0), (1, 1), (0, 1))
    corners = [numbers[x : x + 2 * n, y : y + n, z : z + n].reshape(-1) for z in (0, 1) for x, y in square]
    return grid + shift, np.stack(corners, axis=1)


def young(cells: int, number: int) -> NDArray[np.float64]:
    """Return new moduli, shape (e,)."""
    return np.random.default_rng(number).uniform(0.5, 1.5, cells)


def timed(make: Callable[[], Callable[[Any], Any]], cells: int, rounds: int) -> dict[str, Any]:
    """Time the assembly of a peer: the first with all that it prepares, then others with new moduli.

    Parameters
    ----------
    make : callable
        Prepares everything and returns the assembly, moduli (e,) to stored values of the matrix (s,).
    cells : int
        Number of cells e.
    rounds : int
        Repeated assemblies.

    Returns
    -------
    dict
        ``first_s``, ``time_s``, ``check`` (sum of the magnitudes for moduli 1), ``entries``, ``peak_bytes``.
    """
    before, start = memory.restart(), time.perf_counter()
    assembly = make()
    values = np.asarray(assembly(np.ones(cells)))
    first, times = time.perf_counter() - start, []
    check, entries = float(np.abs(values).sum()), len(values)
    del values
    for number in range(rounds):
        moduli = young(cells, number)
        start = time.perf_counter()
        assembly(moduli)
        times.append(time.perf_counter() - start)
    peak = memory.peak() - before
    return {"first_s": first, "time_s": harness.spread(times), "check": check, "entries": entries, "peak_bytes": peak}
