"""Errors of iterative solves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparsead.errors import ConvergenceError, NonFiniteError, NotPositiveDefiniteError, StructureError

if TYPE_CHECKING:
    from sparsead.iterative.krylov.watch import Watch

_SHOWN = 4


def not_converged(name: str, watch: Watch, why: str, residual: float, row: int) -> ConvergenceError:
    """Return the error for a solve that does not reach its tolerance.

    Parameters
    ----------
    name : str
        Of the method.
    watch : Watch
        Its iterations and residuals.
    why : str
        What ended it.
    residual : float
        True relative residual that was reached, of the right-hand side `row`.
    row : int
        Worst right-hand side.
    """
    where = f" of right-hand side {row}" if len(watch.sizes) > 1 else ""
    return ConvergenceError(
        f"{name} does not converge",
        expected=f"|b - A x| <= {watch.rtol:g} |b| within {watch.limit} iterations",
        got=f"{residual:.2g} |b|{where} after {watch.iteration} iterations ({why}); on the way {_some(watch.history)}",
        fix="a stronger preconditioner (amg() for structures, ilu() or factorization_of(A0) for others), "
        "or the direct solver: leave method= out",
        iteration=watch.iteration,
        residuals=tuple(watch.history),
    )


def at_rounding(name: str, watch: Watch, residual: float, row: int, attainable: float) -> ConvergenceError:
    """Return the error for a solve that stagnates at what rounding leaves: `attainable`."""
    error = not_converged(name, watch, f"rounding leaves about {attainable:.1g} |b|", residual, row)
    return ConvergenceError(
        f"{name} stagnates at the rounding of float64",
        expected=f"|b - A x| <= {watch.rtol:g} |b|",
        got=error.got,
        fix=f"pass rtol={_round_up(residual):g} or more, or the direct solver: leave method= out",
        iteration=watch.iteration,
        residuals=tuple(watch.history),
    )


def _round_up(residual: float) -> float:
    """Twice a number, to one digit."""
    return float(f"{2 * residual:.0e}")


def _some(history: list[float]) -> str:
    """A few of the residuals, the first and the last among them."""
    if len(history) <= _SHOWN:
        return ", ".join(f"{value:.1e}" for value in history) or "none"
    chosen = [round(i * (len(history) - 1) / (_SHOWN - 1)) for i in range(_SHOWN)]
    return ", ".join(f"{history[i]:.1e} ({i + 1})" for i in chosen)


def negative_curvature(curvature: float, dof: int, iteration: int) -> NotPositiveDefiniteError:
    """Return the error for a direction p with p^H A p <= 0; `curvature` is over p^H p, `dof` p's largest."""
    return NotPositiveDefiniteError(
        "matrix is not positive definite, which cg needs",
        expected="p^H A p > 0 for every direction p",
        got=f"p^H A p = {curvature:.3g} p^H p in iteration {iteration}; dof {dof} moves most in p",
        fix="prescribe enough dofs to remove rigid motion; for a symmetric matrix that is not definite, minres()",
        column=dof,
        iteration=iteration,
    )


def negative_preconditioner(value: float, iteration: int) -> NotPositiveDefiniteError:
    """Return the error for a residual with r^H M r <= 0; `value` is over r^H r."""
    return NotPositiveDefiniteError(
        "preconditioner is not positive definite",
        expected="r^H M r > 0 for every residual r",
        got=f"r^H M r = {value:.3g} r^H r in iteration {iteration}",
        fix="pass a positive definite preconditioner, such as amg() or jacobi(), or method gmres()",
        column=None,
        iteration=iteration,
    )


def unsymmetric_preconditioner(name: str, difference: float) -> StructureError:
    """Return the error for a preconditioner that is not Hermitian; `difference` is relative."""
    return StructureError(
        f"preconditioner is not Hermitian, which {name} needs",
        expected="u^H M v = conj(v^H M u) for all u and v",
        got=f"a relative difference of {difference:.1e} for two random vectors",
        fix="make it symmetric (as many sweeps backwards as forwards), or pass method gmres()",
    )


def not_finite(preconditioner: str, call: int, row: int, value: complex) -> NonFiniteError:
    """Return the error for a preconditioner that returns NaN or infinity."""
    return NonFiniteError(
        "preconditioner returns a number that is not finite",
        expected="finite values for finite residuals",
        got=f"{value} at dof {row} in call {call} of {preconditioner}",
        fix="look at what it divides by",
        row=row,
        column=0,
        of="preconditioner",
        value=value,
        call=call,
    )
