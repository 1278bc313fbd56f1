"""What ``method="auto"`` of `fem.solve` stands for: factors or multigrid, by what a grid's factors would take.

It is decided once for a space: the memory that is free changes from solve to solve, also by the factors themselves, and
a method that changed with it would leave some matrices of a design loop to one tolerance and some to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from fem.assembly.solve import assembled
from fem.assembly.solver import Approach, CellMethod
from fem.multigrid.cells import grid_under
from fem.multigrid.dissection import fill_of_grid
from fem.multigrid.grid import Grid
from fem.multigrid.method import multigrid
from fem.progress import LOG
from sparsead.backends.against import against
from sparsead.backends.choose import LARGE_UNKNOWNS
from sparsead.backends.prediction import estimated
from sparsead.iterative.auto import auto

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology
    from sparsead.factors.options import OnSingular

# On grids of 28,000 to 108,000 dofs PARDISO tells 8.8 (hex8) to 10.4 bytes (quad4) for each entry that is counted here.
_BYTES_PER_ENTRY = 10
# Between the rows of `python -m benchmarks map`, measured to rtol 1e-6, not 1e-8, on a machine in use: 1e-5 s (quad4,
# 101,250 dofs) and 2.8e-5 s (hex8, 107,811 dofs).
_SECONDS_PER_DOF = 2e-5

_reasons: WeakKeyDictionary[Topology, str] = WeakKeyDictionary()  # against the factors of a grid


@dataclass(frozen=True)
class Automatic(CellMethod):
    """Factors where they fit and are not much slower; else multigrid."""

    def approach(self, operator: Operator, held: Held, on_singular: OnSingular) -> Approach:
        """Return the approach; on a grid it is known before anything is assembled, elsewhere the analysis tells."""
        grid = grid_under(operator)
        if isinstance(grid, str) or not (operator.definite and operator.symmetric):
            return assembled(operator, held, auto(), on_singular)
        if not _reason(grid, operator.space.topology):
            return assembled(operator, held, None, on_singular)
        return multigrid().approach(operator, held, on_singular)


def _reason(grid: Grid, topology: Topology) -> str:
    """Return `against_factors` as it was at the first solve, which tells it."""
    reason = _reasons.get(topology)
    if reason is None:
        dofs = topology.numbering.count
        reason = _reasons.setdefault(topology, against_factors(grid, dofs))
        if reason:
            LOG.info("multigrid for %d dofs: %s", dofs, reason)
    return reason


def against_factors(grid: Grid, dofs: int) -> str:
    """Return in words why the factors of a grid are not to be made; nothing if they are."""
    if dofs < LARGE_UNKNOWNS:
        return ""
    fill = fill_of_grid(grid.points.shape, dofs // grid.points.size)
    return against(estimated(fill, _BYTES_PER_ENTRY, triangles=1, itemsize=8), dofs * _SECONDS_PER_DOF)
