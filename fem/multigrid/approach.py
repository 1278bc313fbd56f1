"""How multigrid solves on a grid: levels for the numbers of an operator, conjugate gradients on arrays of the grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.solve import expand_vectors, reduce_vectors
from fem.assembly.solver import Approach
from fem.multigrid.cells import parts_of
from fem.multigrid.cycle import Settings, preconditioner
from fem.multigrid.faults import faults_of
from fem.multigrid.hierarchy import hierarchy_of, in_single, touched_by
from fem.multigrid.krylov import CONVERGED, System, conjugate_gradients, unrolled
from fem.multigrid.operators import Parts, apply
from fem.multigrid.report import Report, checked
from sparsead.factors.options import SolveOptions
from sparsead.jax.constants import constant
from sparsead.jax.inverse import LOOSE, Solver
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from fem.assembly.operator import Operator
    from fem.dofs.reduction import Reduction
    from fem.multigrid.cycle import Hierarchy
    from fem.multigrid.grid import Grid
    from fem.multigrid.krylov import Outcome
    from fem.multigrid.options import Options
    from sparsead.factors.options import OnSingular

_DEFINITE = Structure(symmetric=True, positive_definite=True)


@dataclass(frozen=True)
class Geometric(Approach):
    """By the levels of a grid; differentiated by the implicit rule.

    Parameters
    ----------
    options : Options
        What the user wrote.
    grid : Grid
        Cells and points in rows.
    on_singular : {"raise", "nan"}
        What to do where no solution is found.
    """

    options: Options
    grid: Grid
    on_singular: OnSingular

    def solver(self, operator: Operator, reduction: Reduction) -> _Solver:
        """Return the solver."""
        explain = faults_of(operator, reduction.held)
        direct = SolveOptions(_DEFINITE, on_singular=self.on_singular, explain=explain)
        settings, own = Settings(self.options.smoothing, self.options.visits, direct), self.options
        return _Solver(self, reduction, settings, own.rtol, own.adjoint_rtol or own.rtol)

    def prepared(self, operator: Operator, reduction: Reduction) -> Any:
        """Return the levels for the numbers of an operator."""
        parts = parts_of(operator)
        parts = Parts(parts.units, checked(operator, parts.weights))
        hierarchy = self.levels(parts, reduction)
        return parts, in_single(hierarchy) if self.options.precision == "single" else hierarchy

    def levels(self, parts: Parts, reduction: Reduction) -> Hierarchy:
        """Return the levels of cell matrices, in their type."""
        grid = self.grid
        free = _on_grid(grid, constant(reduction.mask.astype(float))[None])[0]
        whole = np.all(reduction.mask.reshape(grid.points.size, -1), axis=1)
        return hierarchy_of(parts, free, touched_by(~np.asarray(whole)[grid.points]))


@dataclass(frozen=True)
class Unrolled(Geometric):
    """The same iterations, differentiated one by one, with the set-up of the levels."""

    def solution(self, operator: Operator, reduction: Reduction, product: Any, b: Any) -> Any:
        """Return z, shape (k, n)."""
        return self.solver(operator, reduction).iterated(self.prepared(operator, reduction), b)


@dataclass(frozen=True)
class _Solver(Solver):
    approach: Geometric
    reduction: Reduction
    settings: Settings
    rtol: float
    adjoint_rtol: float

    symmetric = iterative = True

    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, shape (k, n), beginning at the multiple of a known solution that leaves the least."""
        return self._solve_to(self.rtol, prepared, b, known)

    def iterated(self, prepared: Any, b: Any) -> Any:
        """Return z, shape (k, n), by iterations that JAX differentiates."""
        start = _on_grid(self.approach.grid, jnp.zeros_like(b))
        return self._told(unrolled(self._system(self.rtol, prepared, b), start), self.rtol)

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
        start = _on_grid(self.approach.grid, _multiple(b, *known) if known else jnp.zeros_like(b))
        system, options = self._system(rtol, prepared, b), self.approach.options
        if options.precision == "double":
            return self._told(conjugate_gradients(system, start), rtol)
        tried = conjugate_gradients(replace(system, limit=options.max_iterations // 2), start)
        again = partial(self._continued, system, prepared[0])
        outcome = jax.lax.cond(tried.ending == CONVERGED, lambda tried: tried, again, tried)
        return self._told(outcome, rtol, setups=tried.ending != CONVERGED)

    def _system(self, rtol: float, prepared: Any, b: Any) -> System:
        parts, hierarchy = prepared
        grid, limit = self.approach.grid, self.approach.options.max_iterations
        product = partial(self._product, parts, hierarchy.free_of_the_finest)
        return System(product, self._cycle(hierarchy), _on_grid(grid, b), rtol, limit)

    def _cycle(self, hierarchy: Hierarchy) -> Callable[[Array], Array]:
        return partial(_each, partial(preconditioner, hierarchy, self.settings))

    def _continued(self, system: System, parts: Parts, tried: Outcome) -> Outcome:
        """Go on in double precision, with levels that are made anew: kept beside those in single they would double."""
        levels = self.approach.levels(parts, self.reduction)
        start = jnp.where(jnp.isfinite(tried.residuals).all(), tried.x, 0)
        limit = system.limit - tried.iterations
        return conjugate_gradients(replace(system, precondition=self._cycle(levels), limit=limit), start).after(tried)

    def _told(self, outcome: Outcome, rtol: float, setups: Any = 0) -> Any:
        """Return z, shape (k, n), of which the host hears."""
        report = Report(self.approach.options, rtol, self.approach.on_singular)
        return _by_points(self.approach.grid, report.told(outcome, setups))

    def _product(self, parts: Parts, free: Array, z: Array) -> Array:
        """Return T^T K T z, shape (k, c, X, Y, Z)."""
        product = partial(_each, partial(apply, parts))
        if not len(self.reduction.row):
            return product(z * free) * free
        grid = self.approach.grid
        u = _on_grid(grid, expand_vectors(self.reduction, _by_points(grid, z)))
        return _on_grid(grid, reduce_vectors(self.reduction, _by_points(grid, product(u))))


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
