"""Fill: how many entries the Cholesky factor of a pattern has, and the work to make it, without making it.

Derivation
----------
Eliminate the unknowns of a symmetric pattern in some order. The *elimination
tree* has as the parent of j the first row below the diagonal of column j of L.
Row i of L is nonzero exactly on a subtree of it, whose root is i and whose
leaves are among the k with ``A[i, k] != 0``. So the entries of column j are
the rows whose subtrees hold j, and with leaves k1, k2, ... in postorder and lca
the least common ancestor, row i counts [1]_::

    +1 at each leaf,   -1 at lca(k1, k2), lca(k2, k3), ...,   -1 at the parent of i

once these numbers are summed from the leaves of the tree to its root. A leaf is
a k that has no descendant among the earlier ones. All is nearly linear in the
stored entries of A.

Unknowns of one node have the same columns: they are joined first, and a row of
w unknowns counts w. Entries and work follow from the counts c of all columns::

    entries of L = sum c            flops = sum c^2

The order is minimum degree on A + A^T, SuperLU's, which tells it with an
incomplete factorization that keeps next to nothing.

References
----------
.. [1] J. R. Gilbert, E. G. Ng, B. W. Peyton, "An efficient algorithm to compute
   row and column counts for sparse Cholesky factorization", SIAM J. Matrix Anal.
   Appl. 15, 1994, doi:10.1137/S0895479892236921.
.. [2] A. George, J. W. H. Liu, "Computer solution of large sparse positive
   definite systems", Prentice-Hall, 1981, chapter 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import spilu

from sparsead.pattern.kept import kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

_NOTHING = 1e-12  # off the diagonal, for an incomplete factorization that drops it at once


class Nodes(NamedTuple):
    """Unknowns joined to nodes.

    Parameters
    ----------
    graph : csr_array, shape (m, m)
        Which nodes are coupled; symmetric, with its diagonal.
    sizes : int array, shape (m,)
        Unknowns of each node.
    of : int array, shape (n,)
        Node of each unknown.
    """

    graph: csr_array
    sizes: NDArray[np.int64]
    of: NDArray[np.int64]


class Fill(NamedTuple):
    """Entries of the triangle L, its diagonal included, and multiplications with additions to make it."""

    entries: float
    flops: float


@kept
def fill_of(pattern: Pattern) -> Fill:
    """Return the fill of A + A^T under minimum degree; once for a pattern."""
    nodes = joined(pattern)
    return _in_order(nodes, minimum_degree(nodes.graph))


def fill_in_order(pattern: Pattern, order: NDArray[np.integer]) -> Fill:
    """Return the fill of A + A^T in an order of its unknowns that keeps those of a node together, shape (n,)."""
    nodes = joined(pattern)
    found, places = np.unique(nodes.of[order], return_index=True)
    return _in_order(nodes, found[np.argsort(places)])


@kept
def most_entries(pattern: Pattern) -> float:
    """Return what a good order need not exceed: entries from the first of each row to the diagonal, in narrow order.

    One pass over the pattern, by the order of Cuthill and McKee [2]_, whose envelope holds all its fill.
    """
    graph, sizes, _ = joined(pattern)
    order = reverse_cuthill_mckee(graph, symmetric_mode=True)
    permuted, weights = csr_array(graph[order][:, order]), sizes[order].astype(float)
    first = np.minimum.reduceat(permuted.indices, permuted.indptr[:-1])
    begins = np.cumsum(weights) - weights
    return float((weights * (begins - begins[first]) + weights * (weights + 1) / 2).sum())


def _in_order(nodes: Nodes, order: NDArray[np.integer]) -> Fill:
    sizes = nodes.sizes[order]
    return total(column_counts(nodes.graph[order][:, order], sizes), sizes)


def total(counts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Fill:
    """Return the sums over all columns of nodes with `sizes` columns, the first of each with `counts` entries."""
    c, w = counts.astype(float), sizes.astype(float)
    steps = w * (w - 1) / 2  # sum of 0 ... w - 1, by which columns of a node become shorter
    squares = w * (w - 1) * (2 * w - 1) / 6
    return Fill(float((w * c - steps).sum()), float((w * c**2 - 2 * c * steps + squares).sum()))


def joined(pattern: Pattern) -> Nodes:
    """Return the nodes: unknowns are of one if their rows of A + A^T are equal; sums of random numbers tell."""
    n = pattern.shape[0]
    one_way = csr_array((np.ones(pattern.size, np.int8), pattern.indices, pattern.indptr), shape=(n, n))
    numbers = np.arange(n, dtype=pattern.indptr.dtype)
    diagonal = csr_array((np.ones(n, np.int8), (numbers, numbers)), shape=(n, n))
    graph = csr_array(one_way + one_way.T + diagonal)
    marks = np.random.default_rng(0).integers(1, 2**62, n, dtype=np.uint64)
    sums = np.add.reduceat(marks[graph.indices], graph.indptr[:-1])
    _, first, of, sizes = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    return Nodes(csr_array(graph[first][:, first]), sizes, of)


def minimum_degree(graph: csr_array) -> NDArray[np.int64]:
    """Return the order of elimination, shape (n,)."""
    entries = graph.tocoo()
    values = np.where(entries.row == entries.col, 1.0, _NOTHING)
    matrix = csc_array((values, (entries.row, entries.col)), shape=graph.shape)
    options = {"SymmetricMode": True}
    found = spilu(matrix, drop_tol=0.5, fill_factor=1, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options=options)
    return np.argsort(found.perm_c)


def column_counts(graph: csr_array, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each node the entries of its first column of L, shape (n,).

    Parameters
    ----------
    graph : csr_array, shape (n, n)
        Symmetric, in the order of elimination.
    sizes : int array, shape (n,)
        Unknowns of each node.
    """
    n = graph.shape[0]
    upper = csr_array(graph)
    upper.sort_indices()
    indptr, indices, weights = upper.indptr.tolist(), upper.indices.tolist(), sizes.tolist()
    parents = _tree(indptr, indices)
    order = _postorder(parents)
    first, change = _first_descendants(parents, order, weights)
    newest, last, ancestors = [-1] * n, [-1] * n, list(range(n))
    for j in order:
        if parents[j] >= 0:
            change[parents[j]] -= weights[j]
        for i in indices[indptr[j] : indptr[j + 1]]:
            if i <= j or first[j] <= newest[i]:
                continue  # above the diagonal, or no leaf of the subtree of i
            change[j] += weights[i]
            newest[i] = first[j]
            if last[i] >= 0:
                change[_common(last[i], ancestors)] -= weights[i]
            last[i] = j
        if parents[j] >= 0:
            ancestors[j] = parents[j]
    for j in order:
        if parents[j] >= 0:
            change[parents[j]] += change[j]
    return np.array(change)


