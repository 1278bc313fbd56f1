"""What multigrid does where there is no grid: algebraic multigrid takes its place, and the user hears of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING
from weakref import WeakSet

import sparsead.iterative
from fem.errors import SpaceError
from sparsead.errors import BackendMissingError

if TYPE_CHECKING:
    from fem.dofs.topology import Topology
    from fem.multigrid.options import Options
    from sparsead.backends.backend import Backend
    from sparsead.pattern.structure import Structure

_told: WeakSet[Topology] = WeakSet()


def instead(topology: Topology, reason: str, options: Options) -> Backend:
    """Return conjugate gradients with algebraic multigrid; say so once for a mesh.

    Parameters
    ----------
    topology : Topology
        Where.
    reason : str
        Why it cannot be geometric.
    options : Options
        What the user asked for, of which tolerances and the limit have a meaning here.

    Raises
    ------
    BackendMissingError
        If pyamg is not installed.
    """
    preconditioner = sparsead.iterative.amg()
    missing = preconditioner.missing()
    if missing is not None:
        raise BackendMissingError(
            "algebraic multigrid is not installed, and this is no grid of equal cells",
            expected="pyamg, or a mesh of fem.rectangle or fem.box with one field and forms on its cells",
            got=f"{reason}, and pyamg cannot be imported",
            fix=f"{missing}; or leave method= out: the direct solver takes every mesh",
        )
    rtol, adjoint_rtol, limit = options.rtol, options.adjoint_rtol, options.max_iterations
    method = sparsead.iterative.cg(preconditioner, rtol=rtol, adjoint_rtol=adjoint_rtol, max_iterations=limit)
    if topology not in _told:
        _told.add(topology)
        also = "" if adjoint_rtol is None else f", adjoint_rtol={adjoint_rtol:g}"
        warnings.warn(
            f"fem.multigrid() needs a grid of equal cells and got {reason}: algebraic multigrid with the rigid motions "
            f"of the space takes its place. To say so in the script: method=sparsead.iterative.cg("
            f"sparsead.iterative.amg(), rtol={rtol:g}{also}, max_iterations={limit})",
            stacklevel=5,  # where fem.solve or fem.solve_nonlinear was called
        )
    return method


def not_definite(structure: Structure) -> SpaceError:
    """Return the error for an operator that no multigrid here can take."""
    return SpaceError(
        "multigrid needs a positive definite operator",
        expected="stiffness, conduction and mass with positive coefficients, and sums of these",
        got=f"an operator that is not known to be positive definite: {structure.describe()}",
        fix="leave method= out: the direct solver takes everything; or method=sparsead.iterative.gmres()",
    )
