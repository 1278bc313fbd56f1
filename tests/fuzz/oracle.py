"""Judge what the library made of a case: an error that is due, or an answer that the dense matrix confirms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.execute import Outcome
from tests.fuzz.generate import Case
from tests.fuzz.truth import Truth

FOUR_LINES = ("\n  expected: ", "\n  got:      ", "\n  fix:      ")
SOLVES = ("solve", "vjp", "jvp", "norm", "factorize")
DOUBT = 1e11  # scaled condition number up to which no solve may be refused
HOPELESS = 1e18  # and from which none may be answered
WIDE = 1e100  # entries further apart than this may overflow inside a factorization
UNITS = 1e7  # entries further apart than this may make PARDISO replace the small ones
MODERATE = 1e8  # condition number and spread up to which derivatives are compared to their digits


def judge(case: Case, outcome: Outcome) -> str | None:
    """Return what is wrong with an outcome, None if nothing is."""
    truth = Truth(case)
    return _judge_error(truth, outcome.error) if outcome.error is not None else _judge_answer(truth, outcome.results)


def _judge_error(truth: Truth, error: Any) -> str | None:
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    if not all(line in text for line in FOUR_LINES):
        return f"not an error of four lines: {type(error).__name__}: {text[:2000]}"
    known = _due(truth)
    name = next((name for name in sorted(known) if name in text or type(error).__name__ == name), None)
    if name is None:
        lines = text[text.rfind("\n", 0, text.index(FOUR_LINES[0])) + 1 :].splitlines()[:5]
        return f"error is not due (condition {truth.condition:.1e}): {type(error).__name__}: {lines}"
    return None


def _due(truth: Truth) -> set[str]:
    """Names of the errors that may answer the case."""
    case, due = truth.case, set(truth.case.expected)
    if truth.pattern_breaks_declaration:
        due.add("StructureError")
    if case.operation not in SOLVES:
        return due
    if case.operation == "factorize" and case.n == 0:
        due.add("ShapeError")
    if truth.asymmetry > 1e-14:
        due |= {"StructureError"}
    if truth.condition > DOUBT or not truth.structural_rank_is_full or truth.spread > WIDE:
        due |= {"SingularMatrixError", "NotPositiveDefiniteError"}
    if "positive_definite" in case.declared and truth.definiteness < 1e-11:
        due |= {"NotPositiveDefiniteError", "SingularMatrixError"}
    if truth.spread > WIDE or truth.largest_solution > (30 if truth.is_single else 290):
        due.add("NonFiniteError")
    if case.front != "numpy" and truth.has_subnormal:
        due |= {"SingularMatrixError", "NotPositiveDefiniteError"}  # XLA takes them for zero
    if case.backend == "pardiso" and truth.spread > UNITS:
        due.add("SingularMatrixError")
    if case.backend == "triangular" and "triangular" not in case.declared:
        due.add("BackendError")
    if case.backend in ("pardiso", "cholmod", "umfpack", "banded") and _refuses(case):
        due.add("BackendError")
    return due


def _refuses(case: Case) -> bool:
    """Whether a backend may say that it does not do this structure or this precision."""
    return case.precision == "single" or "triangular" in case.declared or case.backend in ("cholmod", "banded")


def _judge_answer(truth: Truth, results: Any) -> str | None:
    case = truth.case
    dead = _may_die(case) and (np.isnan(results["x"]).any() or not truth.b.any())
    if case.fault and not (dead and case.fault in ("value_not_finite", "b_not_finite")):
        return f"answered in spite of the fault {case.fault}"
    if truth.pattern_breaks_declaration:
        return "answered in spite of a pattern that breaks the declaration"
    if case.operation not in SOLVES:
        return _judge_product(truth, results)
    if truth.b.size == 0:
        return None
    if dead:
        return _judge_nan(truth, results["x"])
    if truth.asymmetry > 1e-10:
        return "answered in spite of a broken symmetry"
    if "positive_definite" in case.declared and truth.definiteness < -1e-10:
        return "answered a matrix that is not positive definite, as declared"
    if truth.condition > HOPELESS and truth.spread < WIDE and np.any(truth.b != 0):
        return f"answered a singular matrix: {str(results)[:300]}"
    return _judge_norm(truth, results) if case.operation == "norm" else _judge_solutions(truth, results)


def _may_die(case: Case) -> bool:
    """Whether NaN stands for an error."""
    return case.on_singular == "nan" and case.operation in ("solve", "vjp", "jvp")


def _judge_nan(truth: Truth, x: Any) -> str | None:
    if not truth.b.any():
        return "a solution other than zero of b = 0" if x.any() else None
    if not _due(truth) - {"BackendError"}:
        return "NaN for a matrix that can be solved with"
    columns = x.reshape(truth.case.n, -1)
    dead = np.isnan(columns).all(axis=0)
    zero = (truth.b.reshape(truth.case.n, -1) == 0).all(axis=0)
    return None if np.array_equal(dead, ~zero) else "NaN in some entries only"


def _tolerance(truth: Truth) -> float:
    if truth.case.precision == "single":
        return 1e-4
    return 1e-5 if truth.is_single else 1e-10


def _judge_solutions(truth: Truth, results: Any) -> str | None:
    x = results["x"]
    fault = _residual(truth, "x", truth.operator, x, truth.b)
    if fault or truth.spread > WIDE:
        return fault
    if "d_x" in results:
        if _may_die(truth.case) and np.isnan(results["d_x"]).any():
            return None if "NonFiniteError" in _due(truth) else "NaN in the tangent"
        change = truth.moved @ x.astype(np.clongdouble)
        noise = np.abs(truth.moved).sum(axis=1).max(initial=0) * np.abs(x).max(axis=0, initial=0)
        return _residual(truth, "d_x", truth.operator, results["d_x"], 1 - change, noise)
    if "b_bar" in results and truth.condition < MODERATE:
        return _judge_cotangents(truth, results)
    return None


def _judge_cotangents(truth: Truth, results: Any) -> str | None:
    x_bar = (np.arange(truth.b.size) % 7 + 1.0).reshape(truth.b.shape).astype(np.longdouble)
    lam = truth.solution(truth.operator.T, x_bar)
    b_bar = lam if np.iscomplexobj(truth.b) else lam.real
    fault = _near(truth, "b_bar", results["b_bar"], b_bar)
    values_bar = truth.values_bar(lam, truth.solution(truth.operator, truth.b))
    return fault or _near(truth, "values_bar", results["values_bar"], values_bar)


def _judge_norm(truth: Truth, results: Any) -> str | None:
    if not np.isfinite(results["norm"]):
        return f"norm {results['norm']}"
    if truth.condition > MODERATE or truth.spread > MODERATE:
        return None
    x = truth.solution(truth.operator, truth.b)
    norm = np.sqrt((np.abs(x) ** 2).sum())
    if norm > (1e38 if truth.is_single else 1e300):
        return None
    fault = _near(truth, "norm", results["norm"], norm)
    if norm == 0:
        return fault
    lam = truth.solution(truth.operator.T, np.conj(x) / norm)
    return fault or _near(truth, "gradient", results["values_bar"], truth.values_bar(lam, x))


def _near(truth: Truth, name: str, got: Any, expected: Any) -> str | None:
    """Compare relative to the largest entry; digits are lost as the condition number says."""
    if np.shape(got) != np.shape(expected):
        return f"{name} of shape {np.shape(got)}, not {np.shape(expected)}"
    limit = np.finfo(np.float32 if truth.is_single else np.float64)
    largest = np.abs(expected).max(initial=0)
    if largest > limit.max / 1e8 or largest < limit.tiny * 1e8:
        return None
    off = np.abs(got - expected).max(initial=0) / (largest or 1)
    if not off <= _tolerance(truth) * min(truth.condition, MODERATE):
        return f"{name} differs by {float(off):.1e}: {got}, not {expected.astype(complex)}"
    return None


def _residual(truth: Truth, name: str, operator: Any, x: Any, b: Any, noise: Any = 0.0) -> str | None:
    """Normwise backward error of each column, and the size of the residual beside b."""
    if np.shape(x) != np.shape(b):
        return f"{name} of shape {np.shape(x)}, not {np.shape(b)}"
    if not np.isfinite(x).all():
        return f"{name} is not finite: {x}"
    n = truth.case.n
    x, b = x.astype(np.clongdouble).reshape(n, -1), b.astype(np.clongdouble).reshape(n, -1)
    residual = np.abs(operator @ x - b).max(axis=0)
    of_b = np.abs(b).max(axis=0) + noise
    norm = np.abs(operator).sum(axis=1).max()
    size = norm * np.abs(x).max(axis=0)
    limit = np.finfo(np.float32 if truth.is_single else np.float64)
    # XLA takes subnormal numbers for zero.
    smallest = limit.smallest_subnormal if truth.case.front == "numpy" else limit.tiny
    underflow = smallest * n * (1 + norm) * 10
    if (residual > _tolerance(truth) * (size + of_b) + underflow).any():
        return f"backward error of {name}: {float((residual / (size + of_b + underflow)).max()):.1e}"
    if truth.condition < DOUBT and truth.spread < MODERATE and name == "x":
        allowed = max(1e-3, 1e3 * _tolerance(truth) * truth.condition) * of_b + underflow
        if (residual > allowed).any():
            return f"residual of {name} beside b: {float((residual / (of_b + underflow)).max()):.1e}"
    return None


def _judge_product(truth: Truth, results: Any) -> str | None:
    case, n = truth.case, truth.case.n
    if "y" in results:
        return _close("product", results["y"], truth.seen @ truth.b, np.abs(truth.absolute) @ np.abs(truth.b), truth)
    full = {
        "add": lambda: truth.seen + np.eye(n),
        "select": lambda: truth.seen[::-1][::2][:, ::-1][:, ::2],
        "scale": lambda: 2 * truth.seen * (np.arange(n) + 1),
        "dense": lambda: truth.seen,
    }[case.operation]()
    bound = np.abs(full) + 2 * (n + 1) * truth.absolute.max(initial=0)
    fault = _close(case.operation, results["full"], full, bound, truth)
    if fault or "diagonal" not in results:
        return fault
    return _close("diagonal", results["diagonal"], np.diagonal(full), np.diagonal(bound), truth)


def _close(name: str, got: Any, expected: Any, bound: Any, truth: Truth) -> str | None:
    if np.shape(got) != np.shape(expected):
        return f"{name} of shape {np.shape(got)}, not {np.shape(expected)}"
    limit = np.finfo(np.float32 if truth.is_single else np.float64)
    tolerance = 100 * (truth.case.n + 3) * limit.eps * bound + limit.tiny
    far = ~(np.abs(got - expected) <= tolerance) & (bound < limit.max / 100)
    return f"{name} differs: {got[far][:3]}, not {expected[far][:3]}" if far.any() else None
