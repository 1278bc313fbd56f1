"""A guard for optimizers: no design is evaluated whose cells are inverted or badly shaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fem.mesh.mesh import check_mesh
from fem.shape.quality import quality
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from fem.mesh import Mesh


@dataclass(frozen=True, eq=False)
class Guard:
    """What `guard` returns.

    Parameters
    ----------
    quality : callable
        From a design to the quality of each cell, shape (e,).
    least : float
        What all must be larger than.
    """

    quality: Callable[[Any], jax.Array] = field(repr=False)
    least: float

    def __call__(self, x: ArrayLike) -> str | None:
        """Return which cell a design spoils and how far, in words; None if it spoils none."""
        found = np.asarray(self.quality(x))
        bad = ~(found > self.least)
        if not bad.any():
            return None
        cell = int(np.argmin(np.where(np.isfinite(found), found, -np.inf)))
        others = int(bad.sum()) - 1
        more = f" (and {others} more)" if others else ""
        if found[cell] <= 0:
            return f"cell {cell} is inverted, with a scaled Jacobian of {found[cell]:.3g}{more}"
        return f"cell {cell} has a scaled Jacobian of {found[cell]:.3g}, not above {self.least:g}{more}"


def guard(mesh: Mesh, place: Callable[[Any], Any], least: float = 0.0) -> Guard:
    """Return a guard for the optimizers of `fem.optimize`: a step that would spoil a cell is cut back.

    Parameters
    ----------
    mesh : Mesh
        Any cells.
    place : callable
        From a design to the places of all points, shape (p, d), in `jax.numpy`: the function whose result goes into
        ``space.at``.
    least : float
        Every cell keeps a `quality` above this, less than 1; 0 keeps cells from being inverted.

    Returns
    -------
    callable
        ``guard(x)`` says in words which cell is worst and how bad, or returns None if all are good enough.

    Raises
    ------
    ShapeError
        If `least` is not below 1, or negative.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((2, 1), size=(2.0, 1.0))
    >>> guard = fem.shape.guard(mesh, lambda x: jax.numpy.asarray(mesh.points).at[2, 0].add(x))
    >>> guard(0.5), guard(1.5)
    (None, 'cell 1 is inverted, with a scaled Jacobian of -1')
    """
    check_mesh(mesh)
    if not (isinstance(least, int | float | np.integer | np.floating) and 0 <= least < 1):
        raise ShapeError(
            "least is no quality of a cell", expected="0 <= least < 1", got=f"least = {least!r}",
            fix="0 keeps cells from being inverted, 0.2 keeps them well shaped",
        )  # fmt: skip
    return Guard(jax.jit(lambda x: quality(mesh, place(x))), float(least))
