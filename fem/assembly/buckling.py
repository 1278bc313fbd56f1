"""Linear buckling: load factors and shapes from stiffness, geometric stiffness and supports.

With the stiffness K and the geometric stiffness G of a prestress, equilibrium becomes indifferent under the factor f of
the load where ``(K + f G) u = 0``. That is ``-G u = mu K u`` with ``mu = 1 / f``: the smallest positive factors are the
largest mu, found with the factorization of K, which the prestress was computed with already.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.can_buckle import check_any, check_held, check_prestressed
from fem.assembly.causes import parts_of_mesh
from fem.assembly.eigenpairs import Request, check_operators, eigenpairs, reduced
from fem.assembly.operator import Operator, apply
from fem.assembly.solve import all_of, reduction_of, settled
from fem.assembly.term import kinds_of
from fem.dofs.rigid import free_displacements
from fem.errors import SpaceError
from fem.progress import stage
from sparsead.arrays.eigsh import eigen_options
from sparsead.jax.constants import constant
from sparsead.jax.raised import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.dofs.constraints import Constraints, Held

_NEVER = 1e-12  # of the largest mu: a motion that the prestress does not touch
_ROUNDING = 1e-14  # of the ratio of the traces of G and K: none that it touches


class BucklingModes(NamedTuple):
    """Buckling modes, that of the smallest load factor first; a pytree of arrays.

    Attributes
    ----------
    factors : array, shape (k,)
        By which the load has to be multiplied; infinite where no positive factor is left.
    shapes : array, shape (k, points, components)
        Of ``u . K u = 1``, one field of the space each. Unit: [length] / [energy]^1/2.
    """

    factors: jax.Array
    shapes: jax.Array


def buckling(
    stiffness: Operator,
    geometric: Operator,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    k: int = 4,
    backend: str | None = None,
    maxiter: int = 50,
    count: bool = True,
) -> BucklingModes:
    """Return the smallest positive load factors and the shapes of linear buckling, ``(K + f G) u = 0``.

    Differentiable in everything that made the operators. Where G is made of the stress of a solution, derivatives go
    through that too, with one adjoint solve, and all use the one factorization of K.

    Parameters
    ----------
    stiffness : Operator
        K, positive definite under the supports. Unit: [force/length].
    geometric : Operator
        G of the prestress: `fem.elements.geometric`, `frame_geometric` or `plate_geometric`. Unit: [force/length].
    supports : Constraints, or several
        Held and coupled dofs.
    k : int
        How many modes.
    maxiter : int
        Restarts allowed to the iteration, which may not end where nothing buckles: under tension no factor is positive,
        and those of motions that the prestress does not touch lie beyond any.
    backend, count
        As in `sparsead.jax.eigsh`.

    Returns
    -------
    BucklingModes
        ``factors``, ``shapes``.

    Raises
    ------
    SpaceError
        If an operator is not linear and symmetric, or they are of different spaces, or of different kinds of bodies.
    ConstraintError
        If supports are of another space, or leave a rigid motion that the stiffness does not resist.
    MaterialError
        If the prestress is zero.
    ConvergenceError
        If no factor is positive, as under tension, or the iteration does not end, which it then may not.
    SparseADError
        As `sparsead.jax.eigsh`.

    Notes
    -----
    Linear: the structure keeps its stiffness until it buckles, and displacements before are small. Repeated factors are
    treated as repeated eigenvalues are. Factors that are infinite have no derivative, zero is returned; but together
    they are one repeated eigenvalue, and where k cuts it nothing has a derivative: ask for the finite ones.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((20, 1), size=(20.0, 1.0), element="quad8")
    >>> space = fem.Space(mesh, components=2)
    >>> K = fem.elements.elasticity(space, young=12e3, poisson=0.0)
    >>> foot = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    >>> pressed = jax.numpy.zeros((20, 2, 2)).at[:, 0, 0].set(-1.0)
    >>> modes = fem.buckling(K, fem.elements.geometric(space, pressed), foot, k=1)
    >>> round(float(modes.factors[0]), 1)  # Euler: pi^2 E I / (2 L)^2 = 6.2
    6.2
    """
    check_operators({"stiffness": stiffness, "geometric stiffness": geometric})
    _check_kinds(stiffness, geometric)
    constraints = all_of(supports, stiffness.space.count)
    dofs = stiffness.space.count - len(constraints.held.dofs)
    options = eigen_options(dofs, k, stiffness.structure, sigma=np.inf, backend=backend, maxiter=maxiter, count=count)
    with typed(), stage(f"{k} buckling modes, {stiffness.space.count} dofs"):
        free = _free_displacements(stiffness, constraints.held)
        found = _buckling(stiffness, geometric, free, request=Request(constraints.held, options))
        return BucklingModes(*map(settled, found))


def _check_kinds(stiffness: Operator, geometric: Operator) -> None:
    """Raise unless components are the same in both, as far as their forms say it; one's own may say nothing."""
    kinds = dict(kinds_of(stiffness.terms))
    for name, kind in kinds_of(geometric.terms):
        if kinds.get(name, kind) != kind:
            raise SpaceError(
                "geometric stiffness and stiffness are of different kinds of bodies",
                expected=f"a geometric stiffness of the kind {kinds[name]!r}, that of {stiffness!r}",
                got=f"{geometric!r}, of the kind {kind!r}",
                fix="in fem.elements geometric is of solids, frame_geometric of frames, plate_geometric of plates",
            )


@partial(jax.jit, static_argnames=("request",))
def _buckling(stiffness: Operator, geometric: Operator, free: Any, *, request: Request) -> BucklingModes:
    operators = (-geometric, stiffness)
    reduction = reduction_of(stiffness.space.topology, request.held)
    G, K = reduced(request, *operators)
    diagonal = constant(reduction.maps.system.pattern.diagonal[reduction.mask])
    stiff, stressed = (jax.lax.stop_gradient(jnp.abs(one[diagonal])) for one in (K, G))
    if len(free):
        sizes = free[:, reduction.mask] ** 2 @ stiff
        K = check_held(K, apply(stiffness, free) @ free.T, sizes)
    mu, u = eigenpairs(request, operators, (check_prestressed(G), K))
    mu, u = mu[::-1], u[::-1]
    typical = stressed.sum() / stiff.sum()
    positive = mu > jnp.maximum(_NEVER * jnp.abs(mu).max(), _ROUNDING * typical)
    mu = check_any(mu, positive)
    factors = jnp.where(positive, 1 / jnp.where(positive, mu, 1.0), jnp.inf)
    return BucklingModes(factors, u.reshape((len(u), *stiffness.space.shape)))


def _free_displacements(stiffness: Operator, held: Held) -> NDArray[np.float64]:
    """Rigid motions of parts of the mesh that supports leave, shape (m, n); springs may resist them."""
    topology, kinds = stiffness.space.topology, dict(kinds_of(stiffness.terms))
    found = [
        free_displacements(topology, held, part, field, kinds.get(field.name))
        for part in parts_of_mesh(topology)
        for field in topology.numbering.fields
    ]
    return np.concatenate(found)
