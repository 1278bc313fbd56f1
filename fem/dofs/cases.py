"""Load cases: several vectors of a space in one array, their axes in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from fem.dofs.space import cases_of
from fem.errors import SpaceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.dofs.space import Space


def each(space: Space, u: Any, one: Callable[[Any], Any]) -> Any:
    """Apply a function of one vector, shape (n,), to each of those in `u`; their axes come first.

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space or (n,), load cases in front
        Vectors.
    one : callable
        From a vector, shape (n,), to an array.
    """
    vectors, shape = space.flatten(u)
    values = jax.vmap(one)(vectors)
    return values.reshape(*cases_of(space, shape), *values.shape[1:])


def single(space: Space, u: Any, what: str) -> Any:
    """Return one vector, shape (n,).

    Parameters
    ----------
    space : Space
        Its space.
    u : array, shape of the space or (n,)
        The vector.
    what : str
        What it is, for the message.

    Raises
    ------
    SpaceError
        If there are several.
    """
    vectors, shape = space.flatten(u)
    if len(vectors) != 1:
        raise SpaceError(
            f"several load cases as {what} of a nonlinear problem",
            expected=f"shape {space.shape}: each case has its own tangent",
            got=f"shape {shape}, {len(vectors)} cases",
            fix="solve them one after the other",
        )
    return vectors[0]
