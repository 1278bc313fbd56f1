"""method="auto": factors where they fit, iterations where they do not; one analysis, and the same gradient."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead.errors import BackendError
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.factors.test_room import laplacian

pytestmark = pytest.mark.filterwarnings("ignore:SuperLU factorizes")  # where there is nothing else
LARGE = 150  # squared, beyond what is not asked about


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    sparsead.backends.memory_limit(None)


def test_small_matrix_is_factorized_whatever_the_memory() -> None:
    sparsead.backends.memory_limit(1 << 30)
    sp.solve(laplacian(60, positive_definite=True), np.ones(3600), method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 0)


def test_large_matrix_that_fits_is_factorized_with_the_analysis_that_was_asked() -> None:
    backend_or_skip("pardiso")
    A, b = laplacian(LARGE, positive_definite=True), np.ones(LARGE**2)
    for scale in (1.0, 2.0):
        sp.solve(scale * A, b, method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.analyses, stats.factorizations, stats.setups) == (1, 2, 0)


def test_large_matrix_that_does_not_fit_is_iterated_and_asked_about_once(caplog: pytest.LogCaptureFixture) -> None:
    backend_or_skip("pardiso")
    require("pyamg")
    A, b = laplacian(LARGE, positive_definite=True), np.ones(LARGE**2)
    sparsead.backends.memory_limit(10**6)
    with caplog.at_level(logging.INFO, logger="sparsead"):
        for scale in (1.0, 2.0):
            sp.solve(scale * A, b, method="auto")  # and without a warning
    stats = sparsead.factor_cache.stats()
    assert (stats.analyses, stats.factorizations, stats.setups) == (1, 0, 2)
    (said,) = caplog.messages
    assert "cg(preconditioner=amg(), rtol=1e-08)" in said
    assert "more than a quarter of the 1.0 MB that are free" in said


def test_matrix_that_is_not_definite_is_iterated_only_where_factors_do_not_fit() -> None:
    A, b = laplacian(LARGE), np.ones(LARGE**2)
    sp.solve(A, b, method="auto")
    assert sparsead.factor_cache.stats().factorizations == 1
    sparsead.factor_cache.clear()
    sparsead.backends.memory_limit(10**6)
    x = sp.solve(A, b, method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (0, 1)
    assert np.linalg.norm(A @ x - b) <= 1e-8 * np.linalg.norm(b)


@pytest.mark.parametrize("front", ["numpy", "jax"])
def test_gradient_is_the_same_by_factors_and_by_iterations(front: str) -> None:
    A, b = laplacian(LARGE, positive_definite=True), np.ones(LARGE**2)
    if front == "jax":
        module: Any = require("sparsead.jax")
        require("jax").config.update("jax_enable_x64", True)
    else:
        module = sp
    shape = module.from_scipy(sp.to_scipy(A), positive_definite=True)

    def matrix(x: Any) -> Any:
        return shape * x

    assemble = matrix if front == "jax" else lambda x: sp.vjp(matrix, x)
    value, gradient = module.norm_solve_and_grad(assemble, 2.0, b, method="auto")
    assert sparsead.factor_cache.stats().setups == 0
    sparsead.factor_cache.clear()
    sparsead.backends.memory_limit(10**6)
    iterated, by_iterations = module.norm_solve_and_grad(assemble, 2.0, b, method="auto")
    assert sparsead.factor_cache.stats().factorizations == 0
    np.testing.assert_allclose(iterated, value, rtol=1e-6)
    np.testing.assert_allclose(by_iterations, gradient, rtol=1e-6)


def test_another_word_is_no_method() -> None:
    with pytest.raises(BackendError, match=r"expected: .*\"auto\"(.|\n)*got: .*'best'"):
        sp.solve(laplacian(4), np.ones(16), method="best")  # type: ignore[arg-type]


def test_a_library_beside_it_is_refused() -> None:
    with pytest.raises(BackendError, match="a method and a library"):
        sp.solve(laplacian(4), np.ones(16), method="auto", backend="superlu")
