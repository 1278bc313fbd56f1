"""Plan: where the entries of the cell matrices of one batch are stored, and the two host kernels that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from fem.assembly.scatter import add_at, add_blocks_at
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from fem.dofs.fields import Field
    from fem.dofs.system import System


class Plan:
    """Stored entries of the cell matrices of a domain, batch by batch; compared by identity.

    Integers are kept for pairs of nodes; those of the entries are made for each
    batch anew, which takes a fifth of the time of adding them.

    Parameters
    ----------
    system : System
        Pattern.
    domain : Domain
        Cells.
    rows, cols : tuple of (Field, int)
        Fields of the rows and of the columns of the cell matrices, and how many nodes of a cell carry them.
    """

    def __init__(self, system: System, domain: Domain, rows: tuple[Field, int], cols: tuple[Field, int]) -> None:
        self.domain = domain
        self.size = system.pattern.size
        (row, a), (col, b) = rows, cols
        self.shape = (a, row.components, b, col.components, domain.lanes)
        self.step = step = system.numbering.uniform or 1  # all below are multiples of it
        before = system.rows_before(domain.nodes)[:a, :b] // step
        self._before = domain.in_batches(before)  # (batches, a, b, lanes)
        starts = system.pattern.indptr[:-1] // step
        first = system.numbering.first
        dofs = first[domain.batched_nodes[:, :b, None]] + np.arange(col.components)[:, None] + col.offset
        self._starts = starts.take(dofs)  # (batches, b, j, lanes)
        self._within = (np.arange(row.components) + row.offset).astype(starts.dtype)
        self._whole = row.components == step

    def slots(self, batch: int) -> NDArray[np.integer]:
        """Return the stored entry of each entry of the matrices of a batch, shape (a, i, b, j, lanes)."""
        starts = self._starts[batch][None] * self.step + self._within[:, None, None, None]
        return (self._before[batch] * self.step)[:, None, :, None] + starts[None]

    def add(self, values: NDArray[Any], matrices: NDArray[Any], batch: int) -> None:
        """Add cell matrices, shape (a, i, b, j, lanes), to stored values, shape (s,), in place."""
        slots, alive = self.slots(batch), self.domain.alive(batch)
        if alive < self.domain.lanes:
            slots, matrices = slots[..., :alive], matrices[..., :alive]
        add_at(values, slots.reshape(-1), matrices.reshape(-1))

    def add_multiples(self, values: NDArray[Any], unit: NDArray[Any], factors: NDArray[Any]) -> None:
        """Add one matrix, shape (a, i, b, j), times a factor of each cell, shape (e,), in place.

        The rows of a node are consecutive in a column, so each is added as a block:
        one index and one factor for as many numbers as a node has dofs.
        """
        if not self._whole:
            for batch in range(self.domain.batches):
                start, alive = batch * self.domain.lanes, self.domain.alive(batch)
                matrices = unit[..., None] * factors[start : start + alive]
                add_at(values, self.slots(batch)[..., :alive].reshape(-1), matrices.reshape(-1))
            return
        blocks = np.ascontiguousarray(unit.transpose(2, 3, 0, 1)).reshape(-1, self.step)  # (b j a, i)
        for batch in range(self.domain.batches):
            start, alive = batch * self.domain.lanes, self.domain.alive(batch)
            rows = self._starts[batch][:, :, None] + self._before[batch].transpose(1, 0, 2)[:, None]
            repeated = np.broadcast_to(factors[start : start + alive], (len(blocks), alive))
            index = rows[..., :alive].reshape(len(blocks), alive)
            add_blocks_at(values, index, np.ascontiguousarray(repeated), blocks)

    def gather(self, stored: NDArray[Any], batch: int, out: NDArray[Any]) -> None:
        """Fill `out`, shape (a, i, b, j, lanes), with stored values; zero in lanes that are no cell."""
        stored.take(self.slots(batch), out=out, mode="clip")
        out[..., self.domain.alive(batch) :] = 0

    def traced_slots(self, batch: Any) -> Any:
        """Return `slots` in a traced program, for accelerators; lanes that are no cell point beyond the end."""
        before, starts = constant(self._before), constant(self._starts)
        within = jnp.asarray(self._within)[:, None, None, None]
        slots = (before[batch] * self.step)[:, None, :, None] + (starts[batch][None] * self.step + within)[None]
        cell = batch * self.domain.lanes + jnp.arange(self.domain.lanes)
        return jnp.where(cell < self.domain.count, slots, self.size)
