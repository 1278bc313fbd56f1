"""Mesh: points, blocks of cells, and named sets of points, cells and facets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError
from fem.mesh import arrays, check, order, orient, selection
from fem.mesh.blocks import CellBlock, frozen_array
from fem.mesh.facets import Facets, boundary_facets, facet_groups
from fem.mesh.measures import measures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from fem.mesh.facets import FacetGroup
    from fem.mesh.selection import Where


@dataclass(frozen=True, eq=False)
class Mesh:
    """Points and cells; immutable.

    Attributes
    ----------
    points : float array, shape (p, d)
        Coordinates, read-only.
    blocks : tuple of CellBlock
        Cells; several blocks hold several kinds. Cells are numbered through all blocks in this order.
    point_sets : mapping of str to int array
        Named points.
    cell_sets : mapping of str to int array
        Named cells, in the numbers through all blocks.
    facet_sets : mapping of str to Facets
        Named facets.

    Raises
    ------
    MeshError
        If a coordinate is not finite, or a node or a cell in a set does not exist; the message names the first.

    Examples
    --------
    >>> mesh = Mesh([[0, 0], [1, 0], [0, 1]], (CellBlock("tri3", [[0, 1, 2]]),))
    >>> mesh
    Mesh(3 points in 2D; 1 tri3)
    >>> mesh.points_on(lambda x: x[:, 0] == 0)
    array([0, 2], dtype=int32)
    """

    points: NDArray[np.float64]
    blocks: tuple[CellBlock, ...]
    point_sets: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    cell_sets: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)
    facet_sets: Mapping[str, Facets] = field(default_factory=dict)

    def __post_init__(self) -> None:
        points = frozen_array(self.points, np.float64)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "blocks", tuple(self.blocks))
        arrays.check_points(points)
        arrays.check_nodes(points, self.blocks)
        sizes = {"point_sets": len(points), "cell_sets": self.cell_count}
        for kind, size in sizes.items():
            sets = {name: arrays.check_set(kind, name, numbers, size) for name, numbers in getattr(self, kind).items()}
            object.__setattr__(self, kind, sets)

    @property
    def dimension(self) -> int:
        """Dimension of space."""
        return int(self.points.shape[1])

    @property
    def cell_dimension(self) -> int:
        """Highest dimension of the cells."""
        return max((block.element.dimension for block in self.blocks), default=0)

    @property
    def cell_count(self) -> int:
        """Number of cells in all blocks."""
        return sum(len(block) for block in self.blocks)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Number of the first cell of each block, and at last the number of cells."""
        return tuple(int(n) for n in np.cumsum([0, *(len(block) for block in self.blocks)]))

    @cached_property
    def centers(self) -> NDArray[np.float64]:
        """Mean of the corners of each cell, shape (e, d)."""
        means = [self.points[block.nodes[:, : block.element.corners]].mean(axis=1) for block in self.blocks]
        return np.concatenate([np.zeros((0, self.dimension)), *means])

    @cached_property
    def measures(self) -> NDArray[np.float64]:
        """Volume, area or length of each cell, shape (e,); negative where a cell is inverted. Unit: [length^r]."""
        return measures(self.points, self.blocks)

    @cached_property
    def boundary(self) -> Facets:
        """Facets that belong to one cell only, among the cells of the highest dimension."""
        return boundary_facets(self.blocks, self.cell_dimension)

    def facet_groups(self, facets: Facets) -> list[FacetGroup]:
        """Return facets with their nodes, in groups of one block and one facet element."""
        return facet_groups(self.blocks, facets)

    def facet_points(self, facets: Facets) -> NDArray[np.int32]:
        """Return the points of facets, ascending, shape (p,)."""
        nodes = [group.nodes.reshape(-1) for group in self.facet_groups(facets)]
        return np.unique(np.concatenate([np.zeros(0, np.int32), *nodes]))

    def cell_points(self, cells: ArrayLike) -> NDArray[np.int32]:
        """Return the points of cells given by their numbers through all blocks, ascending, shape (p,)."""
        mask = np.zeros(self.cell_count, dtype=bool)
        mask[np.asarray(cells)] = True
        parts = np.split(mask, self.offsets[1:-1])
        nodes = [block.nodes[part].reshape(-1) for block, part in zip(self.blocks, parts, strict=True)]
        return np.unique(np.concatenate([np.zeros(0, np.int32), *nodes]))

    def points_on(self, where: Where) -> NDArray[np.int32]:
        """Return the points where a predicate holds, or those of a named set.

        Parameters
        ----------
        where : callable or str
            Maps coordinates of shape (p, d) to booleans of shape (p,); or the name of a set of points,
            facets or cells.

        Raises
        ------
        MeshError
            If there are none, or no set has this name.
        """
        if isinstance(where, str):
            numbers = self._named_points(where)
        else:
            numbers = np.flatnonzero(selection.satisfied(self.points, where)).astype(np.int32)
        selection.nonempty("point", len(numbers), self.points, where)
        return numbers

    def cells_on(self, where: Where) -> NDArray[np.int32]:
        """Return the cells at whose center a predicate holds, or those of a named set.

        Parameters
        ----------
        where : callable or str
            Maps centers of shape (e, d) to booleans of shape (e,); or the name of a set of cells.

        Returns
        -------
        int array, shape (e,)
            Numbers through all blocks.

        Raises
        ------
        MeshError
            If there are none, or no set has this name.
        """
        if isinstance(where, str):
            numbers: NDArray[np.int32] = selection.named("cell", where, self.cell_sets)
        else:
            numbers = np.flatnonzero(selection.satisfied(self.centers, where)).astype(np.int32)
        selection.nonempty("cell", len(numbers), self.points, where)
        return numbers

    def facets_on(self, where: Where) -> Facets:
        """Return the boundary facets all of whose nodes satisfy a predicate, or those of a named set.

        Parameters
        ----------
        where : callable or str
            Maps coordinates of shape (p, d) to booleans of shape (p,); or the name of a set of facets.

        Raises
        ------
        MeshError
            If there are none, or no set has this name.
        """
        if isinstance(where, str):
            facets: Facets = selection.named("facet", where, self.facet_sets)
        else:
            mask = selection.satisfied(self.points, where)
            facets = selection.facets_within(self.blocks, self.boundary, mask)
        selection.nonempty("facet", len(facets), self.points, where)
        return facets

    def with_points(self, points: ArrayLike) -> Mesh:
        """Return the same cells and sets on other points, shape (p, d)."""
        moved = np.asarray(points)
        if moved.shape != self.points.shape:
            raise MeshError(
                "the points of a moved mesh have the wrong shape",
                expected=f"shape {self.points.shape}",
                got=f"shape {moved.shape}",
                fix="pass one row for each point of the mesh",
            )
        return replace(self, points=moved)

    def with_sets(
        self,
        *,
        points: Mapping[str, Any] | None = None,
        cells: Mapping[str, Any] | None = None,
        facets: Mapping[str, Any] | None = None,
    ) -> Mesh:
        """Return the mesh with more named sets.

        Parameters
        ----------
        points, cells, facets : mapping, optional
            Name to predicate, or to what the method `points_on`, `cells_on` or `facets_on` returns.
        """
        more: list[dict[str, Any]] = []
        for given, select in ((points, self.points_on), (cells, self.cells_on), (facets, self.facets_on)):
            items = (given or {}).items()
            more.append({name: select(where) if callable(where) else where for name, where in items})
        return replace(
            self,
            point_sets={**self.point_sets, **more[0]},
            cell_sets={**self.cell_sets, **more[1]},
            facet_sets={**self.facet_sets, **more[2]},
        )

    def with_order(self, degree: int, *, complete: bool = False) -> Mesh:
        """Return the mesh with elements of another order on the same, straight-sided cells.

        Parameters
        ----------
        degree : int
            1 or 2.
        complete : bool
            With degree 2: quad9 and hex27 instead of the serendipity elements quad8 and hex20.

        Raises
        ------
        ElementError
            If there is no such element, as for wedges of second order.
        """
        points, blocks, point_sets = order.with_order(self.points, self.blocks, self.point_sets, degree, complete)
        return replace(self, points=points, blocks=blocks, point_sets=point_sets)

    def oriented(self) -> Mesh:
        """Return the mesh with the cells turned whose nodes run the wrong way round, as plane ones of gmsh may do."""
        blocks, facet_sets = orient.oriented(self.points, self.blocks, self.facet_sets)
        return replace(self, blocks=blocks, facet_sets=facet_sets)

    def check(self) -> Mesh:
        """Return the mesh itself if it is sound.

        Raises
        ------
        MeshError
            For an inverted or flat cell, a node that no cell uses, two points at one place, a cell that occurs
            twice, a facet of more than two cells, or an empty set; the message names the first.
        """
        for fault in check.faults(self.points, self.blocks, self.cell_dimension, self._sets()):
            raise fault
        return self

    def _sets(self) -> dict[tuple[str, str], int]:
        kinds = ("point_sets", "cell_sets", "facet_sets")
        return {(kind, name): len(members) for kind in kinds for name, members in getattr(self, kind).items()}

    def _named_points(self, name: str) -> NDArray[np.int32]:
        if name in self.facet_sets and name not in self.point_sets:
            return self.facet_points(self.facet_sets[name])
        if name in self.cell_sets and name not in self.point_sets:
            return self.cell_points(self.cell_sets[name])
        others = [*self.facet_sets, *self.cell_sets]
        numbers: NDArray[np.int32] = selection.named("point", name, self.point_sets, others)
        return numbers

    def __repr__(self) -> str:
        cells = ", ".join(f"{len(block)} {block.element.name}" for block in self.blocks)
        return f"Mesh({len(self.points)} points in {self.dimension}D; {cells})"


def check_mesh(mesh: object) -> None:
    """Refuse what is no mesh, such as a space.

    Raises
    ------
    MeshError
        If it is none.
    """
    if not isinstance(mesh, Mesh):
        raise MeshError(
            "a mesh is needed",
            expected="a fem.Mesh",
            got=f"{type(mesh).__name__}",
            fix="pass mesh, or space.mesh" if hasattr(mesh, "mesh") else "fem.read, fem.box ... make one",
        )
