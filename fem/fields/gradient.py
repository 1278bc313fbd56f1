"""Values, gradients and strains of a solution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.errors import SpaceError
from fem.fields.sample import sampled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space
    from fem.fields.places import Where


def interpolate(space: Space, u: ArrayLike, *, at: Where = "centers", field: str | None = None) -> jax.Array:
    """Return the values of a solution inside cells.

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space, load cases in front
        Solution.
    at : "centers", "points" or int
        Centers of the cells; or the degree of a quadrature, for values at its points, as materials take them.
    field : str, optional
        Name of the field, where there are several.

    Returns
    -------
    array, shape (e, i) or (e, q, i), load cases in front
        Without the last axis if the field has one component.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> fem.fields.interpolate(space, space.points).tolist()
    [0.25, 0.75]
    """
    values = _values(space, u, at=at, field=field)
    return values[..., 0] if space.field(field).components == 1 else values


def gradient(space: Space, u: ArrayLike, *, at: Where = "centers", field: str | None = None) -> jax.Array:
    """Return the gradient of a solution, ``gradient[..., i, k] = d u_i / d x_k``.

    Parameters
    ----------
    space, u, field
        See `interpolate`.
    at : "centers", "points" or int
        Centers of the cells; points of the mesh, averaged over the cells around; or the degree of a quadrature.

    Returns
    -------
    array, shape (e, i, d), (p, i, d) or (e, q, i, d), load cases in front
        Without the axis of components if the field has one component. Unit: [unit of u/length].

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> fem.fields.gradient(space, 3 * space.points).round(12).tolist()
    [[3.0], [3.0]]
    """
    values = _gradients(space, u, at=at, field=field)
    return values[..., 0, :] if space.field(field).components == 1 else values


def strain(space: Space, u: ArrayLike, *, at: Where = "centers", field: str | None = None) -> jax.Array:
    """Return the small strain of a displacement, the symmetric part of its gradient.

    Parameters
    ----------
    space, u, at, field
        See `gradient`.

    Returns
    -------
    array, shape (e, d, d), (p, d, d) or (e, q, d, d), load cases in front
        Dimensionless; off the diagonal it is half the engineering shear.

    Raises
    ------
    SpaceError
        If the field is no displacement.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> [round(float(e), 12) for e in fem.fields.strain(space, 0.1 * space.points).ravel()]
    [0.1, 0.1]
    """
    check_displacement(space, field)
    values = _gradients(space, u, at=at, field=field)
    return (values + jnp.swapaxes(values, -1, -2)) / 2


@partial(jax.jit, static_argnames=("at", "field"))
def _values(space: Space, u: Any, *, at: Where, field: str | None) -> Any:
    return sampled(space, u, at, lambda cells, nodal, _: cells.value_of(nodal), field)


@partial(jax.jit, static_argnames=("at", "field"))
def _gradients(space: Space, u: Any, *, at: Where, field: str | None) -> Any:
    return sampled(space, u, at, lambda cells, nodal, _: cells.gradient_of(nodal), field)


def check_displacement(space: Space, field: str | None) -> None:
    """Refuse a field that has not one component for each dimension.

    Raises
    ------
    SpaceError
        If it has another number of components.
    """
    components, dimension = space.field(field).components, space.mesh.dimension
    if components != dimension:
        raise SpaceError(
            "a strain needs a displacement in each direction",
            expected=f"components={dimension} in {dimension}D",
            got=f"components={components}",
            fix=f"fem.Space(mesh, components={dimension}), or fem.fields.gradient",
        )
