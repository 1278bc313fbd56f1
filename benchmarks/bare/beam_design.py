"""Design iterations by hand, in NumPy and SciPy on a bare library: index maps made once, one triangle assembled.

The method of the educational codes, with what their authors and users made faster since: no COO matrix in an iteration,
only the stored entries that the factorization reads, an analysis that is kept, the sum over a cell as one product.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from benchmarks import beams
from benchmarks.bare import cholmod, pardiso
from benchmarks.beams import Beam, Watch
from benchmarks.problems import Problem

SOLVERS = {"cholmod": cholmod.make, "pardiso": pardiso.make}


def run(beam: Beam, watch: Watch, *, solver: str) -> None:
    """Make all iterations; `watch` is called with the compliance after each."""
    corners, points, centers = _grid(beam)
    d = beam.dimension
    dofs = (d * corners[:, :, None] + np.arange(d)).reshape(beam.cells, -1)
    stiffness, free = beams.element(d, order=_corners(d)), ~beam.held(points).ravel()
    load = beam.load(points).ravel()[free]
    assembly, indptr, rows = _map(dofs, stiffness, free)
    first = assembly @ beams.young(beam.start())
    system = Problem("beam", indptr, rows, ends=np.stack([first, first]), b=load, positive_definite=True)
    factors = SOLVERS[solver](system)
    smooth = beams.density_filter(centers, beam.radius)
    transposed = smooth.T.tocsr()
    costs = transposed @ np.full(beam.cells, 1 / beam.cells)
    u, x = np.zeros(free.size), beam.start()
    for _ in range(beam.iterations):
        density = smooth @ x
        factors.factorize(assembly @ beams.young(density))
        u[free] = factors.solve(load)
        moved = u[dofs]
        energy = np.einsum("ei,ei->e", moved @ stiffness, moved)
        slope = transposed @ (-beams.young_slope(density) * energy)
        x = beams.improved(x, slope, costs)
        watch(float(load @ u[free]))


def _corners(d: int) -> NDArray[np.int64]:
    """Corners of a cell, the first direction slowest, shape (a, d)."""
    return np.stack(np.meshgrid(*[[0, 1]] * d, indexing="ij"), axis=-1).reshape(-1, d)


def _grid(beam: Beam) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Points of each cell, shape (e, a); points, shape (p, d); centers of cells, shape (e, d)."""
    counts = [n + 1 for n in beam.shape]
    points = np.stack(np.meshgrid(*(np.arange(n) for n in counts), indexing="ij"), axis=-1)
    lowest = points[(slice(-1),) * beam.dimension].reshape(-1, 1, beam.dimension)
    cells = np.ravel_multi_index(tuple(np.moveaxis(lowest + _corners(beam.dimension), -1, 0)), counts)
    return cells, points.reshape(-1, beam.dimension).astype(float), lowest[:, 0] + 0.5


def _map(
    dofs: NDArray[np.int64], stiffness: NDArray[np.float64], free: NDArray[np.bool_]
) -> tuple[scipy.sparse.csr_array, NDArray[np.int32], NDArray[np.int32]]:
    """The map from moduli to the stored entries of the lower triangle, columns after columns; pointers; rows."""
    n, a = int(free.sum()), dofs.shape[1]
    number = np.cumsum(free) - 1
    rows, cols = np.repeat(dofs, a, axis=1).ravel(), np.tile(dofs, (1, a)).ravel()
    kept = np.flatnonzero(free[rows] & free[cols] & (number[rows] >= number[cols]))
    keys = number[cols[kept]] * n + number[rows[kept]]
    order = np.argsort(keys, kind="stable")
    entries, first = np.unique(keys[order], return_index=True)
    kept = kept[order]
    shape = (entries.size, dofs.shape[0])
    entry_map = scipy.sparse.csr_array(
        (stiffness.ravel()[kept % a**2], kept // a**2, np.append(first, kept.size)), shape
    )
    indptr = np.concatenate([[0], np.cumsum(np.bincount(entries // n, minlength=n))])
    return entry_map, indptr.astype(np.int32), (entries % n).astype(np.int32)
