"""Errors of a solve in words of the structure: points, cells, supports; nobody here declared a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.assembly.causes import Name, Structure, cause_of
from fem.assembly.term import cells_of, kinds_of
from fem.dofs.places import cells_at, listed, named_dof
from sparsead.errors import (
    BackendError,
    ConvergenceError,
    NonFiniteError,
    NotPositiveDefiniteError,
    SingularMatrixError,
    SparseADError,
    StructureError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.assembly.term import Term
    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology
    from sparsead.pattern.pattern import Pattern

_ROWS = ("u", "the velocity", "the acceleration")
_ABLE = {
    "structure": (
        "a backend for this operator",
        "pass backend=None: the operator knows what it is, and a backend that can is chosen",
    ),
    "memory": (
        "memory for the factors",
        "free other factors with sparsead.factor_cache.clear(), install PARDISO or CHOLMOD, whose factors are smaller, "
        "or take a coarser mesh",
    ),
}


@dataclass(frozen=True)
class Faults:
    """Says the errors of a solve in words of the structure; static, and called where the solve fails.

    Parameters
    ----------
    structure : Structure
        What the matrix came from.
    """

    structure: Structure

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if isinstance(error, NonFiniteError):
            return self._not_finite(error, pattern, values)
        if isinstance(error, SingularMatrixError | NotPositiveDefiniteError | ConvergenceError):
            return cause_of(error, self.structure, pattern, values)
        if isinstance(error, StructureError):
            return self._not_symmetric(error)
        return _unable(error) if isinstance(error, BackendError) else error

    def _not_finite(self, error: NonFiniteError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        where: Any = error
        dof, column = int(where.row), int(where.column)
        place, cells = f"{where.value} for {named_dof(self.structure.topology, dof)}", self.structure.around(dof)
        if where.of == "solution":
            what, expected = "the solution is out of range", "numbers that the units of the problem can hold"
            got, fix = place, "choose units in which neither coefficients nor loads are extreme"
        elif where.of == "right-hand side":
            what, expected = "a force is not finite", "finite loads, prescribed values and internal forces"
            got = f"{place}, in {listed(cells)}" + (f", load case {column}" if column else "")
            fix = "look at what computes the load and the prescribed values, and the coefficients of these cells"
        else:
            cells = self._bad_cells(dof, column, pattern, values)
            what, expected = f"the {self.structure.name} is not finite", "finite coefficients in every cell"
            got, fix = f"{place}, from {listed(cells)}", "look at what computes the coefficients of these cells"
        return NonFiniteError(what, expected=expected, got=got, fix=fix, dof=dof, cells=tuple(cells.tolist()))

    def _bad_cells(self, row: int, column: int, pattern: Pattern, values: NDArray[Any]) -> NDArray[np.integer]:
        """Cells of both dofs of a bad entry; of these the ones that are bad at all their points, if there are."""
        numbering = self.structure.topology.numbering
        around = cells_at(self.structure.domains, np.array([numbering.owner(dof)[0] for dof in (row, column)]))
        spoilt = np.zeros(len(numbering.counts), bool)
        bad = pattern.indices[~np.isfinite(values)]
        spoilt[numbering.nodes(bad)] = True
        whole = [np.zeros(0, np.int64), *(d.cells[spoilt[d.nodes].all(axis=1)] for d in self.structure.domains)]
        worst = np.intersect1d(around, np.concatenate(whole))
        return worst if len(worst) else around

    def _not_symmetric(self, error: StructureError) -> SparseADError:
        where: Any = error
        dofs, topology = (int(where.row), int(where.column)), self.structure.topology
        cells = cells_at(self.structure.domains, np.array([topology.numbering.owner(dof)[0] for dof in dofs]))
        one, other = (named_dof(topology, dof) for dof in dofs)
        return StructureError(
            "a form that says it is symmetric is not",
            expected="as much force on one dof from the other as on the other from the one",
            got=f"{error.got}: rows and columns of {one} and {other}, in {listed(cells)}",
            fix="let the attribute symmetric of that form say False, or correct its matrix",
            cells=tuple(cells.tolist()),
        )


@dataclass(frozen=True)
class RunFaults:
    """Says where a march went wrong in words of the space; static.

    Parameters
    ----------
    topology : Topology
        Dofs.
    """

    topology: Topology

    def __call__(self, n: int, error: SparseADError) -> SparseADError:
        """Return the error to raise, from the number n of dofs and the error of a run."""
        row = getattr(error, "index", None)
        if not isinstance(error, NonFiniteError) or row is None or row >= n * len(_ROWS):
            return error
        where: Any = error
        of, dof = divmod(int(row), n)
        at_start = where.step == 0
        return NonFiniteError(
            "a march begins with numbers that are not finite" if at_start else error.what,
            expected="finite states, loads and prescribed values at all times",
            got=f"{_ROWS[of]} of {named_dof(self.topology, dof)}{error.got[error.got.index(' = ') :]}",
            fix=f"look at {'u0, v0, ' if at_start else ''}the load, the prescribed values and the coefficients "
            f"{'at that time' if at_start else 'at that time, or take smaller steps'}",
            dof=dof,
            step=where.step,
        )


def name_of(terms: Sequence[Term[Any]]) -> Name:
    """Return what cells give to an operator: mass where nothing else is in it, as forms say by ``is_mass``."""
    masses = all(getattr(term.form, "is_mass", False) and term.domain.what == "cell" for term in terms)
    return "mass" if masses else "stiffness"


def faults_of(topology: Topology, held: Held, terms: Sequence[Term[Any]], name: Name | None = None) -> Faults:
    """Return what says the errors of a matrix.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    terms : sequence of Term
        What the matrix is made of.
    name : {"stiffness", "mass", "mass and stiffness"}, optional
        See `fem.assembly.causes.Structure`; by default `name_of` the terms.
    """
    return Faults(Structure(topology, held, kinds_of(terms), cells_of(terms), name or name_of(terms)))


def _unable(error: BackendError) -> SparseADError:
    if error.fault not in _ABLE:
        return error
    expected, fix = _ABLE[error.fault]
    return BackendError(error.what, expected=expected, got=error.got, fix=fix, fault=error.fault)
