"""What the fuzzer found in the library, one test each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead.backends import installed
from sparsead.backends.registry import get
from sparsead.errors import NonFiniteError, PatternError
from tests.conftest import require
from tests.fuzz.generate import generate
from tests.fuzz.oracle import HOPELESS
from tests.fuzz.truth import Truth


def test_substitution_out_of_range_is_an_error_without_a_warning() -> None:
    A = sp.coo([0, 0, 1], [0, 1, 1], [1e-300, 1.0, 1e-200], (2, 2), triangular="upper")
    with pytest.raises(NonFiniteError, match=r"got: +x\[0\] = (-)?inf"):
        sp.solve(A, np.array([1.0, 1.0]), backend="triangular")


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_factors_of_single_precision_keep_the_range_of_double_right_hand_sides(size: float) -> None:
    A = sp.coo([0, 1], [0, 1], np.array([2, 4j], np.complex64), (2, 2))
    for shape in ((2,), (2, 3)):
        x = sp.factorize(A, precision="single").solve(np.full(shape, size + 0j))
        np.testing.assert_allclose((x / size).T, np.broadcast_to([0.5, -0.25j], shape[::-1]), rtol=1e-6)


@pytest.mark.parametrize("backend", [name for name in installed() if name != "triangular"])
def test_rounding_in_the_imaginary_part_of_a_hermitian_diagonal_is_no_indefiniteness(backend: str) -> None:
    A = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], [4 + 1e-16j, 1j, -1j, 2], (2, 2), positive_definite=True)
    np.testing.assert_allclose(sp.solve(A, np.array([4.0, -1j]), backend=backend), [1, 0], atol=1e-14)


@pytest.mark.parametrize("trans", ["N", "T"])
@pytest.mark.parametrize("backend", [None, *(name for name in installed() if name not in ("triangular", "cholmod"))])
def test_no_equation_is_lost_beside_one_in_a_much_smaller_unit(backend: str | None, trans: str) -> None:
    # Partial pivoting takes the first row, and leaves a residual of 1.2 in the second: (2.22, 1).
    rows, cols = ([0, 0, 1, 1], [0, 1, 0, 1]) if trans == "N" else ([0, 1, 0, 1], [0, 0, 1, 1])
    A = sp.coo(rows, cols, [1.0, 1e16, 1.0, 1.0], (2, 2))
    x = sp.solve(A, np.array([1e16, 2.0]), backend=backend, trans=trans)
    np.testing.assert_allclose(x, [1.0, 1.0], rtol=1e-12)


def test_indices_of_object_type_are_faulted_where_they_are_no_integers() -> None:
    with pytest.raises(PatternError, match=r"got: +rows\[2\] = None"):
        sp.coo(np.array([np.int64(0), np.int64(1), None], object), [0, 1, 1], np.ones(3), (2, 2))


def test_lanes_of_a_matrix_without_entries_are_dead() -> None:
    jax, spj = require("jax"), require("sparsead.jax")
    nothing = spj.triplets([], [], (2, 2))
    x = jax.vmap(lambda v: spj.solve(nothing(v), np.ones(2), on_singular="nan"))(np.ones((3, 0)))
    assert x.shape == (3, 2) and np.isnan(x).all()


@pytest.mark.parametrize("trans", ["N", "T", "H"])
@pytest.mark.parametrize("backend", [None, *(name for name in installed() if name not in ("triangular", "cholmod"))])
def test_pivots_that_double_at_each_step_do_not_spoil_the_solution(backend: str | None, trans: str) -> None:
    full = np.eye(70) - np.tril(np.ones((70, 70)), -1) * (1 + 0.1j)
    full[:, -1] = 1  # Wilkinson's matrix: well conditioned, and partial pivoting makes 2^69 of the last column
    rows, cols = np.nonzero(full)
    A, x = sp.coo(rows, cols, full[rows, cols], (70, 70)), np.cos(np.arange(70.0))
    op = {"N": full, "T": full.T, "H": full.conj().T}[trans]
    np.testing.assert_allclose(sp.solve(A, op @ x, backend=backend, trans=trans), x, atol=1e-12)


@pytest.mark.parametrize("name", ["dense", "banded"])
def test_the_careful_way_is_right_in_any_units(name: str) -> None:
    rng = np.random.default_rng(0)
    scales = 10.0 ** rng.integers(-8, 9, 8)
    middle = 4 * np.eye(8) + rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
    full = scales[:, None] * middle * scales
    A = sp.coo(*np.indices((8, 8)).reshape(2, -1), full.ravel(), (8, 8))
    first = get(name).analyze(A.pattern, A.structure, A.values)
    careful = first.careful(A.values)
    assert careful is not None and careful.careful(A.values) is None
    factors, x = careful.factorize(A.values), rng.normal(size=(1, 8)) / scales
    for trans, op in (("N", full), ("T", full.T), ("H", full.conj().T)):
        np.testing.assert_allclose(factors.solve(x @ op.T, trans), x, rtol=1e-12)
    np.testing.assert_allclose(factors.log_abs_det(), np.linalg.slogdet(full)[1])


def facts(full: Any) -> Truth:
    """What the oracle knows of a matrix, shape (n, n)."""
    rows, cols = np.nonzero(full)
    exact = {"rows": rows, "cols": cols, "values": full[rows, cols], "b": np.ones(len(full))}
    return Truth(replace(generate(0, 0, jitted=False), n=len(full), view="", exact=exact))


def test_oracle_takes_no_graded_matrix_for_a_singular_one() -> None:
    """Rows scaled before columns leave a condition number of 1e17 to a chain of springs in units 16 orders apart."""
    units = 10.0 ** np.random.default_rng(5).integers(-8, 9, 60)
    truth = facts(units[:, None] * (2 * np.eye(60) - np.eye(60, k=1) - np.eye(60, k=-1)) * units)
    assert truth.condition > HOPELESS
    assert truth.least_condition == pytest.approx(1 / np.tan(np.pi / 122) ** 2, rel=1e-9)  # 4 / smallest eigenvalue - 1


def test_oracle_knows_a_singular_matrix_in_any_units() -> None:
    """A chain of springs that floats, in units that are exact."""
    floating = (2 * np.eye(60) - np.eye(60, k=1) - np.eye(60, k=-1)).astype(np.longdouble)
    floating[0, 0] = floating[-1, -1] = 1
    units = 2.0 ** np.random.default_rng(5).integers(-24, 25, 60)
    eps = float(np.finfo(np.longdouble).eps)
    assert facts(units[:, None] * floating * units).least_condition > min(HOPELESS, 0.01 / eps)