def _tree(indptr: list[int], indices: list[int]) -> list[int]:
    """Return the parent of each node in the elimination tree, -1 for roots."""
    n = len(indptr) - 1
    parents, ancestors = [-1] * n, [-1] * n
    for j in range(n):
        for k in indices[indptr[j] : indptr[j + 1]]:
            if k >= j:
                break
            while k != -1 and k < j:
                above, ancestors[k] = ancestors[k], j
                if above == -1:
                    parents[k] = j
                k = above
    return parents


def _postorder(parents: list[int]) -> list[int]:
    """Return all nodes, children before their parents and subtrees together."""
    children: list[list[int]] = [[] for _ in parents]
    for j, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(j)
    order, ahead = [], [j for j, parent in enumerate(parents) if parent < 0]
    while ahead:
        j = ahead.pop()
        order.append(j)
        ahead += children[j]
    return order[::-1]


def _first_descendants(parents: list[int], order: list[int], weights: list[int]) -> tuple[list[int], list[int]]:
    """Return the place in postorder of each node's first descendant, and the weights of nodes that have no other."""
    first, change = [-1] * len(parents), [0] * len(parents)
    for place, leaf in enumerate(order):
        if first[leaf] < 0:
            change[leaf] = weights[leaf]
        j = leaf
        while j >= 0 and first[j] < 0:
            first[j] = place
            j = parents[j]
    return first, change


def _common(node: int, ancestors: list[int]) -> int:
    """Return the root of a node's set, and shorten the way to it for later."""
    root = node
    while ancestors[root] != root:
        root = ancestors[root]
    while ancestors[node] != root and node != root:
        node, ancestors[node] = ancestors[node], root
    return root
