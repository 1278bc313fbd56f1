"""Errors of the coarsest level in words of the structure: it is singular where the structure can move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.assembly.causes import Structure, free_to_move
from fem.assembly.faults import name_of
from fem.assembly.term import kinds_of
from fem.errors import MaterialError
from sparsead.errors import NonFiniteError, NotPositiveDefiniteError, SingularMatrixError, SparseADError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from sparsead.pattern.pattern import Pattern


@dataclass(frozen=True)
class CoarsestFaults:
    """Says why the coarsest level cannot be solved; static.

    Parameters
    ----------
    structure : Structure
        The finest level.
    """

    structure: Structure

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if not isinstance(error, SingularMatrixError | NotPositiveDefiniteError | NonFiniteError):
            return error
        everything = np.arange(len(self.structure.topology.mesh.points))
        name = self.structure.name
        small = "a small density" if name == "mass" else "a small modulus"
        weak = MaterialError(
            f"cells without {name}, or a material that is not finite, leave multigrid without an answer",
            expected=f"a positive, finite {name} of every cell: 1e-9 of the largest is enough",
            got=error.got,
            fix=f"{small} for void cells; or leave method= out, and the error of the direct solver names them",
        )
        return weak if name == "mass" else next(free_to_move(self.structure, everything), weak)


def faults_of(operator: Operator, held: Held) -> CoarsestFaults:
    """Return what says the errors of the coarsest level of an operator."""
    topology, terms = operator.space.topology, operator.terms
    return CoarsestFaults(Structure(topology, held, kinds_of(terms), name=name_of(terms)))
