"""cvxopt: its factors stay, its settings do not count, failures have their column, long columns cost no square."""

from __future__ import annotations

import gc
import types

import numpy as np
import pytest

from sparsead.backends import cvxopt_matrices
from sparsead.errors import BackendError, NotPositiveDefiniteError, SingularMatrixError
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from tests.sparsead.backends.installed import backend_or_skip, case, case_of

DEFINITE = Structure(symmetric=True, positive_definite=True)


@pytest.fixture
def backend():
    return backend_or_skip("cvxopt")


@pytest.fixture
def cvxopt(backend):
    import cvxopt.cholmod
    import cvxopt.umfpack

    return cvxopt


def analyze(backend, of):
    return backend.analyze(of.pattern, of.structure, of.values)


def arrow(n):
    """Pattern and values of ones: the first row, the first column, and the diagonal."""
    rows = np.concatenate([np.arange(n), np.arange(1, n), np.zeros(n - 1, int)])
    cols = np.concatenate([np.arange(n), np.zeros(n - 1, int), np.arange(1, n)])
    pattern, _ = from_triplets(rows, cols, (n, n))
    return pattern, np.ones(pattern.size)


def random_definite(n, kind=float):
    rng = np.random.default_rng(0)
    full = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if kind is complex else 0)
    return case_of(full @ full.conj().T + n * np.eye(n), Structure(positive_definite=True))


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("column", [0, 17, 39])
def test_column_is_that_of_the_matrix_not_of_the_elimination(backend, kind, column):
    """CHOLMOD eliminates the first dof, which touches all others, last."""
    n = 40
    pattern, values = arrow(n)
    values = values.astype(kind)
    values[pattern.diagonal] = 8
    values[pattern.diagonal[column]] = -1
    with pytest.raises(NotPositiveDefiniteError, match=rf"in column {column}\n") as caught:
        backend.analyze(pattern, DEFINITE, values).factorize(values)
    assert caught.value.column == column


@pytest.mark.parametrize("words", ["soft and stiff", "Hermitian positive definite"])
def test_settings_of_the_process_do_not_count_and_stay(backend, cvxopt, words, monkeypatch):
    """L D L^H would go on after a negative pivot, and not tell its pivots."""
    theirs = {"supernodal": 0, "postorder": False}
    monkeypatch.setattr(cvxopt.cholmod, "options", theirs)
    of = case(words)
    analysis = analyze(backend, of)
    assert 0 < analysis.factorize(of.values).pivots.ratio <= 1
    with pytest.raises(NotPositiveDefiniteError):
        analysis.factorize(-of.values)
    assert cvxopt.cholmod.options is theirs
    assert theirs == {"supernodal": 0, "postorder": False}


def test_imaginary_rounding_on_the_diagonal_is_not_indefinite(backend):
    of = random_definite(12, complex)
    values = of.values.copy()
    values[of.pattern.diagonal] += 1e-16j
    b = np.ones((1, 12), complex)
    assert np.allclose(analyze(backend, of).factorize(values).solve(b), np.linalg.solve(of.dense, b[0]), rtol=1e-12)


def test_dropped_factors_leave_their_memory_to_the_next_that_replaces_them(backend):
    of = random_definite(200)
    analysis = analyze(backend, of)
    kept, dropped = analysis.factorize(of.values), analysis.factorize(2 * of.values)
    factor, nbytes = id(dropped._factor), dropped.nbytes
    with analysis.replacing():
        del dropped
        gc.collect()
        successor = analysis.factorize(3 * of.values)
    assert id(successor._factor) == factor
    assert successor.nbytes == nbytes
    b = np.random.default_rng(0).normal(size=(2, 200))
    np.testing.assert_allclose(3 * successor.solve(b), kept.solve(b), rtol=1e-10)
    with analysis.replacing():
        assert analysis._dropped.take() is None, "nothing stays outside"


@pytest.mark.parametrize("words", ["soft and stiff", "convection-diffusion"])
def test_factors_tell_their_bytes(backend, words):
    of = case(words)
    factorization = analyze(backend, of).factorize(of.values)
    least = np.count_nonzero(np.tril(of.dense)) * 8
    assert least <= factorization.nbytes <= 200 * least


@pytest.mark.parametrize("kind", [float, complex])
def test_zero_pivot_of_lu_is_a_singular_matrix(backend, kind):
    full = np.eye(6, dtype=kind) * 2
    full[4, 4] = 0
    of = case_of(full, Structure())
    with pytest.raises(SingularMatrixError, match="a zero pivot"):
        analyze(backend, of).factorize(of.values)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("n", [3, cvxopt_matrices._LONG_COLUMN + 50])
def test_stored_entries_keep_their_order_zeros_too(backend, cvxopt, n, dtype):
    """Values are written by place: an entry dropped or moved would be another matrix."""
    pattern, _ = arrow(n)
    made = cvxopt_matrices.sparse(cvxopt, pattern.indices, np.diff(pattern.indptr), np.dtype(dtype))
    made = cvxopt_matrices.with_values(made, cvxopt_matrices.vector(cvxopt, np.zeros(pattern.size, dtype)))
    starts, found, values = made.CCS
    assert np.array_equal(np.ravel(starts), pattern.indptr)
    assert np.array_equal(np.ravel(found), pattern.indices)
    assert np.ravel(values).dtype == dtype


def test_a_full_column_costs_no_square(cvxopt):
    """Cvxopt searches the triplets of a column for each of them, so that it must be given no long one."""
    n = 4 * cvxopt_matrices._LONG_COLUMN
    pattern, _ = arrow(n)
    longest = []

    def counting(values, i, j, *rest):
        longest.append(np.bincount(np.ravel(j)).max())
        return cvxopt.spmatrix(values, i, j, *rest)

    library = types.SimpleNamespace(matrix=cvxopt.matrix, spmatrix=counting)
    made = cvxopt_matrices.sparse(library, pattern.indices, np.diff(pattern.indptr), np.dtype(float))
    assert np.array_equal(np.ravel(made.CCS[1]), pattern.indices)
    assert max(longest) <= cvxopt_matrices._LONG_COLUMN


@pytest.mark.parametrize("structure", [Structure(), DEFINITE])
@pytest.mark.parametrize(
    ("error", "got"),
    [(MemoryError(), "MemoryError: , on a matrix"), (ValueError("UMFPACK ERROR -911"), "ValueError: UMFPACK ERR")],
)
def test_other_failures_of_the_library_are_backend_errors(backend, cvxopt, structure, error, got, monkeypatch):
    def fail(*_):
        raise error

    of = random_definite(5)
    analysis = backend.analyze(of.pattern, structure, of.values)
    monkeypatch.setattr(cvxopt.cholmod, "numeric", fail)
    monkeypatch.setattr(cvxopt.umfpack, "numeric", fail)
    with pytest.raises(BackendError, match=got):
        analysis.factorize(of.values)


def test_more_entries_than_32_bits_count_are_refused(backend, monkeypatch):
    of = random_definite(5)
    monkeypatch.setattr(Pattern, "size", 2**31)
    with pytest.raises(BackendError, match="got:      2147483648 stored entries"):
        analyze(backend, of)
