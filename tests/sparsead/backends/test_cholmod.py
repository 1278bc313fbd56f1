"""CHOLMOD over both versions of scikit-sparse; the one that is not installed through a stand-in."""

from __future__ import annotations

import gc
import types
import warnings

import numpy as np
import pytest

from sparsead.backends import cholmod, reference_blas
from sparsead.backends.allocated import allocated
from sparsead.errors import BackendError, NotPositiveDefiniteError
from sparsead.pattern.structure import Structure
from sparsead.testing import check_backend
from tests.sparsead.backends import standin_cholmod as standin
from tests.sparsead.backends.installed import backend_or_skip, case, case_of


@pytest.fixture
def backend():
    return backend_or_skip("cholmod")


def analyze(backend, of):
    return backend.analyze(of.pattern, of.structure, of.values)


def test_small_indefinite_matrix_is_found(backend):
    """Small problems are factorized as L D L^H, which does not stop at negative pivots."""
    of = case("indefinite shifted Laplacian")
    positive = type(of.structure)(positive_definite=True)
    with pytest.raises(NotPositiveDefiniteError, match=r"a pivot that is not positive in column \d+"):
        backend.analyze(of.pattern, positive, of.values).factorize(of.values)


def test_factors_tell_their_bytes(backend):
    of = case("soft and stiff")
    factorization = analyze(backend, of).factorize(of.values)
    least = np.count_nonzero(np.tril(of.dense)) * 8
    assert least <= factorization.nbytes <= 100 * least


def test_the_heap_is_walked_for_the_first_factors_only(backend, monkeypatch):
    of, calls = case("soft and stiff"), []
    analysis = analyze(backend, of)
    monkeypatch.setattr("sparsead.backends.cholmod.allocated", lambda: calls.append(1) or allocated())
    first, second = analysis.factorize(of.values), analysis.factorize(2 * of.values)
    assert len(calls) == 1
    assert first.nbytes == second.nbytes


@pytest.mark.parametrize("supernodal", [False, True])
def test_dropped_factors_leave_their_memory_to_the_next_that_replaces_them(backend, supernodal):
    full = np.random.default_rng(0).normal(size=(300, 300))
    definite = Structure(positive_definite=True)
    of = case_of(full @ full.T + 300 * np.eye(300), definite) if supernodal else case("soft and stiff")
    analysis = analyze(backend, of)
    kept, dropped = analysis.factorize(of.values), analysis.factorize(2 * of.values)
    factor, nbytes = id(dropped._numeric._factor), dropped.nbytes
    with analysis.replacing():
        del dropped
        gc.collect()
        successor = analysis.factorize(3 * of.values)
    assert id(successor._numeric._factor) == factor
    assert successor.nbytes == nbytes
    b = np.random.default_rng(0).normal(size=(2, of.pattern.shape[0]))
    np.testing.assert_allclose(3 * successor.solve(b), kept.solve(b), rtol=1e-10)
    with analysis.replacing():
        assert analysis._symbolic._dropped.take() is None, "nothing stays outside"
        del kept
        gc.collect()
        with pytest.raises(NotPositiveDefiniteError):
            analysis.factorize(-of.values)
    assert analysis._symbolic._dropped.take() is None


def test_other_failures_of_the_library_are_backend_errors(backend, monkeypatch):
    of = case("soft and stiff")
    analysis = analyze(backend, of)

    def fail(values):
        raise cholmod.load().CholmodError("out of luck")

    monkeypatch.setattr(analysis._symbolic, "factorize", fail)
    with pytest.raises(BackendError, match="CholmodError: out of luck, on a matrix of shape"):
        analysis.factorize(of.values)


@pytest.mark.parametrize(
    ("line", "slow"),
    [
        ("7f r-xp 0 fe:00 1 /usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0", True),
        ("7f r-xp 0 fe:00 1 /usr/lib64/libblas.so.3.12.0", True),
        ("7f r-xp 0 fe:00 1 /usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3", False),
        ("7f r-xp 0 fe:00 1 /env/lib/libopenblasp-r0.3.28.so", False),
        ("7f r-xp 0 fe:00 1 /usr/lib/x86_64-linux-gnu/libcblas.so.3", False),
        ("7f rw-p 0 00:00 0 [heap]", False),
    ],
)
def test_reference_blas_is_seen(line, slow):
    assert (reference_blas.slow_blas(f"7f r-xp 0 fe:00 1 /lib/libm.so.6\n{line}\n") is not None) is slow


def test_reference_blas_is_said_once(monkeypatch):
    monkeypatch.setattr(reference_blas, "slow_blas", lambda maps: "/usr/lib/libblas.so.3")
    reference_blas.warn_of_slow_blas.cache_clear()
    with pytest.warns(UserWarning, match="apt-get install libopenblas0-pthread"):
        reference_blas.warn_of_slow_blas()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reference_blas.warn_of_slow_blas()


def test_allocated_bytes_follow_an_array():
    before = allocated()
    if before is None:
        pytest.skip("this C library does not tell")
    kept = np.ones(4_000_000)
    assert 0.9 * kept.nbytes < allocated() - before < 1.5 * kept.nbytes


def test_interface_of_version_0_5_obeys_the_laws(monkeypatch):
    monkeypatch.setattr(cholmod, "load", lambda: standin)
    check_backend(cholmod.Cholmod())


def test_version_0_5_goes_over_to_64_bit_indices(monkeypatch):
    tried = []

    class Overflowing(standin.CholeskyFactor):
        def __init__(self, matrix, **settings):
            tried.append(matrix.indices.dtype)
            if matrix.indices.dtype == np.int32:
                raise standin.CholmodOverflowError("CHOLMOD encountered an integer overflow.")
            super().__init__(matrix, **settings)

    new = types.SimpleNamespace(**{**vars(standin), "CholeskyFactor": Overflowing})
    of = case("soft and stiff")
    analysis = cholmod.CholmodAnalysis(new, of.pattern, of.values)
    assert tried == [np.int32, np.int64]
    b = np.ones((1, len(of.dense)))
    assert np.allclose(of.dense @ analysis.factorize(of.values).solve(b)[0], b[0])


def test_version_0_4_goes_over_to_64_bit_indices(backend, monkeypatch):
    module, tried = cholmod.load(), []
    if not hasattr(module, "analyze"):
        pytest.skip("scikit-sparse 0.5 is installed")

    def analyze(matrix, use_long):
        tried.append(use_long)
        if not use_long:
            raise module.CholmodTooLargeError("problem too large")
        return module.analyze(matrix, use_long=use_long)

    old = types.SimpleNamespace(**{**vars(module), "analyze": analyze})
    of = case("Hermitian positive definite")
    analysis = cholmod.CholmodAnalysis(old, of.pattern, of.values)
    assert tried == [False, True]
    b = np.ones((1, len(of.dense)), complex)
    assert np.allclose(of.dense @ analysis.factorize(of.values).solve(b)[0], b[0])
