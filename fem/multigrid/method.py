"""Multigrid as a method of `fem.solve`: what the user writes, and the solver that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.solve import assembled, expand_vectors, reduce_vectors
from fem.assembly.solver import Approach, CellMethod
from fem.errors import SpaceError
from fem.multigrid.algebraic import instead, not_definite
from fem.multigrid.cells import grid_under, parts_of
from fem.multigrid.cycle import Settings, preconditioner
from fem.multigrid.faults import faults_of
from fem.multigrid.grid import Grid
from fem.multigrid.hierarchy import hierarchy_of, in_single, touched_by
from fem.multigrid.krylov import conjugate_gradients
from fem.multigrid.operators import Parts, apply
from fem.multigrid.report import Report, checked
from sparsead.factors.options import SolveOptions
from sparsead.jax.constants import constant
from sparsead.jax.inverse import LOOSE, Solver
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from jax import Array

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.dofs.reduction import Reduction
    from sparsead.factors.options import OnSingular, Precision

_LEAST = 1e-14
_DEFINITE = Structure(symmetric=True, positive_definite=True)


@dataclass(frozen=True)
class Multigrid(CellMethod):
    """Conjugate gradients with a geometric multigrid cycle; made by `multigrid`, compared by value.

    Parameters
    ----------
    rtol : float
        Largest relative residual.
    max_iterations : int
        Limit.
    smoothing : int
        Steps of the smoother before and after each correction.
    visits : int
        Of each level but the finest and the coarsest.
    precision : {"double", "single"}
        Of the cycle.
    adjoint_rtol : float or None
        Largest relative residual of adjoints; None for `rtol`.
    """

    rtol: float = 1e-8
    max_iterations: int = 500
    smoothing: int = 3
    visits: int = 2
    precision: Precision = "double"
    adjoint_rtol: float | None = None

    def __post_init__(self) -> None:
        for name in ("rtol", "adjoint_rtol"):
            value = getattr(self, name)
            if name == "adjoint_rtol" and value is None:
                continue
            if not isinstance(value, float) or not _LEAST <= value < 1:
                raise _impossible(name, value, f"a relative residual from {_LEAST:g} to less than 1", "1e-8")
        for name, usual in (("max_iterations", 500), ("smoothing", 3), ("visits", 2)):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise _impossible(name, count, "a whole number, 1 or more", str(usual))
        if self.precision not in ("double", "single"):
            raise _impossible("precision", self.precision, "'double' or 'single'", "'double'")

    def approach(self, operator: Operator, held: Held, on_singular: OnSingular) -> Approach:
        """Return the approach: geometric on a grid, algebraic elsewhere, which is said.

        Raises
        ------
        SpaceError
            If the operator is not known to be positive definite.
        BackendMissingError
            If algebraic multigrid is needed and not installed.
        """
        if not (operator.definite and operator.symmetric):
            raise not_definite(operator.structure)
        grid = grid_under(operator)
        if isinstance(grid, Grid):
            return _Approach(self, grid, on_singular)
        method = instead(
            operator.space.topology,
            grid,
            rtol=self.rtol,
            adjoint_rtol=self.adjoint_rtol,
            max_iterations=self.max_iterations,
        )
        return assembled(operator, held, method, on_singular)


def multigrid(
    *,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int = 500,
    smoothing: int = 3,
    visits: int = 2,
    precision: Precision = "double",
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
        double, so that solutions are those to `rtol` all the same, or an error.

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
    return Multigrid(rtol, max_iterations, smoothing, visits, precision, adjoint_rtol)


@dataclass(frozen=True)
class _Approach(Approach):
    method: Multigrid
    grid: Grid
    on_singular: OnSingular

    def prepare(self, operator: Operator, reduction: Reduction) -> tuple[Solver, Any]:
        """Return the solver, and the levels for the numbers of an operator."""
        grid, parts = self.grid, parts_of(operator)
        parts = Parts(parts.units, checked(operator, parts.weights))
        free = _on_grid(grid, constant(reduction.mask.astype(float))[None])[0]
        whole = np.all(reduction.mask.reshape(grid.points.size, -1), axis=1)
        hierarchy = hierarchy_of(parts, free, touched_by(~np.asarray(whole)[grid.points]))
        if self.method.precision == "single":
            hierarchy = in_single(hierarchy)
        settings, own = self._settings(operator, reduction), self.method
        return _Solver(self, grid, reduction, settings, own.rtol, own.adjoint_rtol or own.rtol), (parts, hierarchy)

    def _settings(self, operator: Operator, reduction: Reduction) -> Settings:
        explain = faults_of(operator, reduction.held)
        direct = SolveOptions(_DEFINITE, on_singular=self.on_singular, explain=explain)
        return Settings(self.method.smoothing, self.method.visits, direct)


@dataclass(frozen=True)
class _Solver(Solver):
    approach: _Approach
    grid: Grid
    reduction: Reduction
    settings: Settings
    rtol: float
    adjoint_rtol: float

    symmetric = iterative = True

    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, shape (k, n), beginning at the multiple of a known solution that leaves the least."""
        return self._solve_to(self.rtol, prepared, b, known)

    def solve_transposed(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, shape (k, n), to the tolerance of adjoints."""
        return self._solve_to(self.adjoint_rtol, prepared, b, known)

    def remembered(self, b: Any, z: Any) -> Any:
        """Return right-hand sides and solutions: those of a compliance are multiples."""
        return b, z

    def loosened(self) -> _Solver:
        """Return the same solver for few digits."""
        return replace(self, rtol=LOOSE, adjoint_rtol=LOOSE)

    def _solve_to(self, rtol: float, prepared: Any, b: Any, known: Any) -> Any:
        parts, hierarchy = prepared
        limit = self.approach.method.max_iterations
        start = _multiple(b, *known) if known else jnp.zeros_like(b)
        outcome = conjugate_gradients(
            partial(self._product, parts, hierarchy.free_of_the_finest),
            partial(_each, partial(preconditioner, hierarchy, self.settings)),
            _on_grid(self.grid, b),
            _on_grid(self.grid, start),
            rtol=rtol,
            limit=limit,
        )
        return _by_points(self.grid, Report(rtol, limit, self.approach.on_singular).told(outcome))

    def _product(self, parts: Parts, free: Array, z: Array) -> Array:
        """Return T^T K T z, shape (k, c, X, Y, Z)."""
        product = partial(_each, partial(apply, parts))
        if not len(self.reduction.row):
            return product(z * free) * free
        u = _on_grid(self.grid, expand_vectors(self.reduction, _by_points(self.grid, z)))
        return _on_grid(self.grid, reduce_vectors(self.reduction, _by_points(self.grid, product(u))))


def _multiple(b: Array, of: Array, solution: Array) -> Array:
    """Return for each row the multiple of a solution whose right-hand side is nearest to b."""
    size = (of * of).sum(1)
    return ((of * b).sum(1) / jnp.where(size > 0, size, 1))[:, None] * solution


def _each(function: Any, rows: Array) -> Array:
    return function(rows[0])[None] if len(rows) == 1 else jax.vmap(function)(rows)


def _on_grid(grid: Grid, vectors: Array) -> Array:
    """Return vectors (k, n) as arrays of the grid, (k, c, X, Y, Z)."""
    rows = vectors.reshape(len(vectors), grid.points.size, -1)
    if not grid.in_order:
        rows = rows[:, constant(grid.points.reshape(-1))]
    return jnp.moveaxis(rows.reshape(len(vectors), *grid.points.shape, -1), -1, 1)


def _by_points(grid: Grid, arrays: Array) -> Array:
    """Return arrays of the grid, (k, c, X, Y, Z), as vectors (k, n)."""
    rows = jnp.moveaxis(arrays, 1, -1).reshape(len(arrays), grid.points.size, -1)
    if not grid.in_order:
        rows = jnp.zeros_like(rows).at[:, constant(grid.points.reshape(-1))].set(rows, unique_indices=True)
    return rows.reshape(len(arrays), -1)


def _impossible(name: str, value: Any, expected: str, example: str) -> SpaceError:
    return SpaceError(f"{name} is impossible", expected=expected, got=f"{name}={value!r}", fix=f"{name}={example}")
