"""Laws of a backend beyond one right solution: threads, errors, memory."""

from __future__ import annotations

import ctypes
import gc
import threading
from pathlib import Path

import numpy as np

from sparsead.backends.backend import Analysis, Backend, Trans
from sparsead.errors import NotPositiveDefiniteError, SingularMatrixError
from sparsead.pattern.structure import GENERAL, Structure
from sparsead.testing.backend_cases import Case, backward_error, demand, operator, right_hand_sides
from sparsead.testing.problems import POSITIVE_DEFINITE, from_dense, plate

_TRANS: tuple[Trans, ...] = ("N", "T", "H")
_THREADS, _ROUNDS = 4, 6
_ACCURATE = 1e-9
_BAD_DOF = 11
_FACTORIZATIONS = 50
_SHARE_LOST = 0.25


def check_threads(backend: Backend, case: Case) -> None:
    """Threads solve with one factorization, with their own, and factorize, all of one analysis: all answers right."""
    analysis = backend.analyze(case.pattern, case.structure, case.values)
    variants = [case.rescaled(np.random.default_rng(k)) for k in range(_THREADS)]
    shared = [(variant, analysis.factorize(variant.values)) for variant in variants]
    faults: list[str] = []
    start = threading.Barrier(_THREADS)

    def work(number: int) -> None:
        rng = np.random.default_rng(number)
        start.wait()
        for step in range(_ROUNDS):
            of, factorization = shared[(number * (step % 2) + step) % _THREADS]
            if step % 3 == 2:
                factorization = analysis.factorize(of.values)
            trans = _TRANS[step % 3]
            b = right_hand_sides(of, 1 + step % 2, rng)
            error = backward_error(operator(of.dense, trans), factorization.solve(b, trans), b)
            if not error <= _ACCURATE:
                faults.append(f"solve {trans!r} in one of {_THREADS} threads is wrong by {error:.1e}")

    def guarded(number: int) -> None:
        try:
            work(number)
        except Exception as error:
            faults.append(f"a thread raised {type(error).__name__}: {error}")

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    demand(not faults, backend, case, faults[0] if faults else "")


def check_errors(backend: Backend) -> None:
    """A pivot that is not positive, or zero, is an error with the right place; what was analyzed stays usable."""
    for is_complex in (False, True):
        if backend.supports(POSITIVE_DEFINITE, is_complex=is_complex):
            for pivot in (-1.0, 0.0):
                _check_not_positive_definite(backend, pivot, is_complex=is_complex)
        if backend.supports(GENERAL, is_complex=is_complex):
            _check_singular(backend, is_complex=is_complex)


def _with_lonely_dof(structure: Structure, *, is_complex: bool) -> Case:
    """A plate in which one dof is coupled to no other, so that every ordering meets its pivot by itself."""
    full = plate(6) * (1 + 0j if is_complex else 1)
    full[_BAD_DOF], full[:, _BAD_DOF] = 0, 0
    full[_BAD_DOF, _BAD_DOF] = 1
    return Case.of(from_dense("plate with a dof of its own", full, structure))


def _check_not_positive_definite(backend: Backend, pivot: float, *, is_complex: bool) -> None:
    case = _with_lonely_dof(POSITIVE_DEFINITE, is_complex=is_complex)
    analysis = backend.analyze(case.pattern, case.structure, case.values)
    values = case.values.copy()
    values[case.pattern.diagonal[_BAD_DOF]] = pivot
    try:
        analysis.factorize(values)
    except NotPositiveDefiniteError as error:
        column = getattr(error, "column", None)
        demand(
            column == _BAD_DOF, backend, case,
            f"NotPositiveDefiniteError.column = {column}, but the pivot {pivot} stands in column {_BAD_DOF}",
        )  # fmt: skip
    else:
        demand(False, backend, case, f"the pivot {pivot} of a matrix declared positive definite raised no error")
    _check_usable(backend, case, analysis)


def _check_singular(backend: Backend, *, is_complex: bool) -> None:
    """A row and column of stored zeros: an error that names no other dof, or a pivot that gives it away."""
    case = _with_lonely_dof(GENERAL.on(is_complex=is_complex), is_complex=is_complex)
    analysis = backend.analyze(case.pattern, case.structure, case.values)
    values = case.values.copy()
    values[case.pattern.diagonal[_BAD_DOF]] = 0
    try:
        pivots = analysis.factorize(values).pivots
    except SingularMatrixError as error:
        dof = getattr(error, "dof", None)
        demand(dof in (None, _BAD_DOF), backend, case, f"SingularMatrixError.dof = {dof}, not {_BAD_DOF}")
    else:
        seen = pivots.perturbed > 0 or (pivots.ratio is not None and pivots.ratio < np.finfo(float).eps)
        demand(seen, backend, case, f"a singular matrix raised no error, and its pivots do not show it: {pivots}")
    _check_usable(backend, case, analysis)


def _check_usable(backend: Backend, case: Case, analysis: Analysis) -> None:
    b = right_hand_sides(case, 1, np.random.default_rng(0))
    error = backward_error(case.dense, analysis.factorize(case.values).solve(b), b)
    demand(error <= _ACCURATE, backend, case, f"after an error the next factorization is wrong by {error:.1e}")


def check_memory(backend: Backend) -> None:
    """Dropped factorizations give their memory back. Looked at on Linux, where a process can see its own memory."""
    structure = next((s for s in (POSITIVE_DEFINITE, GENERAL) if backend.supports(s, is_complex=False)), None)
    if structure is None or _resident() is None:
        return
    case = Case.of(from_dense("plate, again and again", plate(16), structure))
    analysis = backend.analyze(case.pattern, case.structure, case.values)
    b = right_hand_sides(case, 1, np.random.default_rng(0))

    def factorize_and_drop() -> int:
        given = 0
        for _ in range(_FACTORIZATIONS):
            factorization = analysis.factorize(case.values)
            factorization.solve(b)
            given += factorization.nbytes
        del factorization
        gc.collect()
        return given

    factorize_and_drop()
    before = _resident() or 0
    given = factorize_and_drop()
    lost = (_resident() or 0) - before
    demand(
        lost <= _SHARE_LOST * given, backend, case,
        f"after {_FACTORIZATIONS} dropped factorizations {lost} of {given} bytes are not given back",
    )  # fmt: skip


def _resident() -> int | None:
    """Bytes of this process in memory, None where the system does not tell in this way.

    The C library keeps what was freed for what comes next, which would hide a loss: it is asked to give it back first.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
