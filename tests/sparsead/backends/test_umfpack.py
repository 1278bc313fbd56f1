"""UMFPACK through ctypes: the right system for each transpose, pivots, status codes, finding the library."""

from __future__ import annotations

import ctypes.util

import numpy as np
import pytest

from sparsead.backends import umfpack, umfpack_library
from sparsead.errors import BackendError, NotPositiveDefiniteError, SingularMatrixError
from sparsead.pattern.structure import Structure
from tests.sparsead.backends.installed import backend_or_skip, case, case_of


@pytest.fixture
def backend():
    return backend_or_skip("umfpack")


def analyze(backend, of):
    return backend.analyze(of.pattern, of.structure, of.values)


@pytest.mark.parametrize("words", ["convection-diffusion", "complex general"])
def test_solves_read_no_matrix(backend, words):
    """The values are gone when a system is solved, since refinement is off."""
    of = case(words)
    values = of.values.copy()
    factorization = analyze(backend, of).factorize(values)
    values[:] = np.nan
    b = np.ones((2, len(of.dense)), values.dtype)
    assert np.allclose(of.dense.conj().T @ factorization.solve(b, "H").T, b.T)


@pytest.mark.parametrize("kind", [float, complex])
def test_zero_pivot_names_its_column(backend, kind):
    full = np.eye(6, dtype=kind) * 2
    full[0, 3] = full[3, 1] = 1
    full[4, 4] = 0
    of = case_of(full, Structure())
    with pytest.raises(SingularMatrixError, match="a zero pivot in column 4") as caught:
        analyze(backend, of).factorize(of.values)
    assert caught.value.dof == 4


def test_indefinite_matrix_is_found_by_its_pivots(backend):
    of = case("indefinite shifted Laplacian")
    with pytest.raises(NotPositiveDefiniteError, match=r"a pivot that is not positive in column \d+"):
        backend.analyze(of.pattern, Structure(positive_definite=True), of.values).factorize(of.values)


def test_ratio_of_pivots_shows_a_singular_matrix(backend):
    full = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    of = case_of(full, Structure())
    try:
        ratio = analyze(backend, of).factorize(of.values).pivots.ratio
    except SingularMatrixError:
        return
    assert ratio < 1e-15


@pytest.mark.parametrize("words", ["complex general", "rows permuted"])
def test_determinant_does_not_overflow(backend, words):
    of = case(words)
    values = of.values * 1e30
    told = analyze(backend, of).factorize(values).log_abs_det()
    assert np.isclose(told, np.linalg.slogdet(of.dense)[1] + len(of.dense) * np.log(1e30), rtol=1e-12)


@pytest.mark.parametrize(
    ("status", "got"), [(-1, "status -1, on a matrix"), (-18, "status -18"), (-911, "status -911")]
)
def test_status_codes(status, got):
    with pytest.raises(BackendError, match=got):
        umfpack._check(status)


def test_library_that_is_not_there_tells_how_to_install(monkeypatch):
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(umfpack_library, "_NAMES", ("libumfpack-of-no-machine.so",))
    umfpack_library.functions.cache_clear()
    try:
        assert "libsuitesparse-dev" in umfpack.Umfpack().missing()
    finally:
        umfpack_library.functions.cache_clear()
