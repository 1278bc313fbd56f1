"""Faults of a cell that show only in the numbers: an inverted cell, an impossible material."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MaterialError, MeshError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from sparsead.errors import SparseADError


@dataclass(frozen=True)
class Margin:
    """A number of each cell that must be positive.

    Attributes
    ----------
    kind : type of exception
        What is raised.
    what, expected, got, fix : str
        Parts of the message; `got` and `what` may hold ``{cell}`` and ``{value}``.
    value : callable
        The offending value, from the margin.
    zero_allowed : bool
        Whether zero is no fault.
    """

    kind: type[SparseADError]
    what: str
    expected: str
    got: str
    fix: str
    value: Callable[[float], float] = float
    zero_allowed: bool = False


MARGINS = {
    "volume": Margin(
        MeshError,
        "{domain} {cell} is inverted",
        "a positive volume ratio at every quadrature point",
        "det J = {value:.6g} in {domain} {cell}",
        "order its nodes as its reference element has them; where a design moves them, an optimizer keeps from it with "
        "guard=fem.shape.guard(mesh, place)",
    ),
    "poisson below 1/2": Margin(
        MaterialError,
        "Poisson's ratio is out of range in {domain} {cell}",
        "-1 < poisson < 0.5",
        "poisson = {value:.6g} in {domain} {cell}",
        "for a nearly incompressible material use a mixed formulation",
        lambda margin: 0.5 - margin,
    ),
    "poisson above -1": Margin(
        MaterialError,
        "Poisson's ratio is out of range in {domain} {cell}",
        "-1 < poisson < 0.5",
        "poisson = {value:.6g} in {domain} {cell}",
        "pass a ratio between -1 and 0.5",
        lambda margin: margin - 1.0,
    ),
    "not negative": Margin(
        MaterialError,
        "a coefficient is negative in {domain} {cell}",
        "a number >= 0",
        "{value:.6g} in {domain} {cell}",
        "look at what computes it; a penalized density must stay between 0 and 1",
        zero_allowed=True,
    ),
    "area": Margin(
        MaterialError,
        "the area of {domain} {cell} is negative",
        "a number >= 0",
        "area = {value:.6g} in {domain} {cell}",
        "bound the areas from below; a bar of area zero carries nothing",
        zero_allowed=True,
    ),
    "thickness": Margin(
        MaterialError,
        "the thickness of {domain} {cell} is negative",
        "a number >= 0",
        "thickness = {value:.6g} in {domain} {cell}",
        "bound the thickness from below",
        zero_allowed=True,
    ),
    "section": Margin(
        MaterialError,
        "a property of the section of {domain} {cell} is not positive",
        "positive areas, second moments and thicknesses",
        "{value:.6g} in {domain} {cell}",
        "bound what computes it from below",
    ),
    "yield stress": Margin(
        MaterialError,
        "the yield stress of {domain} {cell} is not positive",
        "a positive number",
        "yield_stress = {value:.6g} in {domain} {cell}",
        "bound it from below; a cell that shall carry nothing has a small Young's modulus",
    ),
    "hardening": Margin(
        MaterialError,
        "a material softens in {domain} {cell}",
        "moduli of hardening >= 0: softening would depend on the size of cells",
        "a modulus of {value:.6g} in {domain} {cell}",
        "pass 0 for a material that does not harden",
        zero_allowed=True,
    ),
    "positive": Margin(
        MaterialError,
        "a coefficient is not positive in {domain} {cell}",
        "a positive number",
        "{value:.6g} in {domain} {cell}",
        "keep it above zero: for densities use a lower bound, such as 1e-6 of the largest",
    ),
}


_NOT_FINITE = "look at what computes it: 0/0, a root of a negative number, an overflow"


def fault(name: str, margin: float, cell: int, domain: str = "cell") -> SparseADError:
    """Return the error of a margin that is not positive.

    Parameters
    ----------
    name : str
        Key of `MARGINS`.
    margin : float
        Its value; NaN is a fault too.
    cell : int
        Number of the cell.
    domain : str
        ``"cell"`` or ``"facet"``.
    """
    rule = MARGINS[name]
    if not np.isfinite(margin):
        rule = replace(rule, what="a number of {domain} {cell} is not finite", fix=_NOT_FINITE)
    words = {"cell": cell, "value": rule.value(margin), "domain": domain}
    what, got = rule.what.format(**words), rule.got.format(**words)
    return rule.kind(what, expected=rule.expected, got=got, fix=rule.fix, cell=cell)


def wrong(name: str, margin: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a margin is a fault, shape (e,); a number that is not finite is one."""
    return ~(margin >= 0 if MARGINS[name].zero_allowed else margin > 0) | (margin == np.inf)


def check_margins(domain: Domain, names: tuple[str, ...], margins: NDArray[Any], batch: int) -> None:
    """Raise the error of the first margin of a batch, shape (m, lanes), that is not positive."""
    if not len(names) or ((margins > 0) & (margins < np.inf)).all():
        return
    rows, lanes = np.nonzero(np.stack([wrong(name, margin) for name, margin in zip(names, margins, strict=True)]))
    if not len(rows):
        return
    row, lane = int(rows[0]), int(lanes[0])
    cell = int(domain.cells[min(batch * domain.lanes + lane, domain.count - 1)])
    raise fault(names[row], float(margins[row, lane]), cell, domain.what)
