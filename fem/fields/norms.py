"""Integrals, norms, and errors against known fields."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import jax
import jax.numpy as jnp

from fem.errors import SpaceError
from fem.fields.sample import integrated

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from fem.dofs.space import Space
    from fem.geometry.cells import Cells
    from fem.reference import ReferenceElement

Kind = Literal["L2", "gradient", "H1"]
# Degrees beyond twice the element's order: enough for the error of a smooth field to be exact to its leading term.
_MORE = 3


def integral(space: Space, values: ArrayLike = 1.0, *, degree: int = 4) -> jax.Array:
    """Return the integral over the mesh of a field that is given by itself.

    Parameters
    ----------
    space : Space
        Points and cells.
    values : number, array of shape (e,), or callable
        A number, one for each cell, or ``values(x)`` from points of shape (m, d) to (m,).
    degree : int
        Degree of the quadrature.

    Returns
    -------
    scalar
        With the number 1 the volume, area or length of the mesh. Unit: [unit of values length^d].

    Raises
    ------
    SpaceError
        If an array does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 2), size=(3.0, 2.0)))
    >>> round(float(fem.fields.integral(space)), 12)
    6.0
    """
    count = sum(domain.count for domain in space.topology.bulk)
    numbers = None if callable(values) else jnp.asarray(values, float)
    if numbers is not None and numbers.shape not in ((), (count,)):
        raise SpaceError(
            "values do not fit the cells",
            expected=f"shape () or ({count},), or a function of points",
            got=f"shape {numbers.shape}",
            fix="pass one number for each cell",
        )

    return _integral(space, numbers, function=values if numbers is None else None, degree=degree)


@partial(jax.jit, static_argnames=("function", "degree"))
def _integral(space: Space, numbers: Any, *, function: Any, degree: int) -> Any:
    def density(cells: Cells, _nodal: Any, part: slice) -> Any:
        if function is not None:
            return _at(function, cells)[0]
        return (numbers if numbers.ndim == 0 else numbers[part]) + jnp.zeros_like(cells.measure)

    first = next(iter(space.topology.fields))
    return integrated(space, jnp.zeros(space.count), lambda _: degree, density, first).sum()


def norm(space: Space, u: ArrayLike, kind: Kind = "L2", *, field: str | None = None) -> jax.Array:
    """Return a norm of a solution over the mesh.

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space, load cases in front
        Solution.
    kind : {"L2", "gradient", "H1"}
        Of the values, of the gradient (the seminorm of H1), or of both together.
    field : str, optional
        Name of the field, where there are several.

    Returns
    -------
    scalar, or array with the axes of the load cases
        Differentiable, except where it is zero: there its derivative is taken as zero.

    Raises
    ------
    SpaceError
        If there is no such kind.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> round(float(fem.fields.norm(space, space.points)), 6)  # sqrt(1 / 3)
    0.57735
    """
    return error(space, u, None, kind, field=field)


def error(
    space: Space, u: ArrayLike, exact: Callable[[Any], Any] | None, kind: Kind = "L2", *, field: str | None = None
) -> jax.Array:
    """Return a norm of the difference between a solution and a known field.

    Parameters
    ----------
    space, u, kind, field
        See `norm`.
    exact : callable
        ``exact(x)`` in `jax.numpy`, from points of shape (m, d) to (m,) or (m, i), each row of itself; its
        gradient is taken by differentiation.

    Returns
    -------
    scalar, or array with the axes of the load cases

    Raises
    ------
    SpaceError
        If there is no such kind.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> round(float(fem.fields.error(space, space.points**2, lambda x: x[:, 0] ** 2)), 3)
    0.046
    """
    if kind not in ("L2", "gradient", "H1"):
        raise SpaceError(
            "no such norm",
            expected='"L2", "gradient" or "H1"',
            got=f"kind={kind!r}",
            fix='pass kind="L2"',
        )

    return _error(space, u, exact=exact, kind=kind, field=field)


@partial(jax.jit, static_argnames=("exact", "kind", "field"))
def _error(space: Space, u: Any, *, exact: Any, kind: Kind, field: str | None) -> Any:
    def density(cells: Cells, nodal: Any, _part: slice) -> Any:
        total = jnp.zeros_like(cells.measure)
        if kind != "gradient":
            gap = cells.value_of(nodal) - (_at(exact, cells) if exact else 0.0)
            total = total + (gap**2).sum(0)
        if kind != "L2":
            gap = cells.gradient_of(nodal) - (_gradient_at(exact, cells) if exact else 0.0)
            total = total + (gap**2).sum((0, 1))
        return total

    square = integrated(space, u, _degree, density, field).sum(-1)
    positive = square > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, square, 1.0)), 0.0)


def _degree(element: ReferenceElement) -> int:
    return 2 * element.order + _MORE


def _at(function: Any, cells: Cells) -> Any:
    """A function of points at the quadrature points, shape (i, q, e)."""
    x = cells.points
    values = jnp.asarray(function(x.reshape(x.shape[0], -1).T))
    return jnp.atleast_2d(values.T).reshape(-1, *x.shape[1:])


def _gradient_at(function: Any, cells: Cells) -> Any:
    """The gradient of a function of points at the quadrature points, shape (i, k, q, e)."""
    x = cells.points
    points = x.reshape(x.shape[0], -1).T

    def along(axis: int) -> Any:
        direction = jnp.zeros_like(points).at[:, axis].set(1.0)
        return jnp.atleast_2d(jax.jvp(lambda p: jnp.asarray(function(p)), (points,), (direction,))[1].T)

    slopes = jnp.stack([along(axis) for axis in range(x.shape[0])], 1)
    return slopes.reshape(slopes.shape[0], *x.shape)
