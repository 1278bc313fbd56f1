"""Does an error say where, and is it there? By the text alone, which is all that a compiled function leaves."""

from __future__ import annotations

import re

import numpy as np

from tests.fuzz.truth import Truth

_PLACES = {
    "NonFiniteError": r"\b[Abx]\[\d+(, \d+)?\] = ",
    "NotPositiveDefiniteError": r"(?P<dof>column \d+|A\[\d+)",
    "SingularMatrixError": r"(?:dof|column|row) (?P<dof>\d+)",
    "StructureError": r"A\[|entry at \(|shape|=",
}
_NULL = 1e-12  # relative singular value below which a vector counts as one that the matrix maps to zero
_MOVES = 1e-8  # component of such a vector that is more than rounding
WIDE = 1e100  # entries further apart than this are lost beside each other


def misplaced(truth: Truth, name: str, text: str) -> str | None:
    """Return what is wrong with the place that an error names, None if nothing is."""
    case = truth.case
    if case.place and name == case.expected[0]:
        return None if re.search(case.place, text) else f"{name} does not name {case.place}: {text[-600:]}"
    found = re.search(_PLACES.get(name, ""), text[text.find("\n  got:") :])
    if found is None:
        return f"{name} does not say where: {text[-600:]}"
    if name == "SingularMatrixError":
        return _immovable(truth, int(found["dof"]))
    if name == "NotPositiveDefiniteError":
        column = int(re.sub(r"\D", "", found["dof"]))
        return None if column < case.n else f"{name} in column {column} of {case.n}"
    return _consistent(truth, text) if name == "StructureError" else None


def _immovable(truth: Truth, dof: int) -> str | None:
    """A singular matrix has a null vector, from the right or the left, in which the dof moves."""
    if dof >= truth.case.n:
        return f"dof {dof} of {truth.case.n}"
    left, sizes, right = np.linalg.svd(truth.scaled.middle.astype(complex))
    null = sizes <= _NULL * sizes[0]
    if not null.any() or truth.spread > WIDE:
        return None
    moves = max(np.linalg.norm(left[dof, null]), np.linalg.norm(right[null, dof]))
    return None if moves > _MOVES else f"dof {dof} does not move in any null vector (it moves {moves:.1e})"


def _consistent(truth: Truth, text: str) -> str | None:
    """The entry that breaks a declaration must do so."""
    place = re.search(r"\bgot: +(A|no entry at |an entry at )[(\[](\d+), (\d+)[)\]]", text)
    if place is None:
        return None
    row, column = int(place[2]), int(place[3])
    if place[1] == "A":
        breaks = truth.raw[row, column] != np.conj(truth.raw[column, row]) or np.iscomplexobj(truth.raw)
    elif place[1].startswith("no"):
        breaks = truth.stored[column, row] and not truth.stored[row, column]
    else:
        breaks = truth.stored[row, column] and row != column
    return None if breaks else f"the place ({row}, {column}) breaks no declaration: {text[-600:]}"
