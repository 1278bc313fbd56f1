"""PARDISO: slots, threads, forks, and the traps that wrappers of it fall into."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from sparsead.backends import pardiso, pardiso_handle
from sparsead.backends.layout import FullLayout, TriangleLayout
from sparsead.backends.pardiso_errors import IndexOverflowError, check
from sparsead.errors import BackendError, NotPositiveDefiniteError, SingularMatrixError
from sparsead.pattern.structure import Structure
from sparsead.testing.backend_cases import backward_error, operator, right_hand_sides
from tests.sparsead.backends.installed import backend_or_skip, case, case_of

INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


@pytest.fixture
def backend():
    return backend_or_skip("pardiso")


def analyze(backend, of):
    return backend.analyze(of.pattern, of.structure, of.values)


def error_of(factorization, of, trans="N"):
    b = right_hand_sides(of, 2, np.random.default_rng(0))
    return backward_error(operator(of.dense, trans), factorization.solve(b, trans), b)


def test_triangle_is_the_upper_one_in_rows_with_every_diagonal_entry():
    of = case("saddle point")
    layout = TriangleLayout(of.pattern, INT32, conjugate=False)
    values = layout.pack(of.values)
    upper = np.zeros_like(of.dense)
    for row in range(layout.n):
        columns = layout.ja[layout.ia[row] : layout.ia[row + 1]]
        assert columns[0] == row, "the diagonal entry comes first, stored in the pattern or not"
        assert (np.diff(columns) > 0).all()
        upper[row, columns] = values[layout.ia[row] : layout.ia[row + 1]]
    assert np.array_equal(upper, np.tril(of.dense).T)


def test_hermitian_triangle_is_conjugated():
    of = case("Hermitian positive definite")
    layout = TriangleLayout(of.pattern, INT32, conjugate=True)
    values = layout.pack(of.values)
    assert np.array_equal(values[: layout.ia[1]], of.dense[0, layout.ja[: layout.ia[1]]])


def test_full_layout_shares_the_arrays_of_the_pattern():
    of = case("convection-diffusion")
    assert FullLayout(of.pattern, INT32).ja is of.pattern.indices
    assert FullLayout(of.pattern, INT32).nbytes == 0
    assert FullLayout(of.pattern, INT64).nbytes > 0


@pytest.mark.parametrize("words", ["saddle point", "Hermitian positive", "complex general", "soft and stiff"])
def test_overflow_of_32_bit_integers_goes_over_to_64(backend, words, monkeypatch):
    true_handle, tried = pardiso.Handle, []

    def overflowing(mkl, layout, *settings):
        tried.append(layout.index)
        if layout.index == INT32:
            check(-8, np.zeros(64, int), mtype=2, n=layout.n)
        return true_handle(mkl, layout, *settings)

    monkeypatch.setattr(pardiso, "Handle", overflowing)
    of = case(words)
    factorization = analyze(backend, of).factorize(of.values)
    assert tried == [INT32, INT64]
    assert factorization.pivots.ratio is None, "MKL cannot read the diagonal of such a handle: it crashes"
    for trans in "NTH":
        assert error_of(factorization, of, trans) < 1e-13


WIDE = """
import numpy as np
from tests.sparsead.backends.installed import ALL, case
from sparsead.testing.backend_cases import backward_error
for words in ("saddle point", "Hermitian positive", "complex general", "soft and stiff"):
    of = case(words)
    factorization = ALL["pardiso"].analyze(of.pattern, of.structure, of.values).factorize(of.values)
    assert factorization.pivots.ratio > 0
    b = np.ones((1, len(of.dense)), of.values.dtype)
    assert backward_error(of.dense, factorization.solve(b), b) < 1e-13, words
