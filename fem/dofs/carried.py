"""What the values of a matrix say about cells: which give nothing to it, and which points others carry.

A cell with stiffness couples all its points, for only rigid motions cost it nothing. So points of a cell that no
chain of entries joins, or a point whose row is empty, show a cell without stiffness. All this is read from the
values, for inside a compiled program nothing else is there when a factorization fails.

Rows of held dofs are decoupled and tell nothing. But their diagonal stays, and where no cell acts on it the
elimination writes `UNRESISTED` times the largest value, which no sum of cells is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.domain import Domain
    from fem.dofs.topology import Topology
    from sparsead.pattern.pattern import Pattern

UNRESISTED = 3.0


class Carried(NamedTuple):
    """Which points carry each other.

    Attributes
    ----------
    idle : int array
        Numbers of the cells without stiffness, ascending.
    bare : int array
        Points with free dofs that no cell gives anything, ascending.
    unresisted : int array
        Free dofs of other points whose row is empty, ascending.
    parts : list of int array
        Points that cells with stiffness and couplings join.
    """

    idle: NDArray[np.integer]
    bare: NDArray[np.integer]
    unresisted: NDArray[np.integer]
    parts: list[NDArray[np.integer]]


def carried(
    topology: Topology, held: Held, domains: Sequence[Domain], pattern: Pattern, values: NDArray[Any], least: float
) -> Carried:
    """Return which points carry each other by the values of a matrix.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints that were eliminated.
    domains : sequence of Domain
        The cells.
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Finite values.
    least : float
        Fraction of the largest value up to which a value counts as zero.
    """
    numbering, count = topology.numbering, len(topology.mesh.points)
    owner = np.repeat(np.arange(count), numbering.counts)
    free = np.ones(numbering.count, bool)
    free[held.dofs] = False
    sizes = _without_marks(np.abs(values), pattern.diagonal[held.dofs])
    stored = np.flatnonzero(sizes > least * sizes.max(initial=0.0))
    rows, cols = pattern.indices[stored], pattern.columns_of(stored)
    resisted = np.zeros(numbering.count, bool)
    resisted[rows] = True
    ties = held.couplings.tocoo()
    tied = owner[held.dofs[ties.row]]
    # a point that is tied to others is carried by them, whether or not cells act on it
    carries = np.zeros(count, bool)
    carries[owner[resisted]] = True
    carries[tied] = True
    joined = _labels(count, np.r_[owner[rows], tied], np.r_[owner[cols], owner[ties.col]])
    loose = np.zeros(count, bool)
    loose[owner[free]] = True
    loose[tied] = True
    idle = [_idle(domain.nodes, joined, loose, carries) for domain in domains]
    numbers = np.concatenate([np.zeros(0, np.int64), *(d.cells[i] for d, i in zip(domains, idle, strict=True))])
    stiff = [domain.nodes[~i] for domain, i in zip(domains, idle, strict=True)]
    return Carried(
        np.sort(numbers),
        np.flatnonzero(~carries & loose),
        np.flatnonzero(free & ~resisted & carries[owner]),
        _parts(stiff, np.r_[owner[rows], tied], np.r_[owner[cols], owner[ties.col]], carries),
    )


def _without_marks(sizes: NDArray[Any], diagonal: NDArray[np.integer]) -> NDArray[Any]:
    """Magnitudes with zeros on the diagonal of held dofs on which no cell acts."""
    marked = diagonal[sizes[diagonal] == sizes.max(initial=0.0)]
    rest = np.delete(sizes, marked)
    if not len(marked) or sizes[marked[0]] != UNRESISTED * rest.max(initial=0.0):
        return sizes
    sizes = sizes.copy()
    sizes[marked] = 0.0
    return sizes


def _labels(count: int, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.integer]:
    graph = csr_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _idle(
    nodes: NDArray[np.integer], joined: NDArray[np.integer], loose: NDArray[np.bool_], carries: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether cells have a point that nothing carries, or loose points that nothing joins, shape (e,)."""
    label, counts = joined[nodes], loose[nodes]
    lowest = np.where(counts, label, len(joined)).min(axis=1, initial=len(joined))
    highest = np.where(counts, label, -1).max(axis=1, initial=-1)
    return ~carries[nodes].all(axis=1) | (lowest < highest)


def _parts(
    stiff: list[NDArray[np.integer]], one: NDArray[np.integer], other: NDArray[np.integer], carries: NDArray[np.bool_]
) -> list[NDArray[np.integer]]:
    """Points that cells and entries join, without those that nothing carries; the largest first."""
    firsts = [np.repeat(nodes[:, 0], nodes.shape[1]) for nodes in stiff]
    labels = _labels(len(carries), np.r_[one, *firsts], np.r_[other, *(nodes.ravel() for nodes in stiff)])
    points = np.flatnonzero(carries)
    order = points[np.argsort(labels[points], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []
    return sorted(parts, key=len, reverse=True)
