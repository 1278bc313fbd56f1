"""What a structure does at chosen points: displacements, mechanism outputs, forces of supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fem.arrays import real
from fem.assembly.reactions import reactions
from fem.dofs.cases import each
from fem.errors import SpaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jax
    from numpy.typing import ArrayLike

    from fem.assembly.nonlinear import NonlinearOperator
    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Constraints
    from fem.dofs.space import Space
    from fem.mesh.selection import PointSelection


def displacement(
    space: Space, u: ArrayLike, points: PointSelection, direction: ArrayLike = 1.0, *, field: str | None = None
) -> jax.Array:
    """Return the mean displacement of some points along a direction: the output of a mechanism, a deflection.

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space, load cases in front
        Solution. Unit: [length].
    points : int array, Facets, str or callable
        One point or more, as `Space.dofs` takes them.
    direction : array, shape (components,), or () for one component
        Multiplies the components; of length one for a displacement.
    field : str, optional
        Name of the field, where there are several.

    Returns
    -------
    scalar, or array with the axes of the load cases
        Unit: [length].

    Raises
    ------
    SpaceError
        If there is no such point, or the direction has other components than the field.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 1)), components=2)
    >>> fem.responses.displacement(space, 0.01 * space.points, lambda x: x[:, 0] == 1, (1.0, 0.0)).item()
    0.01
    """
    chosen = space.dofs(points, field=field)
    along = _along(direction, chosen.shape[1])
    return each(space, u, lambda vector: (vector[chosen] @ along).mean())


def reaction(
    operator: Operator | NonlinearOperator,
    u: ArrayLike,
    supports: Constraints | Sequence[Constraints],
    points: PointSelection,
    direction: ArrayLike = 1.0,
    *,
    load: ArrayLike | None = None,
    field: str | None = None,
) -> jax.Array:
    """Return the force of the supports at some points along a direction, all together.

    Parameters
    ----------
    operator, u, supports, load
        See `fem.reactions`, which gives the force at each point.
    points : int array, Facets, str or callable
        One point or more, as `Space.dofs` takes them; those that are not supported add nothing.
    direction : array, shape (components,), or () for one component
        Multiplies the components; of length one for a force.
    field : str, optional
        Name of the field, where there are several.

    Returns
    -------
    scalar, or array with the axes of the load cases
        Unit: [force].

    Raises
    ------
    SpaceError, ConstraintError
        If there is no such point, the direction has other components than the field, or an array does not fit the
        space.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> K, held = fem.elements.diffusion(space, 1.0), fem.fix(space, [0])
    >>> u = fem.solve(K, [[0.0], [0.0], [3.0]], held)
    >>> round(fem.responses.reaction(K, u, held, [0]).item(), 9)
    -3.0
    """
    chosen = operator.space.dofs(points, field=field)
    along = _along(direction, chosen.shape[1])
    forces = reactions(operator, u, supports, load)
    return each(operator.space, forces, lambda vector: (vector[chosen] @ along).sum())


def _along(direction: ArrayLike, components: int) -> Any:
    array = real("direction", direction)
    if array.shape != (components,) and not (array.shape == () and components == 1):
        raise SpaceError(
            "a direction does not fit the field",
            expected=f"shape ({components},): one number for each component",
            got=f"shape {array.shape}",
            fix=f"pass for example direction={(1.0, *[0.0] * (components - 1))}",
        )
    return array.reshape(components)