"""


def test_interface_of_64_bit_integers(backend):
    """There 32-bit callers corrupt the heap."""
    environment = {**os.environ, "MKL_INTERFACE_LAYER": "ILP64"}
    done = subprocess.run([sys.executable, "-c", WIDE], env=environment, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_slots_run_out_and_come_back(backend, monkeypatch):
    monkeypatch.setattr(pardiso_handle, "_FEWEST_SLOTS", 2)
    monkeypatch.setattr(pardiso_handle, "_MOST_SLOTS", 2)
    of = case("indefinite shifted Laplacian")
    analysis = analyze(backend, of)
    live = [
        (other, analysis.factorize(other.values)) for other in map(of.rescaled, map(np.random.default_rng, range(5)))
    ]
    assert len(analysis._handles) == 3
    assert all(error_of(factorization, other) < 1e-12 for other, factorization in live)
    del live
    gc.collect()
    again = [analysis.factorize(of.values) for _ in range(6)]
    assert len(analysis._handles) == 3, "freed slots are used again before the pattern is analyzed again"
    assert all(error_of(factorization, of) < 1e-12 for factorization in again)


def test_slot_dropped_while_the_handle_is_held_is_freed_later(backend):
    of = case("soft and stiff")
    analysis = analyze(backend, of)
    calls = analysis._handles[0]._calls
    factorization = analysis.factorize(of.values)
    with calls.held():
        del factorization
        gc.collect()
        assert list(calls.given_back), "the finalizer must not wait for the lock of its own thread"
    assert not calls.given_back


def test_dropped_factors_leave_their_memory_to_the_next_that_replaces_them(backend):
    of = case("soft and stiff")
    analysis = analyze(backend, of)
    handle = analysis._handles[0]
    kept, dropped = analysis.factorize(of.values), analysis.factorize(2 * of.values)
    slot, free = dropped._slot, len(handle._free)
    b = right_hand_sides(of, 1, np.random.default_rng(0))
    with analysis.replacing():
        del dropped
        gc.collect()
        successor = analysis.factorize(3 * of.values)
    assert (successor._slot, len(handle._free)) == (slot, free)
    np.testing.assert_allclose(3 * successor.solve(b), kept.solve(b), rtol=1e-10)
    with analysis.replacing():
        del successor
        gc.collect()
    assert len(handle._free) == free + 1


def test_finalizer_in_another_thread_does_not_wait(backend):
    of = case("soft and stiff")
    analysis = analyze(backend, of)
    holder = [analysis.factorize(of.values)]
    with analysis._handles[0]._calls.held():
        thread = threading.Thread(target=holder.clear)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_handle_is_freed_with_its_last_user(backend):
    of = case("soft and stiff")
    analysis = analyze(backend, of)
    factorization = analysis.factorize(of.values)
    calls = analysis._handles[0]._calls
    handle = weakref.ref(analysis._handles[0])
    del analysis
    gc.collect()
    assert handle() is not None
    assert error_of(factorization, of) < 1e-13
    del factorization
    gc.collect()
    assert handle() is None
    assert calls._closed


def test_zeros_on_the_diagonal_are_not_silently_wrong(backend):
    """Default pivoting of symmetric indefinite matrices is wrong by 1e3 here, without an error."""
    of = case("makes diagonal entries zero")
    factorization = analyze(backend, of).factorize(of.values)
    assert error_of(factorization, of) < 1e-14
    eigenvalues = np.linalg.eigvalsh(of.dense)
    assert factorization.inertia() == ((eigenvalues > 0).sum(), (eigenvalues < 0).sum(), 0)


def test_careful_ends_in_a_solve_that_refines(backend):
    """All entries of this matrix are -1, and every matching is as good as any other: matched LU is wrong here."""
    line = [-np.eye(size, k=1) - np.eye(size, k=-1) for size in (40, 44)]
    of = case_of_nonzeros(np.kron(line[0], np.eye(44)) + np.kron(np.eye(40), line[1]), Structure(symmetric=True))
    analysis, errors = analyze(backend, of), []
    while analysis is not None:
        factorization = analysis.factorize(of.values)
        assert not factorization.backward_stable
        errors.append(error_of(factorization, of))
        analysis = analysis.careful(of.values)
    assert len(errors) == 3
    assert errors[-1] < 1e-12


def case_of_nonzeros(full, structure):
    from_full = case_of(full, structure)
    keep = from_full.values != 0
    pattern = type(from_full.pattern)(
        full.shape,
        np.concatenate([[0], np.cumsum((full != 0).sum(axis=0))]),
        from_full.pattern.indices[keep],
    )
    return type(from_full)("nonzeros", pattern, structure, from_full.values[keep], full)


def test_values_stay_only_where_solves_refine(backend):
    of = case("convection-diffusion")
    assert analyze(backend, of).factorize(of.values)._values is None
    perturbed = case("makes diagonal entries zero")
    factorization = analyze(backend, perturbed).factorize(perturbed.values)
    assert factorization.pivots.perturbed > 0
    assert factorization._values is not None


def test_determinant_of_matched_factors_is_not_told(backend):
    of = case("convection-diffusion")
    with pytest.raises(BackendError, match="does not tell the determinant"):
        analyze(backend, of).factorize(of.values).log_abs_det()


def test_zero_matrix_is_singular(backend):
    of = case("convection-diffusion")
    with pytest.raises(SingularMatrixError, match="no pivots other than zero"):
        analyze(backend, of).factorize(0 * of.values)


@pytest.mark.parametrize(
    ("code", "mtype", "kind", "got"),
    [
        (-4, 2, NotPositiveDefiniteError, "a pivot that is not positive in column 6"),
        (-4, 11, SingularMatrixError, "a zero pivot in column 6"),
        (-6, 11, SingularMatrixError, "no pivots other than zero"),
        (-2, 2, BackendError, r"error code -2, matrix of shape \(9, 9\), mtype 2"),
        (-8, 2, IndexOverflowError, "error code -8"),
        (-99, 2, BackendError, "error code -99"),
    ],
)
def test_error_codes(code, mtype, kind, got):
    figures = np.zeros(64, np.int32)
    figures[29] = 7
    with pytest.raises(kind, match=got):
        check(code, figures, mtype=mtype, n=9)


FORKED = """
import os, sys
import numpy as np
from sparsead.errors import BackendError
from tests.sparsead.backends.installed import ALL, case
from sparsead.testing.backend_cases import backward_error
of = case("soft and stiff")
analysis = ALL["pardiso"].analyze(of.pattern, of.structure, of.values)
factorization = analysis.factorize(of.values)
b = np.ones((1, len(of.dense)))
factorization.solve(b)
child = os.fork()
if child == 0:
    try:
        factorization.solve(b)
        os._exit(1)
    except BackendError as error:
        assert "factors belong to another process" in str(error)
    del factorization
    anew = analysis.factorize(of.values)
    os._exit(0 if backward_error(of.dense, anew.solve(b), b) < 1e-13 else 2)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert backward_error(of.dense, factorization.solve(b), b) < 1e-13
