"""Reactions: the forces of supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.solve import all_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jax
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Constraints


def reactions(
    operator: Operator | NonlinearOperator,
    u: ArrayLike,
    supports: Constraints | Sequence[Constraints],
    load: ArrayLike | None = None,
) -> jax.Array:
    """Return the forces that supports exert on the structure; zero elsewhere.

    Parameters
    ----------
    operator : Operator or NonlinearOperator
        K, or internal forces. Unit: [force/length], [force].
    u : array, shape of the space, load cases of a linear operator in front
        Solution. Unit: [length].
    supports : Constraints, or several
        Held, prescribed and coupled dofs.
    load : array, shape of `u`, optional
        Loads that work on the held dofs themselves are carried by the supports too. Unit: [force].

    Returns
    -------
    array, shape of `u`
        ``K u - f`` at the constrained dofs. Unit: [force].

    Raises
    ------
    SpaceError, ConstraintError
        If a solution, a load or a support does not fit the space.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> K, held = fem.elements.diffusion(space, 1.0), fem.fix(space, [0])
    >>> u = fem.solve(K, [[0.0], [0.0], [3.0]], held)
    >>> fem.reactions(K, u, held)[:, 0].round(9).tolist()
    [-3.0, 0.0, 0.0]
    """
    forces = operator.forces(u) if isinstance(operator, NonlinearOperator) else operator @ u
    if load is not None:
        forces = forces - jnp.asarray(load)
    vectors, shape = operator.space.flatten(forces)
    held = all_of(supports, operator.space.count).held.dofs
    return jnp.zeros_like(vectors).at[:, held].set(vectors[:, held]).reshape(shape)
