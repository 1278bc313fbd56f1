"""The autograd front-end: its names, its arrays, its errors."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as reference
from sparsead.errors import (
    BackendMissingError,
    DtypeError,
    NoDerivativeError,
    NonFiniteError,
    NotPositiveDefiniteError,
    SingularMatrixError,
)
from tests.conftest import require
from tests.sparsead.programs import COLS, ROWS, N, arrays

autograd = require("autograd")
anp = autograd.numpy
sp = importlib.import_module("sparsead.autograd")

assemble = sp.triplets(ROWS, COLS, (N, N))


def test_public_names_and_signatures_are_those_of_the_numpy_front_end() -> None:
    own_of_numpy = {"Factorized", "apply", "factorize", "vjp", "jvp"}
    assert set(sp.__all__) == set(reference.__all__) - own_of_numpy
    for name in set(sp.__all__) - {"SparseArray", "Assembler"}:
        assert list(inspect.signature(getattr(sp, name)).parameters) == list(
            inspect.signature(getattr(reference, name)).parameters
        )
        assert getattr(sp, name).__doc__


def test_missing_library_is_an_error_that_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['autograd'] = None\n"
        "from sparsead.errors import BackendMissingError\n"
        "try:\n    import sparsead.autograd\n"
        "except BackendMissingError as error:\n    print(error)\n"
    )
    lines = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines[0] == "sparsead.autograd needs HIPS autograd"
    assert lines[2].startswith("  got:      import autograd failed: ")
    assert 'pip install "autograd>=1.9"' in lines[3]
    assert issubclass(BackendMissingError, ImportError)


def test_norm_and_gradient_agree_with_numpy_front_end() -> None:
    values, b = arrays(np.complex128, columns=2)
    of_numpy = reference.triplets(ROWS, COLS, (N, N))
    expected = reference.norm_solve_and_grad(lambda v: reference.vjp(of_numpy, v), values, b, grad_b=True)
    sparsead.factor_cache.clear()
    norm, (gradient, gradient_b) = sp.norm_solve_and_grad(assemble, values, b, grad_b=True)
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves) == (1, 2)
    assert norm == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(gradient, expected[1][0], rtol=1e-10)
    np.testing.assert_allclose(gradient_b, expected[1][1], rtol=1e-10)


def test_norm_of_nested_parameters_in_large_and_small_units() -> None:
    values, b = arrays(np.float64)
    _, plain = sp.norm_solve_and_grad(assemble, values, b)
    for unit in (1e-200, 1e200):
        _, found = sp.norm_solve_and_grad(lambda p: assemble(p["k"][0]), {"k": [values]}, b * unit)
        np.testing.assert_allclose(found["k"][0] / unit, plain, rtol=1e-10)


def test_norm_of_zero_has_gradient_zero() -> None:
    values, b = arrays(np.float64)
    norm, (gradient, gradient_b) = sp.norm_solve_and_grad(assemble, values, 0 * b, grad_b=True)
    assert norm == 0
    assert not gradient.any()
    assert not gradient_b.any()


def test_traced_numbers_in_lists_and_numbers_on_the_left() -> None:
    b = np.array([1.0, 2.0])

    def f(k: Any) -> Any:
        stiffness = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], [3.0 * k, -k, -k, 2.0 * k], (2, 2), symmetric=True)
        return anp.sum(sp.solve(stiffness + k**2 * sp.eye(2), b))

    exact = lambda k: np.linalg.solve([[3 * k + k**2, -k], [-k, 2 * k + k**2]], b).sum()  # noqa: E731
    assert autograd.grad(f)(2.0) == pytest.approx((exact(2 + 1e-6) - exact(2 - 1e-6)) / 2e-6, rel=1e-7)


def test_plain_arrays_on_the_left() -> None:
    matrix, (_, b) = assemble(arrays(np.float64)[0]), arrays(np.float64)
    np.testing.assert_allclose(b @ matrix, matrix.T @ b)
    np.testing.assert_allclose(sp.to_dense(np.float64(2) * matrix), 2 * sp.to_dense(matrix))
    np.testing.assert_allclose(sp.to_dense(b * matrix), b * sp.to_dense(matrix))


def test_traced_array_on_the_left_of_a_product_is_refused() -> None:
    values, b = arrays(np.float64)
    matrix = assemble(values)
    with pytest.raises(NoDerivativeError, match=r"got:      SparseArray\(6x6, .* in x @ A with a traced x"):
        autograd.grad(lambda x: anp.sum(x @ matrix))(b)


def test_single_precision_is_kept() -> None:
    values, b = arrays(np.float32)
    gradient = autograd.grad(lambda v: anp.sum(sp.solve(assemble(v), b)))(values)
    double = autograd.grad(lambda v: anp.sum(sp.solve(assemble(v), b)))(values.astype(np.float64))
    assert sp.solve(assemble(values), b).dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, double, rtol=1e-5, atol=1e-7)


def test_mixed_types_give_each_argument_its_own() -> None:
    values, b = arrays(np.float32)[0], arrays(np.complex128)[1]
    bars = autograd.grad(lambda v, load: anp.real(anp.sum(sp.solve(assemble(v), load))), argnum=(0, 1))(values, b)
    assert [bar.dtype for bar in bars] == [np.float32, np.complex128]


def test_errors_keep_their_type_inside_grad() -> None:
    b = arrays(np.float64)[1]
    diagonal = lambda v, **declared: anp.sum(sp.solve(sp.diags([v], **declared), b))  # noqa: E731
    with pytest.raises(SingularMatrixError, match="got:"):
        autograd.grad(diagonal)(np.array([1.0, 1, 0, 1, 1, 1]))
    with pytest.raises(NonFiniteError, match=r"got:.*nan"):
        autograd.grad(diagonal)(np.array([1.0, 1, np.nan, 1, 1, 1]))
    with pytest.raises(NotPositiveDefiniteError) as caught:
        autograd.grad(lambda v: diagonal(v, positive_definite=True))(np.array([1.0, 1, -1, 1, 1, 1]))
    assert caught.value.column == 2


def test_dead_matrix_gives_nan_where_asked() -> None:
    x = sp.solve(sp.diags([np.array([1.0, 0.0])]), np.ones(2), on_singular="nan")
    assert np.isnan(x).all()


def test_traced_values_cannot_become_scipys() -> None:
    with pytest.raises(NoDerivativeError, match=r"got:      ArrayBox of shape \(18,\) inside grad"):
        autograd.grad(lambda v: sp.to_scipy(assemble(v)).sum())(arrays(np.float64)[0])


def test_traced_indices_are_refused() -> None:
    with pytest.raises(NoDerivativeError, match="got:      rows = ArrayBox, traced"):
        autograd.grad(lambda x: anp.sum(sp.to_dense(sp.coo(x, [0], [1.0], (2, 2)))))(np.zeros(1))


def test_strings_are_refused() -> None:
    with pytest.raises(DtypeError, match=r"got:      b of type <U1"):
        sp.solve(sp.eye(2), np.array(["a", "b"]))
