"""What the host is told of the iterations: it counts them, and raises the error of those that do not converge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from fem.assembly.checks import check_margins
from fem.errors import ConvergenceError
from fem.multigrid.krylov import CONVERGED, CURVATURE, HISTORY, NOT_FINITE, STAGNANT
from sparsead.errors import NonFiniteError, NotPositiveDefiniteError, SparseADError
from sparsead.factors.store import factor_cache
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from jax import Array

    from fem.assembly.operator import Operator
    from fem.dofs.domain import Domain
    from fem.multigrid.krylov import Outcome
    from fem.multigrid.options import Options
    from sparsead.factors.options import OnSingular

_SHOWN = 4


@dataclass(frozen=True)
class Report:
    """Counts and errors of one solve; static.

    Parameters
    ----------
    options : Options
        What the user wrote.
    rtol : float
        Tolerance of this solve.
    on_singular : {"raise", "nan"}
        Raise, or return NaN.
    """

    options: Options
    rtol: float
    on_singular: OnSingular

    def told(self, outcome: Outcome, setups: Any = 0) -> Array:
        """Return the solutions, once the host knows how they came about, and how often levels were made for them."""
        told = (outcome.ending, outcome.iterations, outcome.applications, outcome.residuals, outcome.history)
        hear = buffer_callback(self._hear, jax.ShapeDtypeStruct((), float), vmap_method="sequential")
        return outcome.x * hear(jnp.asarray(setups, int), *jax.lax.stop_gradient(told))

    def _hear(self, _: Any, out: Any, *buffers: Any) -> None:
        setups, ending, iterations, applications, residuals, history = map(np.asarray, buffers)
        factor_cache.tally("setups", int(setups))
        factor_cache.tally("solves")
        factor_cache.tally("right_hand_sides", len(residuals))
        factor_cache.tally("iterations", int(iterations))
        factor_cache.tally("operator_applications", int(applications))
        converged = int(ending) == CONVERGED
        np.asarray(out)[...] = 1.0 if converged else np.nan
        if not converged and self.on_singular == "raise":
            error = self._fault(int(ending), int(iterations), residuals, history[: min(int(iterations), HISTORY)])
            remember(error)
            raise error

    def _fault(
        self, ending: int, iterations: int, residuals: np.ndarray[Any, Any], history: np.ndarray[Any, Any]
    ) -> SparseADError:
        if ending == CURVATURE:
            return NotPositiveDefiniteError(
                "the operator is not positive definite, which multigrid needs",
                expected="u K u > 0 for every motion u",
                got=f"a direction p with p K p <= 0 in iteration {iterations}",
                fix="hold enough dofs to remove rigid motion; leave method= out for an operator that is indefinite",
                iteration=iterations,
            )
        if ending == NOT_FINITE:
            return NonFiniteError(
                "multigrid met a number that is not finite",
                expected="finite loads and material, and cells that are not all without stiffness",
                got=f"a residual of NaN or infinity in iteration {iterations}",
                fix="look at load and material; leave method= out for an error that names the cell",
                iteration=iterations,
            )
        why = "it hardly falls any more" if ending == STAGNANT else "the limit"
        return ConvergenceError(
            "multigrid does not converge",
            expected=f"|f - K u| <= {self.rtol:g} |f| within {self.options.max_iterations} iterations",
            got=f"{residuals.max():.2g} |f| after {iterations} iterations ({why}); on the way {_some(history)}",
            fix=f"{self.options.remedy}, a larger rtol, or the direct solver: leave method= out",
            iteration=iterations,
            residuals=tuple(history.tolist()),
        )


def checked(operator: Operator, weights: Array) -> Array:
    """Return the numbers of the cells, once the host has found the margins of all cells positive.

    Parameters
    ----------
    operator : Operator
        With margins, which are tested.
    weights : array
        Handed on.
    """
    known, tables = [], []
    for term, margins in zip(operator.terms, operator.margins, strict=True):
        known.append((term.domain, tuple(name for name, _ in margins)))
        limits = [jnp.broadcast_to(value, (term.domain.count,)) for _, value in margins]
        tables.append(jnp.stack(limits) if limits else jnp.zeros((0, term.domain.count)))
    one = jax.ShapeDtypeStruct((), weights.dtype)
    return weights * buffer_callback(partial(_check, tuple(known)), one, vmap_method="sequential")(
        *jax.lax.stop_gradient(tables)
    )


def _check(known: tuple[tuple[Domain, tuple[str, ...]], ...], _: Any, out: Any, *tables: Any) -> None:
    try:
        for (domain, names), margins in zip(known, tables, strict=True):
            check_margins(domain, names, np.asarray(margins), 0)
    except SparseADError as error:
        remember(error)
        raise
    factor_cache.tally("setups")
    np.asarray(out)[...] = 1.0


def _some(history: np.ndarray[Any, Any]) -> str:
    """A few of the residuals, the first and the last among them."""
    if not len(history):
        return "none"
    chosen = sorted({round(i * (len(history) - 1) / (_SHOWN - 1)) for i in range(_SHOWN)})
    return ", ".join(f"{history[i]:.1e} ({i + 1})" for i in chosen)
