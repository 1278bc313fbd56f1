"""Space: a mesh and the unknowns on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fem.dofs.fields import Field
from fem.dofs.topology import Topology
from fem.errors import SpaceError
from fem.mesh.facets import Facets
from fem.mesh.mesh import check_mesh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.mesh import Mesh


@jax.tree_util.register_pytree_node_class
class Space:
    """Unknown functions on a mesh.

    Parameters
    ----------
    mesh : Mesh
        The mesh. Functions of the space have its elements.
    components : int or mapping
        Components of the unknown at each node; or names and components of several unknowns, ``{"u": 3, "p": 1}``.

    Raises
    ------
    SpaceError
        If there is no component, or 64-bit types are off.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.Space(fem.box((2, 1, 1)), components=3)
    Space(12 points, u: 3 components, 36 dofs)
    """

    def __init__(self, mesh: Mesh, components: int | Mapping[str, int] = 1) -> None:
        _check_digits()
        check_mesh(mesh)
        self.topology = Topology(mesh, _fields(components))
        self._moved: Any = None

    @property
    def mesh(self) -> Mesh:
        """The mesh on which the space was made; `points` may have moved since."""
        return self.topology.mesh

    @property
    def points(self) -> Any:
        """Coordinates, shape (p, d). Unit: [length]."""
        return self.mesh.points if self._moved is None else self._moved

    @property
    def moved(self) -> bool:
        """Whether the points are other than the mesh's."""
        return self._moved is not None

    @property
    def count(self) -> int:
        """Number n of dofs."""
        return self.topology.numbering.count

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of loads and solutions: (points, components), or (n,) with several fields."""
        fields = self.topology.numbering.fields
        return (len(self.mesh.points), fields[0].components) if len(fields) == 1 else (self.count,)

    def at(self, points: Any) -> Space:
        """Return the same space on other points, which may be traced: shape derivatives.

        Parameters
        ----------
        points : array, shape (p, d)
            Coordinates of all points. Unit: [length].

        Raises
        ------
        SpaceError
            If the shape differs.
        """
        if np.shape(points) != self.mesh.points.shape:
            raise SpaceError(
                "the points of a moved space have the wrong shape",
                expected=f"shape {self.mesh.points.shape}, one row for each point",
                got=f"shape {np.shape(points)}",
                fix="pass space.points + displacement",
            )
        return _space(self.topology, jax.numpy.asarray(points))

    def field(self, name: str | None = None) -> Field:
        """Return a field by its name; without a name, the only one.

        Raises
        ------
        SpaceError
            If there is no such field, or several and none is named.
        """
        fields = self.topology.fields
        if name is None and len(fields) == 1:
            return next(iter(fields.values()))
        if name not in fields:
            raise SpaceError(
                "no such field" if name is not None else "several fields, and none is named",
                expected=f"one of {', '.join(map(repr, fields))}",
                got=f"field={name!r}",
                fix=f"pass field={next(iter(fields))!r}",
            )
        return fields[name]

    @property
    def whole(self) -> Field:
        """All fields as one, component after component: for forms that couple them."""
        fields = self.topology.numbering.fields
        if len(fields) == 1:
            return fields[0]
        return Field("+".join(f.name for f in fields), sum(f.components for f in fields), 0)

    def split(self, u: Any) -> dict[str, Any]:
        """Return the fields of a solution by name, each of shape (points, components), load cases in front.

        Parameters
        ----------
        u : array, shape (n,) or of the space, load cases in front
            Solution.
        """
        vectors, shape = self.flatten(u)
        rows = vectors.reshape(*cases_of(self, shape), len(self.mesh.points), -1)
        return {name: rows[..., f.offset : f.offset + f.components] for name, f in self.topology.fields.items()}

    def dofs(self, points: Any, components: Any = None, *, field: str | None = None) -> NDArray[np.integer]:
        """Return the dofs of some components at some points, shape (p, components).

        Parameters
        ----------
        points : int array, Facets, str or callable
            Points; or facets, whose points are meant; or what `Mesh.points_on` takes, a name or a predicate.
        components : int or sequence of int, optional
            Components; all by default.
        field : str, optional
            Name of the field, where there are several.

        Raises
        ------
        SpaceError
            If there is no such point or component.
        """
        chosen = self._selected(points)
        of = self.field(field)
        wanted = np.atleast_1d(np.arange(of.components) if components is None else components)
        _check_range("point", chosen, len(self.mesh.points))
        _check_range("component", wanted, of.components)
        first = self.topology.numbering.first[chosen.astype(np.int64)]
        return first[:, None] + of.offset + wanted.astype(np.int64)

    def _selected(self, points: Any) -> NDArray[Any]:
        if isinstance(points, str) or callable(points):
            return self.mesh.points_on(points)
        return self.mesh.facet_points(points) if isinstance(points, Facets) else np.asarray(points).reshape(-1)

    def flatten(self, u: Any) -> tuple[Any, tuple[int, ...]]:
        """Return vectors as rows, shape (k, n), and the shape that they came in.

        Parameters
        ----------
        u : array, shape of the space, with any number of axes in front
            Load or solution.

        Raises
        ------
        SpaceError
            If the shape does not fit.
        """
        u = jax.numpy.asarray(u, float)
        inner = self.shape if u.ndim >= len(self.shape) and u.shape[-len(self.shape) :] == self.shape else (self.count,)
        if u.shape[-len(inner) :] != inner:
            raise SpaceError(
                "an array does not fit the space",
                expected=f"shape {self.shape}, (n,) = ({self.count},), or several of these in front",
                got=f"shape {u.shape}",
                fix="one row for each point of the mesh, one column for each component",
            )
        return u.reshape(-1, self.count), u.shape

    def tree_flatten(self) -> tuple[tuple[Any], Topology]:
        """Moved points are the leaf."""
        return (self._moved,), self.topology

    @classmethod
    def tree_unflatten(cls, topology: Topology, leaves: tuple[Any]) -> Space:
        """Put points, or whatever JAX has in their place, back."""
        return _space(topology, leaves[0])

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{f.name}: {f.components} component{'s' * (f.components > 1)}" for f in self.topology.fields.values()
        )
        return f"Space({len(self.mesh.points)} points, {fields}, {self.count} dofs)"


def cases_of(space: Space, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes in front of vectors that fit a space: its load cases.

    Parameters
    ----------
    space : Space
        Their space.
    shape : tuple of int
        Shape of the vectors, as `Space.flatten` gives it.
    """
    inner = len(space.shape) if shape[len(shape) - len(space.shape) :] == space.shape else 1
    return shape[: len(shape) - inner]


