"""Geometric multigrid on structured grids, matrix-free, in array code that runs on a CPU and on a GPU."""

from fem.assembly.solver import CELL_METHODS
from fem.multigrid.automatic import Automatic

CELL_METHODS["auto"] = Automatic
