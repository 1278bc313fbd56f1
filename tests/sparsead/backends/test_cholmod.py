"""CHOLMOD over both versions of scikit-sparse; version 0.5 through a stand-in with its documented interface.

The stand-in follows the signatures, messages and limits of scikit-sparse 0.5.0: read-only arrays are refused,
a second factorization of one object is an error here (there it is twenty times slower).
"""

from __future__ import annotations

import types
import warnings

import numpy as np
import pytest
from scipy.linalg import solve_triangular

from sparsead.backends import cholmod, reference_blas
from sparsead.backends.allocated import allocated
from sparsead.errors import BackendError, NotPositiveDefiniteError
from sparsead.testing import check_backend
from tests.sparsead.backends.installed import backend_or_skip, case


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


class StandInError(Exception):
    pass


class StandInNotPositiveDefiniteError(StandInError):
    pass


class StandInOverflowError(StandInError):
    pass


class StandInFactor:
    """``CholeskyFactor`` of version 0.5 on a full matrix; its order is the reverse one."""

    def __init__(self, matrix, *, lower=True, order="default"):
        assert lower
        self.lower, self.perm, self.rcond = None, np.arange(matrix.shape[0])[::-1], -1.0
        self._require(matrix)

    @staticmethod
    def _require(matrix):
        for array in (matrix.data, matrix.indices, matrix.indptr):
            if not array.flags.writeable:
                raise ValueError("buffer source array is read-only")
        assert matrix.has_canonical_format

    def copy(self):
        made = StandInFactor.__new__(StandInFactor)
        made.__dict__.update(self.__dict__)
        return made

    def get_perm(self):
        return self.perm.copy()

    def factorize(self, matrix, ldl=None, beta=0.0):
        assert self.lower is None, "a second factorization of one object is twenty times slower"
        self._require(matrix)
        low = np.tril(matrix.toarray())
        full = (low + np.tril(low, -1).conj().T)[np.ix_(self.perm, self.perm)]
        for minor in range(len(full)):
            if np.linalg.eigvalsh(full[: minor + 1, : minor + 1])[0] <= 0:
                raise StandInNotPositiveDefiniteError(
                    f"Input matrix is not positive definite. (code 1) Failed at column {minor}."
                )
        self.lower = np.linalg.cholesky(full)
        diagonal = self.lower.diagonal().real
        self.rcond = (diagonal.min() / diagonal.max()) ** 2
        return self

    def solve(self, b, system="A"):
        if not b.flags.writeable:
            raise ValueError("buffer source array is read-only")
        half = solve_triangular(self.lower, b[self.perm], lower=True)
        x = np.empty_like(b)
        x[self.perm] = solve_triangular(self.lower.conj().T, half, lower=False)
        return x

    def logdet(self):
        return 2 * np.log(self.lower.diagonal()).sum()


NEW = types.SimpleNamespace(
    CholeskyFactor=StandInFactor,
    CholmodError=StandInError,
    CholmodNotPositiveDefiniteError=StandInNotPositiveDefiniteError,
    CholmodOverflowError=StandInOverflowError,
)


def test_interface_of_version_0_5_obeys_the_laws(monkeypatch):
    monkeypatch.setattr(cholmod, "load", lambda: NEW)
    check_backend(cholmod.Cholmod())


def test_version_0_5_goes_over_to_64_bit_indices(monkeypatch):
    tried = []

    class Overflowing(StandInFactor):
        def __init__(self, matrix, **settings):
            tried.append(matrix.indices.dtype)
            if matrix.indices.dtype == np.int32:
                raise StandInOverflowError("CHOLMOD encountered an integer overflow.")
            super().__init__(matrix, **settings)

    new = types.SimpleNamespace(**{**vars(NEW), "CholeskyFactor": Overflowing})
    of = case("soft and stiff")
    analysis = cholmod.CholmodAnalysis(new, of.pattern, of.values)
    assert tried == [np.int32, np.int64]
    b = np.ones((1, len(of.dense)))
    assert np.allclose(of.dense @ analysis.factorize(of.values).solve(b)[0], b[0])


def test_version_0_4_goes_over_to_64_bit_indices(backend, monkeypatch):
    module, tried = cholmod.load(), []
    if not hasattr(module, "analyze"):
        pytest.skip("scikit-sparse 0.5 is installed")

    class Overflowing(types.SimpleNamespace):
        def analyze(self, matrix, use_long):
            tried.append(use_long)
            if not use_long:
                raise module.CholmodTooLargeError("problem too large")
            return module.analyze(matrix, use_long=use_long)

    of = case("Hermitian positive definite")
    analysis = cholmod.CholmodAnalysis(Overflowing(**vars(module)), of.pattern, of.values)
    assert tried == [False, True]
    b = np.ones((1, len(of.dense)), complex)
    assert np.allclose(of.dense @ analysis.factorize(of.values).solve(b)[0], b[0])
