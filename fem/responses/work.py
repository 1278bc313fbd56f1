"""Work of loads: compliance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.dofs.space import cases_of
from fem.errors import SpaceError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space


def compliance(space: Space, u: ArrayLike, load: ArrayLike) -> jax.Array:
    """Return the work of each load on its displacements, ``f . u``: the smaller, the stiffer.

    Of heat sources and temperatures it is the thermal compliance: the mean temperature, weighted with the heat.

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space, load cases in front
        Solutions; `fem.solve` takes all loads at once, with one factorization. Unit: [length].
    load : array, shape of `u`, or of the space for one load
        Loads. Unit: [force].

    Returns
    -------
    scalar, or array with the axes of the load cases
        Unit: [force length].

    Raises
    ------
    SpaceError
        If an array does not fit the space, or there are other load cases in one than in the other.

    Notes
    -----
    Where supports prescribe nothing but zero and the operator is symmetric, the adjoint solutions are multiples of the
    solutions: any function of the compliances, such as a weighted sum or the worst case, has its gradient without a
    further solve. Loads and solutions are remembered for it, as long as they take an eighth of the memory of the
    factors at most; small problems solve again.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.interval(4)
    >>> space = fem.Space(mesh)
    >>> loads = jax.numpy.zeros((2, 5, 1)).at[0, 2].set(1.0).at[1, 4].set(1.0)
    >>> u = fem.solve(fem.elements.elasticity(space, young=1.0, poisson=0.0), loads, fem.fix(space, [0]))
    >>> fem.responses.compliance(space, u, loads).round(12).tolist()
    [0.5, 1.0]
    """
    (states, shape), (loads, given) = space.flatten(u), space.flatten(load)
    cases, others = cases_of(space, shape), cases_of(space, given)
    if cases != others and others != ():
        raise SpaceError(
            "loads do not fit the solutions",
            expected=f"load cases of shape {cases}, as of u, or one load",
            got=f"load cases of shape {others}",
            fix="pass the loads that u is the solution of",
        )
    return jnp.vecdot(loads, states).reshape(cases)
