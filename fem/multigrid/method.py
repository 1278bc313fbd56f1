"""Multigrid as a method of `fem.solve`: what the user writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fem.assembly.solve import assembled
from fem.assembly.solver import Approach, CellMethod
from fem.errors import SpaceError
from fem.multigrid.algebraic import instead, not_definite
from fem.multigrid.approach import Geometric, Unrolled
from fem.multigrid.cells import grid_under
from fem.multigrid.grid import Grid
from fem.multigrid.options import Options

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.multigrid.options import Differentiate
    from sparsead.factors.options import OnSingular, Precision


@dataclass(frozen=True)
class Multigrid(Options, CellMethod):
    """Conjugate gradients with a geometric multigrid cycle; made by `multigrid`, compared by value."""

    def approach(self, operator: Operator, held: Held, on_singular: OnSingular) -> Approach:
        """Return the approach: geometric on a grid, algebraic elsewhere, which is said.

        Raises
        ------
        SpaceError
            If the operator is not known to be positive definite, or if there is no grid whose iterations could be
            differentiated.
        BackendMissingError
            If algebraic multigrid is needed and not installed.
        """
        if not (operator.definite and operator.symmetric):
            raise not_definite(operator.structure)
        grid = grid_under(operator)
        if isinstance(grid, Grid):
            return (Geometric if self.differentiate == "solution" else Unrolled)(self, grid, on_singular)
        if self.differentiate == "iterations":
            raise SpaceError(
                "iterations that are no array code cannot be differentiated",
                expected='a grid of equal cells, for differentiate="iterations"',
                got=f"{grid}: its iterations run in pyamg and SciPy",
                fix='differentiate="solution", which needs no derivative of an iteration',
            )
        method = instead(operator.space.topology, grid, self)
        return assembled(operator, held, method, on_singular)


def multigrid(
    *,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int = 500,
    smoothing: int = 3,
    visits: int = 3,
    precision: Precision = "double",
    differentiate: Differentiate = "solution",
) -> Multigrid:
    """Return a method of `fem.solve`: conjugate gradients with multigrid, on structured grids without a matrix.

    There memory is a few hundred bytes for each dof, and time is proportional to the dofs where iterations are as many.
    On fields of material with a contrast of 1e-9 they grow slowly with the mesh. When it pays is in
    :doc:`/explanation/direct_or_iterative`.

    On other meshes, and with forms on facets, several fields or moved points, the matrix is assembled and solved by
    ``sparsead.iterative.cg(sparsead.iterative.amg())``: algebraic multigrid, which is told the rigid motions of the
    space. A warning says so, once for a mesh.

    Parameters
    ----------
    rtol : float
        Largest relative residual ``|f - K u| / |f|``, in the 2-norm, computed anew at the end; of each load.
    adjoint_rtol : float, optional
        The same for adjoints, which carry derivatives back; by default `rtol`.
    max_iterations : int
        After so many without that, `ConvergenceError`.
    smoothing : int
        Steps of Chebyshev's smoother before and after each correction by the next level; on a grid.
    visits : int
        How often each level but the finest and the coarsest corrects the one before; on a grid.
    precision : {"double", "single"}
        Of the cycle: in single it reads and writes half of the bytes. Set-up, iterations and coarsest level stay in
        double, so that solutions are those to `rtol` all the same. Where half of `max_iterations` in single do not
        get there, or get stuck, levels are made in double and the rest goes on with them: a longer program to compile.
    differentiate : {"solution", "iterations"}
        Derivatives of the solution, by the implicit rule: one more solve. Or, for those who study them, of what the
        iterations computed, through each of them and the set-up: in memory for `max_iterations` of them; on a grid.

    Returns
    -------
    Multigrid
        For ``fem.solve(K, f, supports, method=...)``. Without a matrix on meshes of equal cells (`fem.rectangle`,
        `fem.box`), with one field, any material of the cells and any supports.

    Raises
    ------
    SpaceError
        If an option is impossible. In the solve, if the operator is not known to be positive definite.
    BackendMissingError
        In the solve, if the mesh is no grid and pyamg is not installed.

    References
    ----------
    Amir, O., Aage, N., Lazarov, B. S., "On multigrid-CG for efficient topology optimization", Structural and
    Multidisciplinary Optimization 49, 2014, doi:10.1007/s00158-013-1015-5.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.box((16, 8, 8), size=(2.0, 1.0, 1.0))
    >>> space = fem.Space(mesh, components=3)
    >>> K = fem.elements.elasticity(space, young=1.0, poisson=0.0)
    >>> held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    >>> f = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (1.0, 0.0, 0.0))
    >>> u = fem.solve(K, f, held, method=fem.multigrid(rtol=1e-10))
    >>> round(float(u[:, 0].max()), 8)
    2.0
    """
    return Multigrid(rtol, max_iterations, smoothing, visits, precision, adjoint_rtol, differentiate)
