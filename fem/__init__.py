"""Finite elements with derivatives: from a mesh to matrices, vectorised over cells, on top of `sparsead`."""

from __future__ import annotations

from fem import design, elements, fields, optimize, output, responses, shape
from fem.assembly.arc_length import arc_length
from fem.assembly.buckling import BucklingModes, buckling
from fem.assembly.load_steps import load_steps
from fem.assembly.march import march
from fem.assembly.modal import Modes, modal
from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.operator import Operator
from fem.assembly.path import Path
from fem.assembly.reactions import reactions
from fem.assembly.solve import solve
from fem.assembly.solve_nonlinear import solve_nonlinear
from fem.dofs.constraints import Constraints, fix, prescribed
from fem.dofs.couplings import multi_point, periodic, tie
from fem.dofs.lower_order import lower_order
from fem.dofs.space import Space
from fem.elements.loads.body_load import body_load
from fem.elements.loads.pressure import pressure
from fem.elements.loads.traction import traction
from fem.mesh import CellBlock, Facets, Mesh, box, from_meshio, interval, read, rectangle
from fem.multigrid.method import multigrid

__all__ = [
    "BucklingModes",
    "CellBlock",
    "Constraints",
    "Facets",
    "Mesh",
    "Modes",
    "NonlinearOperator",
    "Operator",
    "Path",
    "Space",
    "arc_length",
    "body_load",
    "box",
    "buckling",
    "design",
    "elements",
    "fields",
    "fix",
    "from_meshio",
    "interval",
    "load_steps",
    "lower_order",
    "march",
    "modal",
    "multi_point",
    "multigrid",
    "optimize",
    "output",
    "periodic",
    "prescribed",
    "pressure",
    "reactions",
    "read",
    "rectangle",
    "responses",
    "shape",
    "solve",
    "solve_nonlinear",
    "tie",
    "traction",
]
