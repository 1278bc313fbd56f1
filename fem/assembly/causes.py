"""Why a matrix of a structure cannot be solved with, as its values show.

Looked for in this order: a part of the mesh that supports leave free; cells without stiffness, which leave points or
whole parts to themselves; a component that no cell resists; at last a motion that only the solver knows, of which it
names one dof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from fem.dofs.carried import Carried, carried
from fem.dofs.places import cells_at, listed, named_dof, named_point
from fem.dofs.rigid import free_motions
from fem.errors import ConstraintError, MaterialError
from sparsead.errors import ConvergenceError, SingularMatrixError, SparseADError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.domain import Domain
    from fem.dofs.topology import Topology
    from sparsead.pattern.pattern import Pattern

_PARTS = 50  # looked at: a mesh in more pieces is not put right by naming the next one
_HARDLY = 1e-12  # of the largest value: cells below are lost in the rounding of their neighbours

Name = Literal["stiffness", "mass", "mass and stiffness"]


class _Advice(NamedTuple):
    """What to do about void cells, and about a motion that nothing is known of."""

    void: str
    motion: str


_ADVICE = {
    "stiffness": _Advice(
        "a small modulus, such as 1e-9 of the largest",
        "look for a mechanism there (bars without bracing, cells that share one point only, a thickness of zero), "
        "and hold it with fem.fix",
    ),
    "mass": _Advice("a small density, such as 1e-9 of the largest", "give every dof a mass"),
    "mass and stiffness": _Advice(
        "a small density and modulus, such as 1e-9 of the largest",
        "take a smaller h: a structure that buckles or softens has no long steps",
    ),
}


@dataclass(frozen=True)
class Structure:
    """What a matrix came from; static.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    kinds : tuple of (str, str)
        Names of fields, and what their components are; see `fem.dofs.rigid.rigid_motions`.
    domains : tuple of Domain
        Cells that the operator acts on.
    name : {"stiffness", "mass", "mass and stiffness"}
        What cells give to the matrix; where masses are in it, a structure that is free to move is none the worse.
    """

    topology: Topology
    held: Held
    kinds: tuple[tuple[str, str], ...] = ()
    domains: tuple[Domain, ...] = ()
    name: Name = "stiffness"

    def around(self, dof: int) -> NDArray[np.integer]:
        """Return the cells at the point of a dof, ascending."""
        return cells_at(self.domains, np.array([self.topology.numbering.owner(dof)[0]]))


def cause_of(error: SparseADError, structure: Structure, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
    """Return the error of a singular or indefinite matrix with its cause, the first that is found.

    Parameters
    ----------
    error : SingularMatrixError, NotPositiveDefiniteError or ConvergenceError
        What the solver found.
    structure : Structure
        What the matrix came from.
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Stored values.
    """
    return next(_causes(error, structure, pattern, values))


def _causes(
    error: SparseADError, structure: Structure, pattern: Pattern, values: NDArray[Any]
) -> Iterator[SparseADError]:
    rests = structure.name == "stiffness"
    if rests:
        for part in parts_of_mesh(structure.topology):
            yield from free_to_move(structure, part)
    for least, much in ((0.0, "no"), (_HARDLY, f"less than {_HARDLY:g} of the largest")):
        found = carried(structure.topology, structure.held, structure.domains, pattern, values, least)
        lacking = f"{much} {structure.name}"
        yield from _bare(structure, found, lacking)
        for part in found.parts[:_PARTS] if rests and len(found.idle) else ():
            yield from _hangs_on_idle(structure, part, found.idle, lacking)
        yield from _unresisted(structure, found, lacking)
    yield _unknown(error, structure)


def parts_of_mesh(topology: Topology) -> list[NDArray[np.integer]]:
    """Return the points of each part that cells hold together."""
    pairs = topology.system().pairs
    count = len(pairs.indptr) - 1
    graph = csr_array((np.ones(len(pairs.neighbours), np.int8), pairs.neighbours, pairs.indptr), (count, count))
    number, labels = connected_components(graph, directed=False)
    return [np.flatnonzero(labels == label) for label in range(min(number, _PARTS))]


def _motions(structure: Structure, part: NDArray[np.integer]) -> Iterator[tuple[str, str]]:
    """What is free to move, and how, for each field that is."""
    fields = structure.topology.numbering.fields
    whole = len(part) == len(structure.topology.mesh.points)
    what = "the structure" if whole else f"the part of {len(part)} points with point {part.min()}"
    for field in fields:
        free = free_motions(structure.topology, structure.held, part, field, dict(structure.kinds).get(field.name))
        if free:
            where = f" in field {field.name!r}" if len(fields) > 1 else ""
            yield f"{what} is free to move{where}", f"no support stops: {'; '.join(free)}"


def free_to_move(structure: Structure, part: NDArray[np.integer]) -> Iterator[SparseADError]:
    """Yield an error for each field of which a part of the points can move rigidly.

    Parameters
    ----------
    structure : Structure
        Whose supports should stop that.
    part : int array, shape (p,)
        Points that cells hold together.
    """
    for what, motions in _motions(structure, part):
        yield ConstraintError(
            what,
            expected="supports that stop every rigid motion of every part",
            got=motions,
            fix="hold more dofs with fem.fix, or tie the parts together",
            point=int(part.min()),
        )


def _hangs_on_idle(
    structure: Structure, part: NDArray[np.integer], idle: NDArray[np.integer], lacking: str
) -> Iterator[SparseADError]:
    for what, motions in _motions(structure, part):
        yield MaterialError(
            f"{what}: only cells without {structure.name} join it to the rest",
            expected="supports that stop every rigid motion of every part that cells hold together",
            got=f"{motions}; {lacking} in {listed(idle)}",
            fix=f"give void cells {_ADVICE[structure.name].void}, or take them out of the mesh with the part",
            point=int(part.min()),
            cell=int(idle[0]),
            cells=tuple(idle.tolist()),
        )


def _bare(structure: Structure, found: Carried, lacking: str) -> Iterator[SparseADError]:
    """Say of the first point that no cell carries which cells should."""
    if not len(found.bare):
        return
    point = int(found.bare[0])
    place, around = named_point(structure.topology, point), cells_at(structure.domains, found.bare[:1])
    got = f"{lacking} in {listed(around)}, all that {place} has" if len(around) else f"no cell at {place}"
    yield MaterialError(
        f"cells without {structure.name} leave points to themselves",
        expected=f"{structure.name} in at least one cell at every point",
        got=f"{got}; such points: {len(found.bare)}",
        fix=f"give void cells {_ADVICE[structure.name].void}, or take them out of the mesh",
        point=point,
        cell=int(around[0]) if len(around) else None,
        cells=tuple(around.tolist()),
    )


def _unresisted(structure: Structure, found: Carried, lacking: str) -> Iterator[SparseADError]:
    if not len(found.unresisted):
        return
    dof = int(found.unresisted[0])
    point, _, component = structure.topology.numbering.owner(dof)
    around = structure.around(dof)
    yield ConstraintError(
        f"a component of a point has {lacking}",
        expected="cells that resist every dof which is not held",
        got=f"{named_dof(structure.topology, dof)} in {listed(around)}, which resist others only",
        fix=f"hold it with fem.fix(space, [{point}], {component}), or add cells that resist it",
        dof=dof,
        point=point,
        cells=tuple(around.tolist()),
    )


def _unknown(error: SparseADError, structure: Structure) -> SparseADError:
    """The error where nothing of the structure shows the cause but the dof that the solver names, if it is not slow."""
    if isinstance(error, ConvergenceError):
        return error
    singular = isinstance(error, SingularMatrixError)
    dof = getattr(error, "dof" if singular else "column", None)
    around = np.zeros(0, np.int64) if dof is None else structure.around(int(dof))
    place = "at an unknown place" if dof is None else f"at {named_dof(structure.topology, int(dof))}"
    cells = f", in {listed(around)}" if len(around) else ""
    told = type(error)(
        f"a motion meets no {structure.name}" if singular else f"the {structure.name} is not positive",
        expected=f"{structure.name} against every motion that the supports allow",
        got=f"{'most of the motion' if singular else 'none, or less than none,'} {place}{cells}",
        fix=_ADVICE[structure.name].motion
        if singular
        else "look for negative coefficients there; an energy of a structure that may buckle has definite=False",
        dof=dof,
        cells=tuple(around.tolist()),
    )
    told.add_note(f"the solver: {error.got}")
    return told