def _space(topology: Topology, moved: Any) -> Space:
    space = Space.__new__(Space)
    space.topology, space._moved = topology, moved
    return space


def _check_range(what: str, numbers: NDArray[np.integer], extent: int) -> None:
    if numbers.dtype.kind not in "iu" or not len(numbers):
        raise SpaceError(
            f"no {what} selected" if not len(numbers) else f"{what}s are given by their numbers",
            expected=f"whole numbers, 0 <= {what} < {extent}",
            got=f"an array of type {numbers.dtype} and length {len(numbers)}",
            fix="pass for example mesh.points_on(lambda x: x[:, 0] == 0)" if what == "point" else "pass 0, or [0, 1]",
        )
    outside = np.flatnonzero((numbers < 0) | (numbers >= extent))
    if len(outside):
        raise SpaceError(
            f"no such {what}",
            expected=f"0 <= {what} < {extent}",
            got=f"{what} {numbers[outside[0]]} (number {outside[0]} of {len(numbers)})",
            fix=f"numbers count from 0 to {extent - 1}",
        )


def _check_digits() -> None:
    if not jax.config.jax_enable_x64:
        raise SpaceError(
            "JAX has 64-bit types off",
            expected="float64: a stiffness matrix in float32 can give a compliance of the wrong sign",
            got="jax_enable_x64 = False",
            fix='jax.config.update("jax_enable_x64", True) before the first array is made',
        )


def _fields(components: int | Mapping[str, int]) -> tuple[Field, ...]:
    named = components if isinstance(components, Mapping) else {"u": components}
    fields, offset = [], 0
    for name, count in named.items():
        if not isinstance(count, int | np.integer) or count < 1:
            raise SpaceError(
                "a field needs components",
                expected="a whole number, 1 or more, for each field",
                got=f"{name!r}: {count!r}",
                fix='pass components=3, or components={"u": 3, "p": 1}',
            )
        fields.append(Field(name, int(count), offset))
        offset += int(count)
    return tuple(fields)
