"""Garbage is refused, hard but sound systems are not: condition, residual, and where it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

import sparsead.numpy as sp
from sparsead import backends, factor_cache
from sparsead.backends import registry
from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots
from sparsead.errors import SingularMatrixError
from tests.sparsead.factors.matrices import grid, residual, springs

GENERAL = sorted(set(backends.installed()) - {"triangular", "cholmod"})
B = np.ones(40)


@pytest.mark.parametrize("backend", GENERAL)
def test_floating_body_is_refused(backend: str) -> None:
    with pytest.raises(SingularMatrixError, match=r"got: +(condition number|a zero pivot|zero pivot|x\[|backward)"):
        sp.solve(sp.from_scipy(springs(40, supported=False)), B, backend=backend)


@pytest.mark.parametrize("backend", GENERAL)
def test_floating_part_is_located(backend: str) -> None:
    whole = scipy.sparse.block_diag([springs(25, supported=True), springs(15, supported=False)], format="csc")
    with pytest.raises(SingularMatrixError, match=r"got: ") as caught:
        sp.solve(sp.from_scipy(whole), B, backend=backend)
    assert 25 <= caught.value.dof < 40


@pytest.mark.parametrize("backend", GENERAL)
def test_row_of_zeros_is_located(backend: str) -> None:
    values = np.where(np.arange(40) == 17, 0.0, 2.0)
    with pytest.raises(SingularMatrixError) as caught:
        sp.solve(sp.diags([values]), B, backend=backend)
    assert caught.value.dof == 17


@pytest.mark.parametrize("backend", GENERAL)
def test_units_apart_by_1e20_are_accepted(backend: str) -> None:
    scales = np.where(np.arange(40) % 2 == 0, 1.0, 1e10)
    matrix = scipy.sparse.csc_array(springs(40, supported=True) * scales[:, None] * scales)
    expected = np.cumsum(np.ones(40)) / scales  # a displacement of known size, whatever the units
    b = matrix @ expected
    found = sp.solve(sp.from_scipy(matrix), b, backend=backend)
    # rounding times the condition number of the scaled chain, 1e3 to 1e4
    assert np.abs(found / expected - 1).max() < 1e-10


@pytest.mark.parametrize("backend", GENERAL)
def test_condition_of_1e10_is_accepted(backend: str) -> None:
    matrix = sp.from_scipy(springs(40, supported=False) + 1e-11 * scipy.sparse.eye_array(40))
    x = sp.solve(matrix, np.linspace(-1, 1, 40), backend=backend)
    assert residual(matrix, x, np.linspace(-1, 1, 40)) < 1e-10


@pytest.mark.parametrize("backend", GENERAL)
def test_condition_beyond_rounding_is_refused(backend: str) -> None:
    matrix = sp.from_scipy(springs(40, supported=False) + 1e-18 * scipy.sparse.eye_array(40))
    with pytest.raises(SingularMatrixError):
        sp.solve(matrix, B, backend=backend)


@pytest.mark.parametrize("backend", GENERAL)
def test_one_unknown_is_judged_too(backend: str) -> None:
    assert sp.solve(sp.diags([[1e-200]]), [1e-200], backend=backend)[0] == 1.0
    with pytest.raises(SingularMatrixError):
        sp.solve(sp.diags([[0.0]]), [1.0], backend=backend)


# ------------------------------------------------------------- a library that solves badly, by a known factor
class Careless(Backend):
    """Solves exactly and spoils the solution by a factor; `errors` lists that of each more careful way."""

    name = "careless"
    releases_gil = True

    def __init__(self, *errors: float) -> None:
        self.errors = errors

    def missing(self) -> None:
        """Return None: it is here."""

    def supports(self, structure: Any, *, is_complex: bool) -> bool:
        """Return True."""
        return True

    def analyze(self, pattern: Any, structure: Any, values: Any) -> Analysis:
        """Return the first way."""
        return CarelessAnalysis(pattern, self.errors)


class CarelessAnalysis(Analysis):
    """One way of factorizing, and those after it."""

    nbytes = 0

    def __init__(self, pattern: Any, errors: tuple[float, ...]) -> None:
        self._pattern, self._errors = pattern, errors

    def careful(self, values: Any) -> Analysis | None:
        """Return the next way."""
        return CarelessAnalysis(self._pattern, self._errors[1:]) if self._errors[1:] else None

    def factorize(self, values: Any) -> Factorization:
        """Return the inverse, spoilt."""
        pattern = self._pattern
        full = scipy.sparse.csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape).toarray()
        return CarelessFactorization(np.linalg.inv(full), self._errors[0])


class CarelessFactorization(Factorization):
    """A spoilt inverse."""

    nbytes = 0
    pivots = Pivots(ratio=1.0)
    backward_stable = False

    def __init__(self, inverse: Any, error: float) -> None:
        self._inverse, self._error = inverse, error

    def solve(self, b: Any, trans: Any = "N") -> Any:
        """Return the solution, every other component too large by the error."""
        inverse = {"N": self._inverse, "T": self._inverse.T, "H": self._inverse.conj().T}[trans]
        return (inverse @ b.T).T * np.where(np.arange(b.shape[1]) % 2, 1.0, 1 + self._error)


def careless(monkeypatch: pytest.MonkeyPatch, *errors: float) -> Any:
    monkeypatch.setitem(registry.BACKENDS, "careless", Careless(*errors))
    matrix = grid(5)
    return lambda scale, trans="N": sp.solve(matrix * scale, np.ones(25), backend="careless", trans=trans)


@pytest.mark.parametrize("trans", ["N", "T"])
def test_small_error_is_refined_away(trans: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = careless(monkeypatch, 1e-5)(1.0, trans)
    assert residual(grid(5), x, np.ones(25)) < 1e-12  # the backward error that the store accepts
    assert factor_cache.stats().factorizations == 1


def test_inaccurate_factors_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    x = careless(monkeypatch, 0.9, 0.0)(1.0)
    assert residual(grid(5), x, np.ones(25)) < 1e-12  # the backward error that the store accepts
    assert factor_cache.stats().factorizations == 2


def test_replaced_factors_serve_the_next_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = careless(monkeypatch, 0.9, 0.0)
    solve(1.0)
    solve(1.0, "T")
    assert factor_cache.stats().factorizations == 2


def test_next_matrix_begins_with_the_careful_way(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = careless(monkeypatch, 0.9, 0.8, 0.0)
    solve(1.0)
    solve(2.0)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.analyses) == (4, 3)


def test_no_way_left_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SingularMatrixError, match=r"got: +backward error .* after 3 refinements"):
        careless(monkeypatch, 0.9, 0.8)(1.0)


@pytest.mark.parametrize("declared", [{}, {"symmetric": True}], ids=["general", "symmetric"])
@pytest.mark.parametrize("backend", GENERAL)
def test_symmetric_matrix_graded_over_24_orders_is_accepted(backend: str, declared: Any) -> None:
    """D S D with S harmless: rows scaled first, then columns, it would look singular."""
    n = 12
    d = np.logspace(12, -12, n)
    i = np.arange(n)
    near = np.abs(i[:, None] - i) <= 1
    s = np.where(i[:, None] == i, np.where(i % 2, 1.0, -1.0), 0.7) * near
    A = sp.from_scipy(scipy.sparse.csc_array(d[:, None] * s * d), **declared)
    x = sp.solve(A, d * (s @ np.ones(n)), backend=backend)
    np.testing.assert_allclose(d * x, np.ones(n), rtol=1e-9)


@pytest.mark.parametrize("backend", ["dense", "superlu"])
def test_condition_is_judged_in_single_precision_too(backend: str) -> None:
    springs_in_single = scipy.sparse.csc_array(springs(40, supported=True)).astype(np.float32)
    matrix = sp.from_scipy(springs_in_single, positive_definite=True)
    x = sp.solve(matrix, B.astype(np.float32), backend=backend, precision="single")
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, np.linalg.solve(springs_in_single.toarray().astype(float), B), rtol=1e-3)
