"""Judge what the library made of a case: an error that is due, or an answer that the dense matrix confirms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.execute import Outcome
from tests.fuzz.generate import Case
from tests.fuzz.location import WIDE, misplaced
from tests.fuzz.reference import LAST_PLACES, Ball, exact, product
from tests.fuzz.truth import Truth

FOUR_LINES = ("\n  expected: ", "\n  got:      ", "\n  fix:      ")
SOLVES = ("solve", "vjp", "jvp", "norm", "factorize", "lanes")
DOUBT = 2e-5  # scaled condition number, times the rounding of the factors, up to which no solve may be refused
HOPELESS = 1e17  # and from which none may be answered
UNITS = 1e7  # entries further apart than this may make PARDISO replace the small ones
BACKWARD = 2e-12  # backward error that the factor store promises, in another norm
RANGE = 1e8  # this near to the largest number, intermediate ones overflow


def judge(truth: Truth, outcome: Outcome) -> str | None:
    """Return what is wrong with an outcome, None if nothing is."""
    return _judge_error(truth, outcome.error) if outcome.error is not None else _judge_answer(truth, outcome.results)


def _judge_error(truth: Truth, error: Any) -> str | None:
    if isinstance(error, RuntimeWarning) and truth.case.operation in ("vjp", "jvp", "norm") and truth.may_overflow:
        return None  # NumPy says that a derivative is out of range
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    if not all(line in text for line in FOUR_LINES):
        return f"not an error of four lines: {type(error).__name__}: {text[:2000]}"
    known = _due(truth)
    name = next((name for name in sorted(known) if name in text or type(error).__name__ == name), None)
    if name is None:
        lines = text[text.rfind("\n", 0, text.index(FOUR_LINES[0])) + 1 :].splitlines()[:5]
        return f"error is not due (condition {truth.condition:.1e}): {type(error).__name__}: {lines}"
    return misplaced(truth, name, text)


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
    if truth.condition * truth.rounding > DOUBT or not truth.structural_rank_is_full or truth.spread > WIDE:
        due |= {"SingularMatrixError", "NotPositiveDefiniteError"}
    if "positive_definite" in case.declared and truth.definiteness < 1e-11:
        due |= {"NotPositiveDefiniteError", "SingularMatrixError"}
    if truth.spread > WIDE or truth.may_overflow:
        due.add("NonFiniteError")
    if case.front != "numpy" and truth.has_subnormal:
        due |= {"SingularMatrixError", "NotPositiveDefiniteError"}  # XLA takes them for zero
    if case.backend == "pardiso" and truth.spread > UNITS:
        due.add("SingularMatrixError")
    if case.backend == "triangular" and "triangular" not in case.declared:
        due.add("BackendError")
    if case.backend in ("pardiso", "cholmod", "umfpack", "cvxopt", "banded") and _refuses(case):
        due.add("BackendError")
    return due


def _refuses(case: Case) -> bool:
    """Whether a backend may say that it does not do this structure or this precision."""
    return case.precision == "single" or "triangular" in case.declared or case.backend in ("cholmod", "banded")


def _judge_answer(truth: Truth, results: Any) -> str | None:
    case = truth.case
    dead = _may_die(case) and (np.isnan(results["x"]).any() or not truth.b.any())
    if "twin" in results and (fault := _judge_lanes(truth, results)):
        return fault
    dies = dead and case.fault in ("value_not_finite", "b_not_finite")
    if case.fault and not dies and case.fault != "mirror_changed":  # of that one the asymmetry decides, below
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
    if truth.least_condition > HOPELESS and np.any(truth.b != 0):
        return f"answered a singular matrix (condition {truth.least_condition:.1e}): {str(results)[:300]}"
    if truth.scaled_inverse is None or (case.front != "numpy" and truth.has_subnormal):
        return None
    return _judge_norm(truth, results) if case.operation == "norm" else _judge_solutions(truth, results)


def _may_die(case: Case) -> bool:
    """Whether NaN stands for an error."""
    return case.on_singular == "nan" and case.operation in ("solve", "vjp", "jvp", "lanes")


def _judge_lanes(truth: Truth, results: Any) -> str | None:
    """Lanes of one matrix give one answer, whatever the lane between them died of."""
    if not np.array_equal(results["x"], results["twin"], equal_nan=True):
        return f"two lanes of one matrix differ: {results['x']}, {results['twin']}"
    if truth.b.size == 0:
        return None
    dead = results["dead"].reshape(truth.case.n, -1)
    zero = (truth.b.reshape(truth.case.n, -1) == 0).all(axis=0)
    if len(truth.values) and not (np.isnan(dead).all(axis=0) == ~zero).all():
        return f"a lane with NaN in its values gives {results['dead']}"
    return None


def _judge_nan(truth: Truth, x: Any) -> str | None:
    b = np.asarray(truth.case.b) if truth.case.fault == "b_not_finite" else truth.b
    if not b.any():
        return "a solution other than zero of b = 0" if x.any() else None
    if not _due(truth) - {"BackendError"}:
        return "NaN for a matrix that can be solved with"
    columns = x.reshape(truth.case.n, -1)
    dead = np.isnan(columns).all(axis=0)
    zero = (b.reshape(truth.case.n, -1) == 0).all(axis=0)
    return None if np.array_equal(dead, ~zero) else "NaN in some entries only"


def _judge_solutions(truth: Truth, results: Any) -> str | None:
    x = truth.reference.solve(truth.load)
    fault = _backward(truth, results["x"]) or _compare(truth, "x", results["x"], x)
    if fault:
        return fault
    if "d_x" in results:
        return _judge_tangent(truth, results["d_x"], x)
    if "b_bar" not in results:
        return None
    x_bar = (np.arange(truth.b.size) % 7 + 1.0).reshape(truth.b.shape).astype(np.longdouble)
    lam = truth.adjoint.solve(exact(x_bar))
    b_bar = lam if np.iscomplexobj(truth.b) else Ball(lam.center.real, lam.radius)
    fault = _compare(truth, "b_bar", results["b_bar"], b_bar)
    return fault or _compare(truth, "values_bar", results["values_bar"], truth.values_bar(lam, x))


def _judge_tangent(truth: Truth, got: Any, x: Ball) -> str | None:
    change = product(exact(truth.moved), x)
    rounding = LAST_PLACES * truth.limits.eps * (1 + np.abs(truth.moved) @ np.abs(x.center)) + truth.limits.tiny
    d_x = truth.reference.solve(Ball(1 - change.center, change.radius + rounding))
    if _may_die(truth.case) and np.isnan(got).any():
        return None if _out_of_range(d_x, truth.limits) else "NaN in the tangent"
    return _compare(truth, "d_x", got, d_x)


def _judge_norm(truth: Truth, results: Any) -> str | None:
    x = truth.reference.solve(truth.load)
    norm = np.sqrt((np.abs(x.center) ** 2).sum())
    off = np.sqrt((x.radius**2).sum())
    fault = _compare(truth, "norm", results["norm"], Ball(norm, off))
    if fault or norm == 0:
        return fault or ("gradient at zero" if np.any(results["values_bar"]) else None)
    if norm < 4 * off:
        return None
    direction = Ball(np.conj(x.center) / norm, 4 * (x.radius + np.abs(x.center) * (off / norm)) / norm)
    lam = truth.adjoint.solve(direction)
    return _compare(truth, "gradient", results["values_bar"], truth.values_bar(lam, x))


def _out_of_range(ball: Ball, limit: Any) -> bool:
    return bool((np.abs(ball.center) + ball.radius > float(limit.max) / RANGE).any())


def _compare(truth: Truth, name: str, got: Any, expected: Ball) -> str | None:
    """Compare entry by entry with the bounds of the reference."""
    if np.shape(got) != np.shape(expected.center):
        return f"{name} of shape {np.shape(got)}, not {np.shape(expected.center)}"
    limit = np.finfo(got.dtype)
    if _out_of_range(expected, limit):
        return None
    allowed = expected.radius + LAST_PLACES * limit.eps * np.abs(expected.center) + 2 * limit.tiny
    far = ~(np.abs(got - expected.center) <= allowed)
    if not far.any():
        return None
    at = np.unravel_index(int(np.argmax(far)), far.shape)
    return (
        f"{name}{[int(i) for i in at]} = {got[at]}, not {complex(expected.center[at])} "
        f"within {float(allowed[at]):.1e} (condition {truth.condition:.1e})"
    )


def _backward(truth: Truth, x: Any) -> str | None:
    """Check the shape, that all is finite, and the backward error of each column in the largest row sums."""
    if np.shape(x) != np.shape(truth.b):
        return f"x of shape {np.shape(x)}, not {np.shape(truth.b)}"
    if not np.isfinite(x).all():
        return f"x is not finite: {x}"
    n, operator = truth.case.n, truth.operator
    x, b = x.astype(np.clongdouble).reshape(n, -1), truth.b.reshape(n, -1)
    residual = np.abs(operator @ x - b).max(axis=0)
    norm = np.abs(operator).sum(axis=1).max()
    size = norm * np.abs(x).max(axis=0) + np.abs(b).max(axis=0)
    roundings = LAST_PLACES * (truth.limits.eps + (np.finfo(np.float32).eps if truth.loses_digits else 0))
    lost = truth.smallest * n * (1 + norm) * 10
    if (residual > max(BACKWARD, roundings) * size + lost).any():
        return f"backward error of x: {float((residual / (size + lost)).max()):.1e}"
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
    limit = truth.limits
    tolerance = 100 * (truth.case.n + 3) * limit.eps * bound + limit.tiny
    far = ~(np.abs(got - expected) <= tolerance) & (bound < limit.max / 100)
    return f"{name} differs: {got[far][:3]}, not {expected[far][:3]}" if far.any() else None
