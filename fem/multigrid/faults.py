"""Errors of the coarsest level in words of the structure: it is singular where the structure can move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.assembly.term import kinds_of
from fem.dofs.rigid import free_motions
from fem.errors import ConstraintError, MaterialError
from sparsead.errors import NonFiniteError, NotPositiveDefiniteError, SingularMatrixError, SparseADError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology
    from sparsead.pattern.pattern import Pattern


@dataclass(frozen=True)
class CoarsestFaults:
    """Says why the coarsest level cannot be solved; static.

    Parameters
    ----------
    topology : Topology
        Dofs of the finest level.
    held : Held
        Constraints.
    kinds : tuple of (str, str)
        Names of fields, and what their components are.
    """

    topology: Topology
    held: Held
    kinds: tuple[tuple[str, str], ...]

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if not isinstance(error, SingularMatrixError | NotPositiveDefiniteError | NonFiniteError):
            return error
        field = self.topology.numbering.fields[0]
        everything = np.arange(len(self.topology.mesh.points))
        free = free_motions(self.topology, self.held, everything, field, dict(self.kinds).get(field.name))
        if free:
            return ConstraintError(
                "the structure is free to move",
                expected="supports that stop every rigid motion of every part",
                got=f"no support stops: {'; '.join(free)}",
                fix="hold more dofs with fem.fix",
            )
        return MaterialError(
            "cells without stiffness, or a material that is not finite, leave multigrid without an answer",
            expected="a positive, finite stiffness of every cell: 1e-9 of the largest is enough",
            got=error.got,
            fix="a small modulus for void cells; or leave method= out, and the error of the direct solver names them",
        )


def faults_of(operator: Operator, held: Held) -> CoarsestFaults:
    """Return what says the errors of the coarsest level of an operator."""
    return CoarsestFaults(operator.space.topology, held, kinds_of(operator.terms))