sys.exit(code)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("layer", ["INTEL", "GNU"])
def test_forked_process_refuses_old_factors_and_makes_new_ones(backend, layer):
    """With two threads and GNU's pool a forked child would hang in its first parallel loop."""
    environment = {**os.environ, "MKL_THREADING_LAYER": layer, "MKL_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", FORKED], env=environment, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


LIVE_AT_EXIT = """
import threading, numpy as np
from tests.sparsead.backends.installed import ALL, case
of = case("soft and stiff")
analysis = ALL["pardiso"].analyze(of.pattern, of.structure, of.values)
kept = [analysis.factorize(of.values) for _ in range(5)]
def work():
    while True:
        kept[0].solve(np.ones((1, len(of.dense))))
threading.Thread(target=work, daemon=True).start()
"""


def test_interpreter_exits_with_live_factorizations_and_a_busy_thread(backend):
    done = subprocess.run([sys.executable, "-c", LIVE_AT_EXIT], timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_import_loads_no_mkl():
    program = (
        "import sparsead.backends.pardiso; from pathlib import Path; "
        "print('mkl' in Path('/proc/self/maps').read_text())"
    )
    if not Path("/proc/self/maps").exists():
        pytest.skip("only Linux tells which libraries are loaded")
    done = subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_threads_of_mkl_are_left_alone(backend):
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("only Linux tells which libraries are loaded")
    path = next(line.split()[-1] for line in maps.read_text().splitlines() if "libmkl_rt" in line)
    threads = ctypes.CDLL(path).MKL_Get_Max_Threads
    before = threads()
    of = case("soft and stiff")
    analyze(backend, of).factorize(of.values)
    assert threads() == before
