"""Elimination of constraints: ``u = T z + g`` with static index maps.

The eliminated matrix keeps all n rows: those of constrained dofs are decoupled
and keep their diagonal, unless that is zero, as that of a pressure is, so that
every dof has the same number everywhere and the pattern depends on couplings
only, never on which dofs are held or at what value.
A decoupled dof costs a factorization nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array, eye_array

from fem.errors import ConstraintError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology

_LONGEST_CHAIN = 64


class Reduction:
    """Static index maps of the elimination of constraints from matrices and vectors of a space.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constrained dofs and their couplings.

    Attributes
    ----------
    held : Held
        The constraints.
    mask : bool array, shape (n,)
        Whether a dof is free.
    row, col, weight : array, shape (m,)
        ``u[row] += weight z[col]``: the couplings to free dofs, chains resolved.
    spread : sparse array, shape (m, m)
        From prescribed values to the values g of the constrained dofs.

    Raises
    ------
    ConstraintError
        If dofs depend on each other in a circle.
    """

    def __init__(self, topology: Topology, held: Held) -> None:
        n = topology.numbering.count
        self.held = held
        self.dofs = held.dofs
        self.mask = np.ones(n, bool)
        self.mask[held.dofs] = False
        self.spread, weights = _resolve(held, n)
        coo = weights.tocoo()
        self.row, self.col, self.weight = held.dofs[coo.row], coo.col.astype(np.int64), coo.data
        self._topology = topology

    @cached_property
    def maps(self) -> Maps:
        """Index maps of matrices; made when the first matrix is, which a solver may do without."""
        return Maps(self, self._topology)


class Maps:
    """Index maps of the elimination of constraints from stored values.

    Parameters
    ----------
    reduction : Reduction
        The elimination.
    topology : Topology
        Dofs.

    Attributes
    ----------
    system : System
        Pattern, with the fill-in that couplings cause.
    killed : int array
        Stored entries that become zero, each once.
    kept : int array, shape (m,)
        Stored entries on the diagonal of constrained dofs.
    source, target, factor : array, shape (m,)
        Stored entries that are added to others, times a factor.
    """

    def __init__(self, reduction: Reduction, topology: Topology) -> None:
        self._dofs, self._mask = reduction.dofs, reduction.mask
        self.system = topology.system()
        self.source: NDArray[np.integer] = np.zeros(0, np.int64)
        self.target: NDArray[np.integer] = np.zeros(0, np.int64)
        self.factor = np.zeros(0)
        if len(reduction.row):
            self._add_couplings(topology, reduction)
        self.killed = self._killed()
        self.kept = self.system.stored(self._dofs, self._dofs)

    def _killed(self) -> NDArray[np.integer]:
        pattern = self.system.pattern
        column = _columns(pattern.indptr, self._dofs)
        rows = pattern.indices[column].astype(np.int64)
        cols = np.repeat(self._dofs, np.diff(pattern.indptr)[self._dofs])
        free = self._mask[rows]  # entries between two constrained dofs stand in the columns of both
        mirrored = self.system.stored(cols[free], rows[free])
        return np.sort(np.concatenate([column[rows != cols].astype(mirrored.dtype), mirrored]))

    def _add_couplings(self, topology: Topology, reduction: Reduction) -> None:
        """Find the entries of T^T K T that come from rows and columns of constrained dofs."""
        n = topology.numbering.count
        place = np.full(n, -1)
        place[self._dofs] = np.arange(len(self._dofs))
        pattern = self.system.pattern
        column = _columns(pattern.indptr, self._dofs)
        rows = pattern.indices[column].astype(np.int64)
        cols = np.repeat(self._dofs, np.diff(pattern.indptr)[self._dofs])
        one_sided = place[rows] < 0
        r = np.concatenate([rows, cols[one_sided]])
        c = np.concatenate([cols, rows[one_sided]])
        free = np.flatnonzero(self._mask)
        data = np.concatenate([np.ones(len(free)), reduction.weight])
        where = (np.concatenate([free, reduction.row]), np.concatenate([free, reduction.col]))
        full = csr_array((data, where), shape=(n, n))
        entry, to_row, to_col, factor = _products(full, r, c)
        owners = topology.numbering.nodes(np.stack([to_row, to_col]))
        extra = np.unique(owners, axis=1).astype(np.int32)
        self.system = topology.system(np.ascontiguousarray(extra))
        self.source = self.system.stored(r[entry], c[entry])
        self.target = self.system.stored(to_row, to_col)
        self.factor = factor


def _columns(indptr: NDArray[np.integer], columns: NDArray[np.integer]) -> NDArray[np.integer]:
    """Stored entries of some columns, one column after the other."""
    lengths = (indptr[columns + 1] - indptr[columns]).astype(np.int64)
    ends = np.cumsum(lengths)
    return np.arange(lengths.sum()) + np.repeat(indptr[columns] - (ends - lengths), lengths)


def _products(
    full: csr_array, rows: NDArray[np.integer], cols: NDArray[np.integer]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """For entries (r, c): every pair of an m in row r and an l in row c of T, and the product of their weights."""
    left, right = np.diff(full.indptr)[rows], np.diff(full.indptr)[cols]
    count = left * right
    entry = np.repeat(np.arange(len(rows)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    i = full.indptr[rows[entry]] + within // np.maximum(right[entry], 1)
    j = full.indptr[cols[entry]] + within % np.maximum(right[entry], 1)
    return entry, full.indices[i].astype(np.int64), full.indices[j].astype(np.int64), full.data[i] * full.data[j]


def _resolve(held: Held, n: int) -> tuple[csr_array, csr_array]:
    """Return N and W of ``u_s = W z + N g``: dofs that depend on constrained dofs depend on what those depend on."""
    m = len(held.dofs)
    if not held.couplings.nnz:
        return eye_array(m, format="csr"), csr_array((m, n))
    own = held.couplings[:, held.dofs]
    free = held.couplings.copy()
    free.data = free.data * ~np.isin(free.indices, held.dofs)
    free.eliminate_zeros()
    spread = power = csr_array(eye_array(m, format="csr"))
    for _ in range(_LONGEST_CHAIN):
        power = power @ own
        power.eliminate_zeros()
        if not power.nnz:
            return spread, csr_array(spread @ free)
        spread = spread + power
    dof = int(held.dofs[power.tocoo().row[0]])
    raise ConstraintError(
        "constrained dofs depend on each other in a circle",
        expected="dofs that depend on free dofs, directly or by a chain",
        got=f"dof {dof} depends on itself",
        fix="leave one dof of the circle free",
        dof=dof,
    )
