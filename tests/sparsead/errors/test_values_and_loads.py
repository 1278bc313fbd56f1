"""Values that are not finite, right-hand sides and vectors that do not fit, types that are no numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from sparsead.backends.registry import BACKENDS
from sparsead.errors import BackendError, DtypeError, NonFiniteError, ShapeError
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.errors.ways import COLS, ROWS, VALUES, B, N, Program, Way

BAD = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}


def put(array: Any, place: Any, value: Any) -> Any:
    """Return the array with another value at one place."""
    changed = np.array(array, np.result_type(array, value))
    changed[place] = value
    return changed


@cache  # one function, compiled once, for all values and loads
def solve(**options: Any) -> Program:
    return lambda sp, v, b: sp.solve(sp.coo(ROWS, COLS, v, (N, N)), b, **options)


# ------------------------------------------------------------------------------------------------ not finite
@pytest.mark.parametrize("word", BAD)
@pytest.mark.parametrize(("place", "row", "column"), [(0, 0, 0), (1, 1, 1), (3, 0, 2), (4, 2, 0)])
def test_matrix_value_is_named_by_row_and_column(word: str, place: int, row: int, column: int, way: Way) -> None:
    got = rf"A\[{row}, {column}\] = {word} \(stored entry \d\)"
    error = way.refuses(solve(), put(VALUES, place, BAD[word]), B, error=NonFiniteError, got=got)
    if not way.compiled:
        assert (error.row, error.column) == (row, column)


def test_triplets_that_add_to_no_number_are_named(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.solve(sp.coo(np.r_[ROWS, 2], np.r_[COLS, 2], v, (N, N)), b)

    values = np.r_[put(VALUES, 2, np.inf), -np.inf]
    way.refuses(program, values, B, error=NonFiniteError, got=r"A\[2, 2\] = nan \(stored entry \d\)")


@pytest.mark.parametrize("precision", ["double", "single"])
def test_value_in_single_precision_is_named(precision: Any, way: Way) -> None:
    values, b = put(VALUES, 1, np.nan).astype(np.float32), B.astype(np.float32)
    way.refuses(solve(precision=precision), values, b, error=NonFiniteError, got=r"A\[1, 1\] = nan \(stored entry \d\)")


def test_imaginary_part_of_a_value_is_named(way: Way) -> None:
    values = put(VALUES, 1, complex(1, np.inf))
    way.refuses(solve(), values, B + 0j, error=NonFiniteError, got=r"A\[1, 1\] = .*infj\)? \(stored entry \d\)")


LOADS = {
    "vector": (put(B, 1, np.nan), r"b\[1\] = nan"),
    "infinite": (put(B, 2, -np.inf), r"b\[2\] = -inf"),
    "one of three": (put(np.ones((N, 3)), (2, 1), np.inf), r"b\[2, 1\] = inf"),
    "imaginary part": (put(B, 1, complex(0, np.nan)), r"b\[1\] = nan"),
    "imaginary part of one of three": (put(np.ones((N, 3)), (0, 2), complex(1, np.inf)), r"b\[0, 2\] = -?inf"),
    "single precision": (put(B, 0, np.nan).astype(np.float32), r"b\[0\] = nan"),
}


@pytest.mark.parametrize("trans", ["N", "T", "H"])
@pytest.mark.parametrize("name", LOADS)
def test_load_is_named_by_its_place(name: str, trans: Any, way: Way) -> None:
    b, got = LOADS[name]
    way.refuses(solve(trans=trans), VALUES, b, error=NonFiniteError, got=got)


def test_load_of_a_complex_matrix_is_named_by_its_place(way: Way) -> None:
    way.refuses(solve(), VALUES + 1j, put(B, 1, complex(np.nan, 0)), error=NonFiniteError, got=r"b\[1\] = .*nan.*")


@pytest.mark.parametrize("compiled", [False, True])
def test_lane_of_a_batch_of_matrices_is_named(compiled: bool) -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    several = np.stack([VALUES, put(VALUES, 0, np.nan), VALUES])
    program = jax.vmap(lambda v: solve()(sp, v, B))
    with pytest.raises(Exception, match=r"got:      A\[0, 0\] = nan") as caught:
        jax.block_until_ready((jax.jit(program) if compiled else program)(several))
    told = str(caught.value) if compiled else caught.value.__notes__
    assert "in matrix 1 of a batch of 3" in told


@pytest.mark.parametrize("bad", ["values", "b"])
def test_lane_that_is_not_finite_may_be_dead(bad: str, way: Way) -> None:
    values, b = put(VALUES, 0, np.nan) if bad == "values" else VALUES, put(B, 0, np.nan) if bad == "b" else B
    assert np.isnan(way.run(solve(on_singular="nan"), values, b)).all()


# ------------------------------------------------------------------------------------------- shapes of b and x
SHAPES = {
    "too long": ((N + 1,), r"b of shape \(4,\)"),
    "too short": ((N - 1,), r"b of shape \(2,\)"),
    "much too long": ((10 * N,), r"b of shape \(30,\)"),
    "empty": ((0,), r"b of shape \(0,\)"),
    "number": ((), r"b of shape \(\)"),
    "transposed": ((2, N), r"b of shape \(2, 3\)"),
    "three axes": ((N, 1, 1), r"b of shape \(3, 1, 1\)"),
}


@pytest.mark.parametrize("trans", ["N", "T"])
@pytest.mark.parametrize("name", SHAPES)
def test_load_that_does_not_fit_is_named(name: str, trans: Any, way: Way) -> None:
    shape, got = SHAPES[name]
    way.refuses(solve(trans=trans), VALUES, np.ones(shape), error=ShapeError, got=got)


def test_vector_that_does_not_fit_a_product_is_named(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.coo(ROWS, COLS, v, (N, 4)) @ b

    way.refuses(program, VALUES, B, error=ShapeError, got=r"x of shape \(3,\)")


def test_rectangular_matrix_is_not_solved_with(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.solve(sp.coo(ROWS, COLS, v, (N, 4)), b)

    way.refuses(program, VALUES, B, error=ShapeError, got=r"shape \(3, 4\)")


def test_matrices_of_different_shapes_are_not_added(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return (sp.coo(ROWS, COLS, v, (N, N)) + sp.eye(4)).values

    way.refuses(program, VALUES, B, error=ShapeError, got=r"shapes \(3, 3\) and \(4, 4\)")


def test_blocks_that_do_not_fit_are_named(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.block([[sp.coo(ROWS, COLS, v, (N, N)), sp.eye(4)]]).values

    way.refuses(program, VALUES, B, error=ShapeError, got=r"\[\[\(3, 3\), \(4, 4\)\]\] \(.*\)")


# ------------------------------------------------------------------------------------------------------ types
NO_NUMBERS = {
    "texts": (["1", "2", "3"], r"b of (list|type <U1)"),
    "objects": (np.array([1, None, 3], object), r"b of type object"),
    "more digits than a double": (np.ones(N, np.longdouble), r"b of type float128"),
    "dates": (np.array(["2020-01-01"] * N, "M8[D]"), r"b of type datetime64\[D\]"),
    "nothing": (None, r"b of (type )?NoneType"),
    "masked": (np.ma.masked_less(B, 0), "b, a masked array"),
    "ragged": ([[1.0], [1.0, 2.0], [3.0]], r"b(:| of).*"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_load_that_is_no_array_of_numbers_is_named(name: str, way: Way) -> None:
    load, got = NO_NUMBERS[name]
    way.refuses(lambda sp, v: solve()(sp, v, load), VALUES, error=DtypeError, got=got)


def test_values_that_are_no_numbers_are_named(way: Way) -> None:
    def program(sp: Any, b: Any) -> Any:
        return sp.solve(sp.coo(ROWS, COLS, list("12345"), (N, N)), b)

    way.refuses(program, B, error=DtypeError, got=r"values of (list|type <U1)")


def test_dense_matrix_is_named(way: Way) -> None:
    def program(sp: Any, v: Any) -> Any:
        return sp.solve(np.eye(N), v)

    way.refuses(program, B, error=DtypeError, got=r"numpy\.ndarray")


OPTIONS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "trans": ({"trans": "X"}, ShapeError, "trans='X'"),
    "on_singular": ({"on_singular": "ignore"}, BackendError, "on_singular='ignore'"),
    "precision": ({"precision": "half"}, BackendError, "precision='half'"),
    "backend": ({"backend": "strumpack"}, BackendError, "backend='strumpack'"),
    "backend by number": ({"backend": 1}, BackendError, "backend=1"),
    "backend for another structure": ({"backend": "triangular"}, BackendError, "a general matrix of type float64"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_unknown_option_is_named(name: str, way: Way) -> None:
    options, error, got = OPTIONS[name]
    way.refuses(solve(**options), VALUES, B, error=error, got=got)


@pytest.mark.parametrize("backend", [name for name, backend in BACKENDS.items() if not backend.single_precision])
def test_precision_that_a_backend_lacks_is_named(backend: str, way: Way) -> None:
    backend_or_skip(backend)

    def program(sp: Any, v: Any, b: Any) -> Any:
        matrix = sp.coo(ROWS, COLS, v, (N, N), positive_definite=True)
        return sp.solve(matrix, b, backend=backend, precision="single")

    values, b = VALUES.astype(np.float32), B.astype(np.float32)
    way.refuses(program, values, b, error=BackendError, got='precision="single"')
