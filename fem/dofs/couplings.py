"""Constraints that couple dofs: tied, periodic, multi-point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from fem.dofs.constraints import Constraints, Held
from fem.errors import ConstraintError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.dofs.space import Space
    from fem.mesh.selection import PointSelection

_CLOSE = 1e-6  # of the extent of the mesh: points nearer than this are the same


def multi_point(
    space: Space, dofs: ArrayLike, others: ArrayLike, coefficients: ArrayLike, value: ArrayLike = 0.0
) -> Constraints:
    """Return constraints ``u[dofs] = sum over m of coefficients[:, m] u[others[:, m]] + value``.

    Parameters
    ----------
    space : Space
        Where the unknown lives; `Space.dofs` gives the numbers of its dofs.
    dofs : int array, shape (s,)
        Constrained dofs.
    others : int array, shape (s, m)
        Dofs that they depend on; these may be constrained themselves, but not in a circle.
    coefficients : array, shape (s, m)
        Coefficients; known before the program is traced.
    value : array, shape () or (s,)
        Prescribed part, which may be traced. Unit: [u].

    Raises
    ------
    ConstraintError
        If shapes do not fit, or a dof does not exist or depends on itself.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> fem.multi_point(space, [1], [[0, 2]], [[0.5, 0.5]])  # the mean of its neighbours
    Constraints(1 dofs, 2 couplings)
    """
    chosen = np.atleast_1d(np.asarray(dofs)).astype(np.int64)
    masters, factors = _masters(len(chosen), np.asarray(others), np.asarray(coefficients, float), np.shape(value))
    everything = np.concatenate([chosen, masters.reshape(-1)])
    wrong = np.flatnonzero((everything < 0) | (everything >= space.count))
    itself = np.flatnonzero((masters == chosen[:, None]).any(axis=1))
    if len(wrong) or len(itself):
        bad = int(everything[wrong[0]]) if len(wrong) else int(chosen[itself[0]])
        raise ConstraintError(
            "a dof does not exist" if len(wrong) else "a dof depends on itself",
            expected=f"0 <= dof < {space.count}, and other dofs than the constrained one",
            got=f"dof {bad}",
            fix="take dofs from space.dofs(points, components)",
            dof=bad,
        )
    rows = np.repeat(np.arange(len(chosen)), masters.shape[1])
    where = (rows, masters.reshape(-1))
    held = Held(chosen, csr_array((factors.reshape(-1), where), shape=(len(chosen), space.count)))
    known = not isinstance(value, jax.core.Tracer)
    if known and not np.any(value):
        return Constraints(held)
    return Constraints(held, jnp.broadcast_to(jnp.asarray(value, float), (len(chosen),)))


def _masters(
    count: int, others: NDArray[Any], factors: NDArray[Any], values: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the dofs that `count` dofs depend on and their coefficients, shape (s, m) both.

    Raises
    ------
    ConstraintError
        If shapes do not fit.
    """
    rows = [a.reshape(count, -1) if a.ndim == 1 and (count == 1 or len(a) == count) else a for a in (others, factors)]
    masters, aligned = rows
    sides = zip(aligned.shape[::-1], masters.shape[::-1], strict=False)
    alike = aligned.ndim <= 2 and all(a in (1, b) for a, b in sides)
    if masters.ndim != 2 or len(masters) != count or not alike or values not in ((), (count,)):
        raise ConstraintError(
            "a multi-point constraint whose parts do not fit each other",
            expected=f"others and coefficients of shape ({count}, m), value () or ({count},), for {count} dofs",
            got=f"others of shape {others.shape}, coefficients {factors.shape}, value {values}",
            fix="pass one row of others and of coefficients for each constrained dof",
        )
    return masters.astype(np.int64), np.broadcast_to(aligned, masters.shape)


def tie(
    space: Space,
    points: PointSelection,
    to: ArrayLike,
    components: int | Sequence[int] | None = None,
    *,
    field: str | None = None,
) -> Constraints:
    """Return constraints that give points the displacement of others.

    Parameters
    ----------
    space : Space
        Where the unknown lives.
    points : int array, shape (s,), Facets, str or callable
        Tied points, as for `fix`.
    to : int array, shape () or (s,)
        The point or points that they follow.
    components : int or sequence of int, optional
        Which components are tied; all by default.
    field : str, optional
        Name of the field, where the space has several.

    Raises
    ------
    ConstraintError
        If there is not one point to follow, or one for each.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(4))
    >>> fem.tie(space, [4], 0)
    Constraints(1 dofs, 1 couplings)
    """
    slaves = space.dofs(points, components, field=field)
    masters = space.dofs(np.atleast_1d(to), components, field=field)
    if len(masters) not in (1, len(slaves)):
        raise ConstraintError(
            "tied points and those that they follow differ in number",
            expected=f"one point to follow, or {len(slaves)}",
            got=f"{len(masters)} points",
            fix="pass one point for each tied point, in the same order",
        )
    masters = np.broadcast_to(masters, slaves.shape)
    return multi_point(space, slaves.reshape(-1), masters.reshape(-1, 1), np.ones((slaves.size, 1)))


def periodic(
    space: Space, axes: Sequence[int] | None = None, *, gradient: ArrayLike | None = None, field: str | None = None
) -> Constraints:
    """Return the constraints of a periodic cell: opposite faces of the box around the mesh move alike.

    With a gradient H, ``u(x + L) = u(x) + H L`` for every period L: the mean
    displacement gradient of a homogenization. Hold one point against rigid motion.

    Parameters
    ----------
    space : Space
        Where the unknown lives.
    axes : sequence of int, optional
        Directions in which it is periodic; all by default.
    gradient : array, shape (components, d), optional
        H; may be traced. Unit: [u/length].
    field : str, optional
        Name of the field, where the space has several.

    Raises
    ------
    ConstraintError
        If a point of a face has no partner on the opposite one.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.periodic(fem.Space(fem.rectangle((2, 2)), components=2))
    Constraints(10 dofs, 10 couplings)
    """
    points = np.asarray(space.mesh.points)
    slaves, masters = _partners(points, range(points.shape[1]) if axes is None else axes)
    own = space.dofs(slaves, field=field)
    theirs = space.dofs(masters, field=field)
    value: Any = 0.0
    if gradient is not None:
        value = ((points[slaves] - points[masters]) @ jnp.asarray(gradient).T).reshape(-1)
    return multi_point(space, own.reshape(-1), theirs.reshape(-1, 1), np.ones((own.size, 1)), value)


def _partners(points: NDArray[np.float64], axes: Sequence[int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points on upper faces, and the point that each meets when it is moved to all lower faces."""
    low, high = points.min(axis=0), points.max(axis=0)
    tolerance = _CLOSE * (high - low).max()
    moved, above = points.copy(), np.zeros(len(points), bool)
    for axis in axes:
        upper = points[:, axis] > high[axis] - tolerance
        moved[upper, axis] -= high[axis] - low[axis]
        above |= upper
    slaves = np.flatnonzero(above)
    distance, masters = cKDTree(points).query(moved[slaves])
    lonely = np.flatnonzero(distance > tolerance)
    if len(lonely):
        point = int(slaves[lonely[0]])
        raise ConstraintError(
            "a point of a periodic face has no partner",
            expected="the same points on opposite faces",
            got=f"point {point} at {points[point].tolist()}, nearest partner {distance[lonely[0]]:.6g} away",
            fix="mesh opposite faces alike (gmsh: Periodic Surface), or leave that axis out",
            point=point,
        )
    return slaves, masters
