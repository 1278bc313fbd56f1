"""Free vibration: frequencies and shapes from stiffness, mass and supports.

With ``u = T z`` of the supports, ``T^T K T z = lambda T^T M T z`` and ``lambda = (2 pi f)^2``. Held dofs keep their
number: their row of the mass is zero, so that they have no finite eigenvalue. A body free to move has rigid motions of
frequency zero, and a singular K: the shift then lies below zero.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.causes import parts_of_mesh
from fem.assembly.eigenpairs import Request, check_operators, eigenpairs, reduced
from fem.assembly.operator import Operator
from fem.assembly.solve import all_of, reduction_of, settled
from fem.assembly.stability import check_lowest
from fem.assembly.term import kinds_of
from fem.dofs.rigid import free_motions
from fem.progress import stage
from sparsead.arrays.eigsh import eigen_options
from sparsead.jax.constants import constant
from sparsead.jax.raised import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fem.dofs.constraints import Constraints, Held
    from fem.dofs.reduction import Reduction

# Of the mean of what single dofs have for eigenvalues: below, an eigenvalue is rounding. Rigid motions have 1e-16; a
# rod a thousand times as long as thick, in cells of its thickness, begins to bend at 4e-12.
_AT_REST = 1e-13


class Modes(NamedTuple):
    """Modes of free vibration, the lowest first; a pytree of arrays.

    Attributes
    ----------
    frequencies : array, shape (k,)
        Zero for rigid motions. Of an eigenvalue below zero minus the root of its magnitude, over 2 pi: motions grow,
        with 2 pi times that for a rate. Unit: [Hz].
    shapes : array, shape (k, points, components)
        Of unit modal mass, ``u . M u = 1``; one field of the space each. Unit: [length] / [mass]^1/2 [length].
    eigenvalues : array, shape (k,)
        ``(2 pi f)^2``, below zero with the other sign. Unit: [1/s^2].
    """

    frequencies: jax.Array
    shapes: jax.Array
    eigenvalues: jax.Array


def modal(
    stiffness: Operator,
    mass: Operator,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    k: int = 6,
    sigma: float | None = None,
    backend: str | None = None,
    count: bool = True,
) -> Modes:
    """Return the lowest frequencies and the shapes of free vibration, ``K u = (2 pi f)^2 M u`` under supports.

    Differentiable in everything that made the operators, forward and reverse, as `sparsead.jax.eigsh` is, with the one
    factorization of the shifted matrix.

    Parameters
    ----------
    stiffness, mass : Operator
        K and M, on one space. Units: [force/length], [mass].
    supports : Constraints, or several
        Held and coupled dofs; prescribed values are that about which it vibrates, and change nothing.
    k : int
        How many modes.
    sigma : float, optional
        The shift: modes with eigenvalues nearest to it are found. By default zero, or where supports leave a part of
        the mesh a rigid motion, a little below zero; these are the lowest, or the structure is unstable, an error.
        Unit: [1/s^2].
    backend, count
        As in `sparsead.jax.eigsh`. A stiffness that may be indefinite, as a sum with a geometric stiffness, takes one
        factorization more, which counts the eigenvalues below zero, unless ``count=False``. Where no library
        tells the inertia only the k found are looked at.

    Returns
    -------
    Modes
        ``frequencies``, ``shapes``, ``eigenvalues``.

    Raises
    ------
    SpaceError
        If an operator is not linear and symmetric, or they are of different spaces.
    ConstraintError
        If supports are of another space.
    NotPositiveDefiniteError
        If eigenvalues are below zero and no ``sigma`` was passed.
    SparseADError
        As `sparsead.jax.eigsh`; a singular matrix at the shift zero is that of a mechanism, or of cells without
        stiffness: pass a small ``sigma`` below zero.

    Notes
    -----
    Frequencies of rigid motions have no derivative; zero is returned.

    Cells without stiffness, as in topology optimization, vibrate by themselves at low frequencies where their mass
    goes slower to zero than their stiffness: see "Eigenvalues and modes" in the documentation.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(40))
    >>> K, M = fem.elements.diffusion(space, 4.0), fem.elements.mass(space, 1.0)
    >>> modes = fem.modal(K, M, fem.fix(space, [0, 40]), k=3)
    >>> [round(float(f), 2) for f in modes.frequencies]
    [1.0, 2.0, 3.01]
    """
    check_operators({"stiffness": stiffness, "mass": mass})
    constraints = all_of(supports, stiffness.space.count)
    unsure = sigma is None and count and not stiffness.structure.positive_definite
    if sigma is None and not _is_free(stiffness, constraints.held):
        sigma = 0.0
    free = stiffness.space.count - len(constraints.held.dofs)
    options = eigen_options(free, k, stiffness.structure, sigma=sigma, backend=backend, count=count)
    with typed(), stage(f"{k} modes, {stiffness.space.count} dofs"):
        found = _modes(stiffness, mass, request=Request(constraints.held, options), unsure=unsure)
        return Modes(*map(settled, found))


@partial(jax.jit, static_argnames=("request", "unsure"))
def _modes(stiffness: Operator, mass: Operator, *, request: Request, unsure: bool) -> Modes:
    operators = (stiffness, mass)
    reduction = reduction_of(stiffness.space.topology, request.held)
    K, M = reduced(request, *operators)
    values, u = eigenpairs(request, operators, (K, M))
    if unsure:
        positive = K.at[constant(reduction.maps.kept)].set(1.0)
        values = check_lowest(values, (positive, M), **request.static(reduction))
    frequencies = _frequencies(values, _AT_REST * _typical(reduction, K, M))
    return Modes(frequencies, u.reshape((len(u), *stiffness.space.shape)), values)


def _frequencies(values: Any, rounding: Any) -> Any:
    size = jnp.abs(values)
    moving = size > rounding
    return jnp.where(moving, jnp.sign(values) * jnp.sqrt(jnp.where(moving, size, 1.0)), 0.0) / (2 * np.pi)


def _typical(reduction: Reduction, K: Any, M: Any) -> Any:
    """The ratio of the traces of K and M, a number without a derivative, over the dofs that are free."""
    diagonal = constant(reduction.maps.system.pattern.diagonal[reduction.mask])
    stiffness, mass = (jax.lax.stop_gradient(one[diagonal]) for one in (K, M))
    return jnp.where(mass > 0, jnp.abs(stiffness), 0.0).sum() / mass.sum()


def _is_free(operator: Operator, held: Held) -> bool:
    """Return whether supports leave a rigid motion of a part of the mesh."""
    topology, kinds = operator.space.topology, dict(kinds_of(operator.terms))
    return any(
        free_motions(topology, held, part, field, kinds.get(field.name))
        for part in parts_of_mesh(topology)
        for field in topology.numbering.fields
    )
