"""Topology: what of a space is integers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.dofs.domain import Domain
from fem.dofs.fields import Field, Numbering
from fem.dofs.freed import give_back
from fem.dofs.system import System
from fem.progress import stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.facets import Facets
    from fem.mesh.mesh import Mesh


class Topology:
    """What of a space is integers: compared by identity, so that compiled programs know it again.

    Parameters
    ----------
    mesh : Mesh
        The mesh; its points are those of the space until it is moved.
    fields : tuple of Field
        Unknown functions.

    Attributes
    ----------
    reductions : dict
        Index maps of the last eliminations of constraints.
    """

    def __init__(self, mesh: Mesh, fields: tuple[Field, ...]) -> None:
        self.mesh = mesh
        self.numbering = _number(mesh, fields)
        self.fields = {field.name: field for field in fields}
        width = sum(field.components for field in fields)
        self.domains = tuple(
            Domain(block.element, block.nodes, np.arange(start, start + len(block)), width * block.element.count)
            for block, start in zip(mesh.blocks, mesh.offsets, strict=False)
        )
        self.reductions: dict[Any, Any] = {}
        self._systems: dict[bytes, System] = {}
        self._facets: dict[Facets, tuple[Domain, ...]] = {}

    @cached_property
    def bulk(self) -> tuple[Domain, ...]:
        """Domains of the cells of the highest dimension."""
        return tuple(d for d in self.domains if d.element.dimension == self.mesh.cell_dimension and d.count)

    def system(self, extra: NDArray[np.integer] | None = None) -> System:
        """Return the pattern of matrices on the space, with more coupled nodes if needed; made once.

        Parameters
        ----------
        extra : int array, shape (2, m), optional
            Rows and columns of more coupled nodes.
        """
        key = b"" if extra is None else extra.tobytes()
        if key not in self._systems:
            with stage(f"pattern of {self.numbering.count} dofs"):
                self._systems[key] = System(self.numbering, [d.nodes for d in self.domains], extra)
            give_back(self._systems[key].pattern.nbytes)
        return self._systems[key]

    def facets(self, facets: Facets) -> tuple[Domain, ...]:
        """Return facets as domains, one for each kind; the same ones for the same object."""
        if facets not in self._facets:
            width, domains, start = sum(f.components for f in self.fields.values()), [], 0
            for group in self.mesh.facet_groups(facets):
                numbers = np.arange(start, start + len(group.nodes))
                domains.append(Domain(group.element, group.nodes, numbers, width * group.element.count, "facet"))
                start += len(group.nodes)
            self._facets[facets] = tuple(domains)
        return self._facets[facets]

    def congruent(self, domain: Domain) -> bool:
        """Return whether all cells of a domain are translations of its first one, to rounding."""
        if domain not in self._congruent:
            self._congruent[domain] = _are_congruent(self.mesh.points, domain.nodes)
        return self._congruent[domain]

    @cached_property
    def _congruent(self) -> dict[Domain, bool]:
        return {}

    def __repr__(self) -> str:
        return f"Topology({self.numbering.count} dofs)"


def _number(mesh: Mesh, fields: tuple[Field, ...]) -> Numbering:
    width = sum(field.components for field in fields)
    return Numbering(np.arange(len(mesh.points) + 1, dtype=np.int64) * width, fields)


_ROUNDING = 64  # units in the last place of the largest coordinate


def _are_congruent(points: NDArray[np.float64], nodes: NDArray[np.integer]) -> bool:
    tolerance = _ROUNDING * np.finfo(float).eps * np.abs(points).max(initial=0.0)
    own = points[nodes[:1]] - points[nodes[:1, :1]]
    for start in range(0, len(nodes), 1 << 14):
        some = nodes[start : start + (1 << 14)]
        if np.abs(points[some] - points[some[:, :1]] - own).max(initial=0.0) > tolerance:
            return False
    return True
