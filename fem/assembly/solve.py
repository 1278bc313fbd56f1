"""Solve ``K u = f`` under constraints; derivatives are taken cell by cell, with the one factorization.

Derivation
----------
With ``u = T z + g`` and A = T^T K T::

    A z = T^T (f - K g)
    A dz = d(right-hand side) - T^T dK T z        tangent: cell matrices' tangents, applied
    x_bar -> - lam^T (dK) u                       pullback: contracted batch by batch

K is applied cell by cell where it is differentiated, so the only array of the
size of the matrix is that of its values, which the factorization needs anyway [1]_.

References
----------
.. [1] M. B. Giles, N. A. Pierce, "An introduction to the adjoint approach to
   design", Flow, Turbulence and Combustion 65, 2000, doi:10.1023/A:1011430410075.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import csr_array

from fem.assembly.faults import faults_of
from fem.assembly.near_null import suited
from fem.assembly.operator import Operator, apply, assemble
from fem.assembly.solver import CELL_METHODS, Approach, CellMethod, Direct
from fem.assembly.term import kinds_of
from fem.dofs.carried import UNRESISTED
from fem.dofs.constraints import Constraints, Held, combine
from fem.dofs.reduction import Reduction
from fem.errors import ConstraintError, SpaceError
from fem.progress import stage
from sparsead.factors.options import SolveOptions, check_alone, chosen
from sparsead.jax.constants import constant
from sparsead.jax.inverse import Solver
from sparsead.jax.raised import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from fem.dofs.topology import Topology
    from sparsead.backends.backend import Backend
    from sparsead.factors.options import Automatic, OnSingular

_INSTEAD = "method=fem.multigrid(), on a grid without a matrix and elsewhere algebraic"
_REMEMBERED = 64  # eliminations that a space keeps: contact goes through a few dozen of them again and again


def solve(
    operator: Operator,
    load: ArrayLike,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    backend: str | None = None,
    method: Backend | CellMethod | Automatic | None = None,
    on_singular: OnSingular = "raise",
) -> jax.Array:
    """Return u with ``K u = f`` under constraints.

    Differentiable in everything that made the operator (material, coordinates),
    in the load and in prescribed values, forward and reverse, to any order; every
    derivative uses the one factorization.

    Parameters
    ----------
    operator : Operator
        K. Unit: [force/length].
    load : array, shape (points, components) or (n,), load cases in front
        f. Unit: [force].
    supports : Constraints, or several
        Held, prescribed and coupled dofs.
    backend : str, optional
        A name of `sparsead.backends.installed`; by default the structure decides.
    method : iterative method, optional
        Instead of a library that factorizes: a value such as ``sparsead.iterative.cg(sparsead.iterative.amg())``, or
        `fem.multigrid`, which on a grid of equal cells makes no matrix.
        Algebraic multigrid is told the rigid motions of the space. Solutions and derivatives are then those to its
        tolerance. ``"auto"`` factorizes where the factors will take at most a quarter of the memory that is free, and
        no longer than twice what iterations would. Else a positive definite operator on a grid of equal cells is left
        to `fem.multigrid`, before anything is assembled; another positive definite one to `cg` with `amg`, or `ichol`
        without pyamg; the rest to `gmres` with `ilu`, only where factors do not fit, however long they take.
    on_singular : {"raise", "nan"}
        What to do with a singular matrix, or with iterations that do not converge.

    Returns
    -------
    array, shape of `load`
        u. Unit: [length].

    Raises
    ------
    SpaceError
        If the operator is not linear, or the load does not fit.
    MeshError, MaterialError
        If a cell is inverted or a material impossible, or if cells without stiffness leave a part free; names cells.
    ConstraintError
        If the structure can move freely; names the rigid motion. If supports are of another space.
    ConvergenceError
        If an iterative method does not reach its tolerance.
    SingularMatrixError, NotPositiveDefiniteError, NonFiniteError
        If a motion meets no resistance for another reason, or a number is not finite; names a dof and its cells.

    Warns
    -----
    UserWarning
        Before factors that will take more memory than is free; says which method to name instead.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.box((2, 1, 1), size=(2.0, 1.0, 1.0))
    >>> space = fem.Space(mesh, components=3)
    >>> K = fem.elements.elasticity(space, young=1.0, poisson=0.0)
    >>> held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    >>> f = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (1.0, 0.0, 0.0))
    >>> round(float(fem.solve(K, f, held)[:, 0].max()), 12)
    2.0
    """
    if not isinstance(operator, Operator):
        raise SpaceError(
            "not a linear operator",
            expected="what fem.elements.elasticity, diffusion ... return",
            got=f"{type(operator).__name__}",
            fix="fem.solve_nonlinear for internal forces; sparsead.jax.solve for a matrix",
        )
    constraints = all_of(supports, operator.space.count)
    traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((operator, load, constraints)))
    if traced and isinstance(load, np.ndarray | jax.Array) and not isinstance(load, jax.core.Tracer):
        load = constant(np.array(load))  # a copy: the program asks for it whenever it runs
    vectors, shape = operator.space.flatten(load)
    if isinstance(method, str) and method in CELL_METHODS:
        method = CELL_METHODS[method]()
    approach = approach_of(operator, constraints.held, method, backend, on_singular)
    what = "trace of a solution" if traced else f"solution for {len(vectors)} loads"
    with typed(), stage(f"{what}, {operator.space.count} dofs"):
        return settled(_solve(operator, vectors, constraints, approach=approach)).reshape(shape)


def approach_of(
    operator: Operator,
    held: Held,
    method: Backend | CellMethod | Automatic | None,
    backend: str | None,
    on_singular: OnSingular,
) -> Approach:
    """Return how to solve, by the cells of an operator or by its stored values; see `solve`."""
    if isinstance(method, CellMethod):
        check_alone(method, backend)
        return method.approach(operator, held, on_singular)
    return assembled(operator, held, chosen(method, backend), on_singular)


def assembled(operator: Operator, held: Held, method: str | Backend | None, on_singular: OnSingular) -> Approach:
    """Return the approach by the stored values of the matrix, with a method that knows the space.

    Parameters
    ----------
    operator : Operator
        What is solved with.
    held : Held
        Constraints.
    method : str, Backend or None
        Name of a library, an iterative method, or None for what suits the structure.
    on_singular : {"raise", "nan"}
        What to do where no solution is found.
    """
    topology, terms = operator.space.topology, operator.terms
    asked, explain = suited(method, topology, held, kinds_of(terms)), faults_of(topology, held, terms)
    instead = _INSTEAD if operator.definite else ""
    return _Assembled(SolveOptions(operator.structure, asked, on_singular, explain=explain, instead=instead))


def settled(result: Any) -> Any:
    """Wait for a result, so that an error shows here; a traced one is returned as it is."""
    return result if isinstance(result, jax.core.Tracer) else jax.block_until_ready(result)


@dataclass(frozen=True)
class _Assembled(Approach):
    """By the stored values of ``T^T K T``."""

    options: SolveOptions

    def solver(self, operator: Operator, reduction: Reduction) -> Solver:
        """Return the solver of the matrix."""
        return Direct(reduction.maps.system.pattern, self.options)

    def prepared(self, operator: Operator, reduction: Reduction) -> Any:
        """Return its stored values, shape (s,)."""
        return reduce_values(reduction, assemble(operator, reduction.maps.system, differentiated=False))


@partial(jax.jit, static_argnames=("approach",))
def _solve(operator: Operator, load: Any, constraints: Constraints, *, approach: Approach) -> Any:
    reduction = reduction_of(operator.space.topology, constraints.held)
    g = prescribed_part(reduction, constraints)
    if g is not None:
        load = load - apply(operator, g[None])

    product = partial(reduced_product, reduction)
    z = approach.solution(operator, reduction, product, reduce_vectors(reduction, load))
    u = expand_vectors(reduction, z)
    return u if g is None else u + g


def reduction_of(topology: Topology, held: Held) -> Reduction:
    """Return the index maps of an elimination, made once; the space keeps those of its last constraints."""
    known: dict[Held, Reduction] = topology.reductions
    found = known.pop(held, None) or Reduction(topology, held)
    known[held] = found  # the newest is last
    for oldest in list(known)[:-_REMEMBERED]:
        known.pop(oldest, None)
    return found


def all_of(supports: Constraints | Sequence[Constraints], count: int) -> Constraints:
    """Return several constraints, or none, of a space of `count` dofs as one.

    Raises
    ------
    ConstraintError
        If one is none, or of another space, or two contradict each other.
    """
    for one in [supports] if isinstance(supports, Constraints) else supports:
        own = one.held.couplings.shape[1] if isinstance(one, Constraints) else None
        if own != count:
            raise ConstraintError(
                "supports of another space" if own else "supports are constraints",
                expected=f"constraints on {count} dofs, such as fem.fix(space, points)",
                got=f"constraints on {own} dofs" if own else f"{type(one).__name__}",
                fix="make them on the space of the operator",
            )
    if isinstance(supports, Constraints):
        return supports
    return combine(supports) if len(supports) else Constraints(_nothing(count))


@lru_cache(maxsize=64)
def _nothing(count: int) -> Held:
    return Held(np.zeros(0, np.int64), csr_array((0, count)))


def prescribed_part(reduction: Reduction, constraints: Constraints) -> Any:
    """Return g, shape (n,), or None if it is zero."""
    if constraints.values is None:
        return None
    spread = reduction.spread.tocoo()
    own = jnp.zeros(len(reduction.dofs)).at[spread.row].add(spread.data * constraints.values[spread.col])
    return jnp.zeros(len(reduction.mask)).at[constant(reduction.dofs)].add(own)


def reduce_values(reduction: Reduction, values: Any) -> Any:
    """Return the stored values of T^T K T, constrained dofs decoupled, shape (s,)."""
    moved = None
    if len(reduction.maps.source):
        moved = values[constant(reduction.maps.source)] * constant(reduction.maps.factor)
    if len(reduction.maps.kept):
        values = values.at[constant(reduction.maps.killed)].set(0.0, unique_indices=True, mode="promise_in_bounds")
    if moved is not None:
        values = values.at[constant(reduction.maps.target)].add(moved)
    return _with_diagonal(reduction, values) if len(reduction.maps.kept) else values


def _with_diagonal(reduction: Reduction, values: Any) -> Any:
    """Return stored values whose diagonal is nowhere zero at constrained dofs, shape (s,)."""
    kept = constant(reduction.maps.kept)
    own = values[kept]
    size = jax.lax.cond((own == 0).any(), lambda v: UNRESISTED * jnp.abs(v).max(), lambda _: jnp.ones(()), values)
    return values.at[kept].set(jnp.where(own == 0, size, own), unique_indices=True, mode="promise_in_bounds")


def reduced_product(reduction: Reduction, operator: Operator, z: Any) -> Any:
    """Return T^T K T z, shape (k, n)."""
    return reduce_vectors(reduction, apply(operator, expand_vectors(reduction, z)))


def expand_vectors(reduction: Reduction, z: Any) -> Any:
    """Return T z, shape (k, n)."""
    z = z * constant(reduction.mask)
    if len(reduction.row):
        z = z.at[:, reduction.row].add(reduction.weight * z[:, reduction.col])
    return z


def reduce_vectors(reduction: Reduction, r: Any) -> Any:
    """Return T^T r, shape (k, n)."""
    if len(reduction.row):
        r = r.at[:, reduction.col].add(reduction.weight * r[:, reduction.row])
    return r * constant(reduction.mask)
