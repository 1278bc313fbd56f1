"""What a space tells an iterative method: the motions that its cells do not resist, and how many dofs a node has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.dofs.rigid import rigid_motions
from sparsead.iterative.auto import Auto
from sparsead.iterative.method import Method
from sparsead.iterative.preconditioners.amg import Amg
from sparsead.iterative.preconditioners.near_null import NearNull

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology
    from sparsead.backends.backend import Backend


@dataclass(frozen=True)
class RigidMotions(NearNull):
    """Rigid motions of all points, and constants of what does not move; zero at constrained dofs.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    kinds : tuple of (str, str)
        Names of fields, and what their components are; see `fem.dofs.rigid.rigid_motions`.
    """

    topology: Topology
    held: Held
    kinds: tuple[tuple[str, str], ...] = ()

    def vectors(self) -> NDArray[np.float64]:
        """Return the motions as columns, shape (n, m)."""
        numbering, points, kinds = self.topology.numbering, self.topology.mesh.points, dict(self.kinds)
        columns = []
        for field in numbering.fields:
            _, motions = rigid_motions(points, field.components, kinds.get(field.name))
            dofs = numbering.first[:-1, None] + field.offset + np.arange(field.components)
            full = np.zeros((len(motions), numbering.count))
            full[:, dofs.reshape(-1)] = motions.reshape(len(motions), -1)
            columns.append(full)
        stacked = np.concatenate(columns)
        stacked[:, self.held.dofs] = 0
        return np.ascontiguousarray(stacked.T)

    def __repr__(self) -> str:
        return f"<rigid motions of {self.topology!r}>"


def suited(
    method: str | Backend | None, topology: Topology, held: Held, kinds: tuple[tuple[str, str], ...]
) -> str | Backend | None:
    """Return a method that knows the space, where its preconditioner asks for that and was told nothing else.

    Parameters
    ----------
    method : Method, str or None
        What the caller gave; the name of a library stays as it is.
    topology, held, kinds
        See `RigidMotions`.
    """
    if isinstance(method, Auto):
        definite = suited(method.definite, topology, held, kinds)
        return replace(method, definite=definite) if isinstance(definite, Method) else method
    if not isinstance(method, Method) or not isinstance(method.preconditioner, Amg):
        return method
    own: dict[str, Any] = {}
    if method.preconditioner.near_null is None:
        own["near_null"] = RigidMotions(topology, held, kinds)
    if method.preconditioner.block is None:
        own["block"] = topology.numbering.uniform
    return replace(method, preconditioner=replace(method.preconditioner, **own)) if own else method
