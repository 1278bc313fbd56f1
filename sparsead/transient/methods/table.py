"""The table of methods for ordinary differential equations."""

from __future__ import annotations

from typing import Any

from sparsead.transient.equations.field import Field
from sparsead.transient.equations.systems import DenseSystem
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.formulas import BackwardDifferences, RungeKutta
from sparsead.transient.methods.implicit import ImplicitScheme
from sparsead.transient.methods.implicit_tableaus import IMPLICIT
from sparsead.transient.methods.tableaus import EXPLICIT, Tableau

METHODS: dict[str, Tableau | RungeKutta | BackwardDifferences] = {
    **EXPLICIT,
    **{name: RungeKutta(tableau) for name, tableau in IMPLICIT.items()},
    **{f"bdf{order}": BackwardDifferences(order) for order in (2, 3, 4, 5)},
}


def scheme_of(formula: Any, field: Field) -> ExplicitScheme | ImplicitScheme:
    """Return how a step of ``u' = f`` is done."""
    if isinstance(formula, Tableau):
        return ExplicitScheme(field, formula)
    return ImplicitScheme(DenseSystem(field), formula)
