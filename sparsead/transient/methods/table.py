"""The table of methods for ordinary differential equations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sparsead.transient.equations.field import Field
from sparsead.transient.equations.systems import DenseSystem
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.formulas import BackwardDifferences, RungeKutta
from sparsead.transient.methods.implicit import ImplicitScheme
from sparsead.transient.methods.implicit_tableaus import IMPLICIT
from sparsead.transient.methods.tableaus import EXPLICIT


def _implicit(field: Field, formula: Any) -> ImplicitScheme:
    return ImplicitScheme(DenseSystem(field), formula)


SCHEMES: dict[str, Callable[[Any], Any]] = {
    **{name: partial(ExplicitScheme, tableau=tableau) for name, tableau in EXPLICIT.items()},
    **{name: partial(_implicit, formula=RungeKutta(tableau)) for name, tableau in IMPLICIT.items()},
    **{f"bdf{order}": partial(_implicit, formula=BackwardDifferences(order)) for order in (2, 3, 4, 5)},
}
