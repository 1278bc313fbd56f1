"""check_backend: whether a factorization library obeys the laws of `sparsead.backends.backend`."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.backends.backend import Analysis, Backend, Factorization, Trans
from sparsead.backends.shown import Shown
from sparsead.errors import BackendError
from sparsead.testing.backend_cases import Case, backward_error, demand, operator, right_hand_sides
from sparsead.testing.backend_life import check_errors, check_memory, check_threads
from sparsead.testing.problems import Problem, hard_problems

# Backward error, relative to |A| |x| + |b|: rounding, with the growth that threshold pivoting allows.
_ACCURATE = 1e-12
# Determinants and inertias come from pivots, which lose digits by growth, not by the condition.
_SAME_LOG_DET = 1e-7
_TRANS: tuple[Trans, ...] = ("N", "T", "H")
_COUNTS = (0, 1, 3)


def check_backend(backend: Backend, problems: Sequence[Problem] | None = None, *, seed: int = 0) -> None:
    """Raise `AssertionError` unless a backend obeys the laws on every problem that it supports.

    Solutions of A, its transpose and its conjugate transpose against a dense oracle for 0, 1 and 3 right-hand sides;
    immutable factorizations that live together and are freed alone; values and right-hand sides neither changed nor
    kept; threads; errors with their column; determinant and inertia where they are told; memory given back.

    Parameters
    ----------
    backend : Backend
        What to check; its library must be installed.
    problems : sequence of Problem, optional
        By default `hard_problems`. Those that are rectangular or not supported are passed over.
    seed : int
        Of the random numbers.

    Raises
    ------
    AssertionError
        Which law is broken, on which problem.
    ValueError
        If the backend supports none of the problems, so that nothing would be checked.

    Examples
    --------
    >>> from sparsead.backends.dense import Dense
    >>> check_backend(Dense())
    """
    problems = hard_problems(seed) if problems is None else problems
    cases = [Case.of(problem) for problem in problems if problem.is_square]
    cases = [case for case in cases if backend.supports(case.structure, is_complex=case.is_complex)]
    if not cases:
        raise ValueError(f"backend {backend.name!r} supports none of the problems")
    for case in cases:
        rng = np.random.default_rng(seed)
        check_solutions(backend, case, rng)
        check_values_untouched(backend, case, rng)
        check_live_together(backend, case, rng)
        check_figures(backend, case)
    for case in (cases[len(cases) // 2], cases[-1]):
        check_threads(backend, case)
    check_errors(backend)
    check_memory(backend)


def accurate(backend: Backend, case: Case) -> tuple[Analysis, Factorization]:
    """Return the first analysis whose factorization is accurate; all must be, where stability is declared.

    A backend without that guarantee may be inaccurate, but a more careful analysis must mend it.
    """
    analysis: Analysis | None = backend.analyze(case.pattern, case.structure, case.values)
    b = right_hand_sides(case, 1, np.random.default_rng(0))
    error = np.inf
    while analysis is not None:
        factorization = analysis.factorize(case.values.copy())
        error = backward_error(case.dense, factorization.solve(b.copy()), b)
        if error <= _ACCURATE:
            return analysis, factorization
        demand(
            not factorization.backward_stable, backend, case,
            f"backward_stable is True, but the backward error is {error:.1e}",
        )  # fmt: skip
        analysis = analysis.careful(case.values)
    raise AssertionError(f"{backend.name} on {case.name!r}: the backward error is {error:.1e}, careful() or not")


def check_solutions(backend: Backend, case: Case, rng: np.random.Generator) -> None:
    """Every op(A), every number of right-hand sides, twice: right, new arrays, b unchanged."""
    _, factorization = accurate(backend, case)
    for trans, count in itertools.product(_TRANS, _COUNTS):
        b = right_hand_sides(case, count, rng)
        before = b.copy()
        b.flags.writeable = False
        what = f"solve(b of shape {b.shape}, {trans!r})"
        x, again = factorization.solve(b, trans), factorization.solve(b, trans)
        demand(np.array_equal(b, before), backend, case, f"{what} changed b")
        demand(x.shape == b.shape, backend, case, f"{what} has shape {x.shape}, not {b.shape}")
        demand(x.dtype == b.dtype, backend, case, f"{what} has dtype {x.dtype}, not {b.dtype}")
        demand(x.flags.writeable, backend, case, f"{what} is read-only")
        demand(not np.shares_memory(x, b), backend, case, f"{what} shares memory with b")
        demand(not np.shares_memory(x, again), backend, case, f"{what} twice gives one array")
        for one in (x, again):
            error = backward_error(operator(case.dense, trans), one, b)
            demand(error <= _ACCURATE, backend, case, f"{what} has backward error {error:.1e}")
        _check_against_oracle(backend, case, x, b, trans)


def _check_against_oracle(backend: Backend, case: Case, x: NDArray[Any], b: NDArray[Any], trans: Trans) -> None:
    full = operator(case.dense, trans)
    oracle = np.linalg.solve(full, b.T).T
    allowed = 100 * _ACCURATE * np.linalg.cond(full) * np.linalg.norm(oracle)
    gap = float(np.linalg.norm(x - oracle))
    demand(gap <= allowed, backend, case, f"solve {trans!r} differs from the dense oracle by {gap:.1e}")


def check_values_untouched(backend: Backend, case: Case, rng: np.random.Generator) -> None:
    """Factorize neither changes nor keeps the values, and takes read-only ones."""
    analysis, _ = accurate(backend, case)
    values = case.values.copy()
    values.flags.writeable = False
    factorization = analysis.factorize(values)
    demand(np.array_equal(values, case.values), backend, case, "factorize changed the values")
    values.flags.writeable = True
    values[:] = np.nan
    b = right_hand_sides(case, 2, rng)
    error = backward_error(case.dense, factorization.solve(b), b)
    demand(error <= _ACCURATE, backend, case, "factorize keeps a reference to the values: overwriting them shows")
    kept = weakref.ref(values)
    del values
    gc.collect()
    demand(kept() is None, backend, case, "factorize keeps a reference to the values: they are not freed")


def check_live_together(backend: Backend, case: Case, rng: np.random.Generator) -> None:
    """Several factorizations of one analysis: none disturbs another, each is freed alone, all outlive the analysis."""
    analysis, first = accurate(backend, case)
    others = [case.rescaled(np.random.default_rng(k)) for k in range(3)]
    live: list[tuple[Case, Factorization | None]] = [(case, first)]
    del first
    live += [(other, analysis.factorize(other.values)) for other in others]

    def check(when: str) -> None:
        for of, factorization in live:
            if factorization is None:
                continue
            for trans in _TRANS:
                b = right_hand_sides(of, 1, rng)
                error = backward_error(operator(of.dense, trans), factorization.solve(b, trans), b)
                demand(error <= 1e3 * _ACCURATE, backend, case, f"{when}, solve {trans!r} is wrong by {error:.1e}")

    check("with several factorizations alive")
    live[1] = (live[1][0], None)
    gc.collect()
    check("after another factorization was dropped")
    live[1] = (case, analysis.factorize(case.values))
    check("after one more factorization")
    del analysis
    gc.collect()
    check("after the analysis was dropped")


def check_figures(backend: Backend, case: Case) -> None:
    """Bytes, pivots, and where the library tells them determinant, factors and inertia."""
    analysis, factorization = accurate(backend, case)
    least = len(case.dense) * case.values.itemsize
    demand(factorization.nbytes >= least, backend, case, f"nbytes = {factorization.nbytes}, less than a vector")
    demand(analysis.nbytes >= 0, backend, case, f"the analysis has nbytes = {analysis.nbytes}")
    ratio = factorization.pivots.ratio
    demand(ratio is None or 0 < ratio <= 1, backend, case, f"pivots.ratio = {ratio}")
    log_abs_det = _told(factorization.log_abs_det)
    if log_abs_det is not None:
        oracle = float(np.linalg.slogdet(case.dense)[1])
        gap = abs(log_abs_det - oracle)
        demand(gap <= _SAME_LOG_DET * (1 + abs(oracle)), backend, case, f"log_abs_det() = {log_abs_det}, not {oracle}")
    phase = _told(factorization.phase)
    if phase is not None:
        oracle = np.linalg.slogdet(case.dense)[0]
        demand(abs(phase - oracle) <= _SAME_LOG_DET, backend, case, f"phase() = {phase}, not {oracle}")
    _check_shown(backend, case, factorization.shown())
    inertia = _told(factorization.inertia)
    if inertia is not None:
        eigenvalues = np.linalg.eigvalsh(case.dense)
        counts = int((eigenvalues > 0).sum()), int((eigenvalues < 0).sum()), int((eigenvalues == 0).sum())
        demand(tuple(inertia) == counts, backend, case, f"inertia() = {inertia}, not {counts}")


def _check_shown(backend: Backend, case: Case, shown: Shown | None) -> None:
    """Factors that are shown multiply to the matrix, its rows and columns in their order."""
    if shown is None:
        return
    lower = shown.lower.toarray()
    product = lower @ (lower.conj().T if shown.upper is None else shown.upper.toarray())
    gap = np.abs(product[np.ix_(shown.row_place, shown.col_place)] - case.dense).max()
    bound = _SAME_LOG_DET * np.abs(lower).max() * np.abs(product).max()
    demand(gap <= bound, backend, case, f"shown() multiplies to a matrix {gap:.1e} from A")


def _told(figure: Any) -> Any:
    """What the library tells, None where it does not."""
    try:
        return figure()
    except BackendError:
        return None
