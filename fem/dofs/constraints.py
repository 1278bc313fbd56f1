"""Constraints: linear conditions ``u_s = sum_m c_m u_m + g`` on some dofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import csr_array

from fem.errors import ConstraintError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.dofs.space import Space
    from fem.mesh.selection import PointSelection


class Held:
    """Which dofs are constrained, and how they depend on others: integers and fixed coefficients.

    Compared by content, so that constraints made anew compile to the same program.

    Parameters
    ----------
    dofs : int array, shape (m,)
        Constrained dofs, each once.
    couplings : array, shape (m, n)
        Coefficients of other dofs, sparse rows in the order of `dofs`.
    """

    def __init__(self, dofs: NDArray[np.integer], couplings: csr_array) -> None:
        couplings.sum_duplicates()
        self.dofs = dofs
        self.couplings = couplings
        parts = (dofs, couplings.indptr, couplings.indices, couplings.data)
        self._bytes = b"|".join(part.tobytes() for part in parts)
        self._hash = hash((couplings.shape, self._bytes))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Held) and self.couplings.shape == other.couplings.shape and self._bytes == other._bytes
        )


@jax.tree_util.register_pytree_node_class
class Constraints:
    """Constraints on a space; they add: ``left + right``. A pytree whose leaf is the prescribed values.

    Attributes
    ----------
    held : Held
        Which dofs, and couplings.
    values : array, shape (m,), or None
        Prescribed values g; None if all are zero. Unit: [u].

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> fem.fix(space, [0]) + fem.tie(space, [1], 2)
    Constraints(2 dofs, 1 couplings)
    """

    def __init__(self, held: Held, values: Any = None) -> None:
        self.held = held
        self.values = values

    def __add__(self, other: Constraints) -> Constraints:
        """Both sets of constraints.

        Raises
        ------
        ConstraintError
            If they say different things about a dof.
        """
        return combine([self, other])

    def __len__(self) -> int:
        return len(self.held.dofs)

    def tree_flatten(self) -> tuple[tuple[Any], Held]:
        """Values are the leaf."""
        return (self.values,), self.held

    @classmethod
    def tree_unflatten(cls, held: Held, leaves: tuple[Any]) -> Constraints:
        """Put values back."""
        return cls(held, leaves[0])

    def __repr__(self) -> str:
        return f"Constraints({len(self)} dofs, {self.held.couplings.nnz} couplings)"


def prescribe(dofs: NDArray[np.integer], values: ArrayLike, count: int) -> Constraints:
    """Return constraints that give dofs their values.

    Parameters
    ----------
    dofs : int array, shape (m,)
        Constrained dofs.
    values : array, shape () or (m,)
        What they are. Unit: [u].
    count : int
        Number n of dofs of the space.
    """
    held = Held(np.asarray(dofs, np.int64), csr_array((len(dofs), count)))
    if not isinstance(values, jax.core.Tracer) and not np.any(values):
        return Constraints(held)
    return Constraints(held, jnp.broadcast_to(jnp.asarray(values, float), (len(dofs),)))


def combine(several: Any) -> Constraints:
    """Return all constraints as one; what is said twice in the same words counts once.

    Parameters
    ----------
    several : Constraints, or sequence of them
        Constraints of one space.

    Raises
    ------
    ConstraintError
        If two say different things about a dof.
    """
    parts = [several] if isinstance(several, Constraints) else list(several)
    if len(parts) == 1:
        return parts[0]
    dofs = np.concatenate([part.held.dofs for part in parts])
    order = np.argsort(dofs, kind="stable")
    again = np.flatnonzero(np.diff(dofs[order]) == 0)
    couplings = _stack([part.held.couplings for part in parts])
    zero = [np.zeros(len(part)) if part.values is None else part.values for part in parts]
    keep = np.ones(len(dofs), bool)
    for first, second in zip(order[again], order[again + 1], strict=True):
        _check_same(dofs, couplings, zero, int(first), int(second))
        keep[second] = False
    chosen = np.flatnonzero(keep)
    held = Held(dofs[chosen], couplings[chosen])
    if all(part.values is None for part in parts):
        return Constraints(held)
    return Constraints(held, jnp.concatenate([jnp.asarray(z) for z in zero])[chosen])


def _stack(couplings: list[csr_array]) -> csr_array:
    indptr = np.concatenate([[0], *(np.diff(c.indptr) for c in couplings)]).cumsum()
    data, indices = (np.concatenate([getattr(c, name) for c in couplings]) for name in ("data", "indices"))
    return csr_array((data, indices, indptr), shape=(len(indptr) - 1, couplings[0].shape[1]))


def _check_same(dofs: NDArray[np.integer], couplings: csr_array, values: list[Any], one: int, two: int) -> None:
    lengths = np.cumsum([0, *(len(v) for v in values)])

    def value(row: int) -> Any:
        part = int(np.searchsorted(lengths, row, side="right")) - 1
        held = values[part]
        return None if isinstance(held, jax.core.Tracer) else float(held[row - lengths[part]])

    same_couplings = (couplings[[one]] != couplings[[two]]).nnz == 0
    if same_couplings and value(one) is not None and value(one) == value(two):
        return
    raise ConstraintError(
        f"dof {dofs[one]} is constrained twice, differently",
        expected="one condition for each dof",
        got=f"dof {dofs[one]}: {value(one)} and {value(two)}"
        + ("" if same_couplings else ", with different couplings to other dofs"),
        fix="drop one of the two, or take the shared points out of one selection",
        dof=int(dofs[one]),
    )


def fix(
    space: Space, points: PointSelection, components: int | Sequence[int] | None = None, *, field: str | None = None
) -> Constraints:
    """Return constraints that hold dofs at zero.

    Parameters
    ----------
    space : Space
        Where the unknown lives.
    points : int array, Facets, str or callable
        Points, as `Mesh.points_on` gives them; or facets, the name of a set, or a predicate.
    components : int or sequence of int, optional
        Which components are held; all by default.
    field : str, optional
        Name of the field, where the space has several.

    Raises
    ------
    MeshError, SpaceError
        If there is no such point or component.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.box((2, 1, 1))
    >>> fem.fix(fem.Space(mesh, components=3), mesh.points_on(lambda x: x[:, 0] == 0))
    Constraints(12 dofs, 0 couplings)
    """
    return prescribed(space, points, 0.0, components, field=field)


def prescribed(
    space: Space,
    points: PointSelection,
    value: ArrayLike,
    components: int | Sequence[int] | None = None,
    *,
    field: str | None = None,
) -> Constraints:
    """Return constraints that give dofs their values, which may be traced.

    Parameters
    ----------
    space : Space
        Where the unknown lives.
    points : int array, Facets, str or callable
        As for `fix`.
    value : array, shape (), (components,) or (p, components)
        What the unknown is there. Unit: [u].
    components : int or sequence of int, optional
        Which components are prescribed; all by default.
    field : str, optional
        Name of the field, where the space has several.

    Raises
    ------
    MeshError, SpaceError
        If there is no such point or component.
    ConstraintError
        If the values do not fit them.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.prescribed(fem.Space(fem.interval(2)), [2], 0.1)
    Constraints(1 dofs, 0 couplings)
    """
    dofs = space.dofs(points, components, field=field)
    if isinstance(value, jax.core.Tracer) or np.ndim(value):
        given = jnp.asarray(value, float)
        fits = given.ndim <= 2 and all(a in (1, b) for a, b in zip(given.shape[::-1], dofs.shape[::-1], strict=False))
        if not fits:
            raise ConstraintError(
                "prescribed values do not fit the dofs",
                expected=f"shape (), ({dofs.shape[1]},) for the components, or {dofs.shape} for points and components",
                got=f"shape {given.shape}",
                fix="pass one number for each component, the same at all points, or one row for each point",
            )
        value = jnp.broadcast_to(given, dofs.shape).reshape(-1)
    return prescribe(dofs.reshape(-1), value, space.count)
