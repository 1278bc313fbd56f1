"""Indices, pointers, lengths and traced indices: what is refused, and where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import NoDerivativeError, PatternError, ShapeError
from tests.conftest import require
from tests.sparsead.errors.ways import COLS, ROWS, VALUES, B, N, Program, Way


def put(indices: Any, place: int, value: Any) -> Any:
    """Return the indices with another value at one place."""
    changed = np.asarray(indices).astype(type(value) if isinstance(value, float) else np.int64)
    changed[place] = value
    return changed


def at(rows: Any = ROWS, cols: Any = COLS) -> Program:
    return lambda sp, v, b: sp.coo(rows, cols, v, (N, N)).values


def columns(indices: Any, indptr: Any) -> Program:
    return lambda sp, v, b: sp.csc(v, indices, indptr, (N, N)).values


def rows(indices: Any, indptr: Any) -> Program:
    return lambda sp, v, b: sp.csr(v, indices, indptr, (N, N)).values


def selected(**chosen: Any) -> Program:
    return lambda sp, v, b: sp.coo(ROWS, COLS, v, (N, N)).select(**chosen).values


SORTED, POINTERS = np.array([0, 2, 1, 0, 2]), np.array([0, 2, 3, 5])
PATTERN_ERRORS: dict[str, tuple[Program, str]] = {
    "row as large as the extent": (at(rows=put(ROWS, 2, 3)), r"rows\[2\] = 3"),
    "row far outside": (at(rows=put(ROWS, 4, 2**40)), r"rows\[4\] = 1099511627776"),
    "negative column": (at(cols=put(COLS, 1, -1)), r"cols\[1\] = -1"),
    "beyond signed integers": (
        at(rows=np.array([0, 1, 2, 2**64 - 1, 0], np.uint64)),
        r"rows\[3\] = 18446744073709551615",
    ),
    "beyond 64 bits": (at(rows=[0, 1, 2, 2**70, 0]), r"rows\[3\] = 1180591620717411303424 in an array of type object"),
    "fraction": (at(rows=put(ROWS, 3, 0.5)), r"rows\[3\] = 0\.5 in an array of type float64"),
    "not a number": (at(cols=put(COLS, 3, np.nan)), r"cols\[3\] = nan in an array of type float64"),
    "whole numbers as floats": (at(cols=COLS.astype(float)), r"cols\[0\] = 0\.0 in an array of type float64"),
    "truth values": (at(rows=ROWS > 0), r"rows\[0\] = False in an array of type bool"),
    "text": (at(rows=list("01202")), r"rows\[0\] = 0 in an array of type <U1"),
    "nothing": (at(rows=[0, 1, None, 0, 2]), r"rows\[2\] = None in an array of type object"),
    "two axes": (at(rows=ROWS[:, None]), r"shape \(5, 1\)"),
    "ragged": (at(rows=[[0, 1], [2], [0, 2]]), r"rows: setting an array element .*"),
    "fewer rows than columns": (at(rows=ROWS[:-1]), r"len\(rows\) = 4, len\(cols\) = 5"),
    "row of compressed columns": (columns(put(SORTED, 3, 3), POINTERS), r"indices\[3\] = 3"),
    "negative column of compressed rows": (rows(put(SORTED, 1, -2), POINTERS), r"indices\[1\] = -2"),
    "too few pointers": (rows(SORTED, [0, 2, 5]), r"len\(indptr\) = 3"),
    "pointers that fall": (columns(SORTED, [0, 3, 2, 5]), r"indptr\[2\] = 2 < indptr\[1\] = 3"),
    "pointers that begin late": (columns(SORTED, [1, 2, 3, 5]), r"indptr\[0\] = 1, indptr\[-1\] = 5"),
    "pointers that end early": (rows(SORTED, [0, 2, 3, 4]), r"indptr\[0\] = 0, indptr\[-1\] = 4"),
    "selected row": (selected(rows=[0, 3]), r"rows\[1\] = 3"),
    "selected negative column": (selected(cols=[0, -1]), r"cols\[1\] = -1"),
    "selected fraction": (selected(cols=[0.5]), r"cols\[0\] = 0\.5 in an array of type float64"),
    "offset of a diagonal": (lambda sp, v, b: sp.diags([v], [0.5]).values, r"offsets\[0\] = 0\.5"),
}
SHAPE_ERRORS: dict[str, tuple[Program, str]] = {
    "fewer values than triplets": (lambda sp, v, b: sp.coo(ROWS, COLS, v[:-1], (N, N)).values, r"shape \(4,\)"),
    "one number": (lambda sp, v, b: sp.coo(ROWS, COLS, v[0], (N, N)).values, r"shape \(\)"),
    "values of two axes": (lambda sp, v, b: sp.coo(ROWS, COLS, v[:, None], (N, N)).values, r"shape \(5, 1\)"),
    "more values than compressed entries": (
        lambda sp, v, b: sp.csr(v, SORTED[:-1], [0, 2, 3, 4], (N, N)).values,
        r"shape \(5,\)",
    ),
    "diagonal too long": (lambda sp, v, b: sp.diags([v, v], [0, 1], (5, 5)).values, r"shape \(5,\)"),
    "mask too short": (selected(rows=[True, False]), r"shape \(2,\)"),
    "shape of three": (lambda sp, v, b: sp.coo(ROWS, COLS, v, (N, N, 1)).values, r"shape=\(3, 3, 1\)"),
    "negative shape": (lambda sp, v, b: sp.coo(ROWS, COLS, v, (N, -N)).values, r"shape=\(3, -3\)"),
    "fractional shape": (lambda sp, v, b: sp.coo(ROWS, COLS, v, (N, 3.5)).values, r"shape=\(3, 3\.5\)"),
}


@pytest.mark.parametrize("name", PATTERN_ERRORS)
def test_wrong_indices_are_named(name: str, way: Way) -> None:
    program, got = PATTERN_ERRORS[name]
    way.refuses(program, VALUES, B, error=PatternError, got=got)


@pytest.mark.parametrize("name", SHAPE_ERRORS)
def test_wrong_lengths_are_named(name: str, way: Way) -> None:
    program, got = SHAPE_ERRORS[name]
    way.refuses(program, VALUES, B, error=ShapeError, got=got)


def test_exception_carries_the_index(way: Way) -> None:
    error = way.refuses(at(rows=put(ROWS, 2, 7)), VALUES, B, error=PatternError, got=r"rows\[2\] = 7")
    assert error.index == 2


TRACED: dict[str, tuple[Any, str]] = {
    "rows": (lambda sp, i: sp.coo(i, COLS, VALUES, (N, N)).values, "rows"),
    "cols": (lambda sp, i: sp.triplets(ROWS, i, (N, N))(VALUES).values, "cols"),
    "indices": (lambda sp, i: sp.csc(VALUES, i, POINTERS, (N, N)).values, "indices"),
    "indptr": (lambda sp, i: sp.csr(VALUES, SORTED, i[:4], (N, N)).values, "indptr"),
    "selection": (lambda sp, i: sp.coo(ROWS, COLS, VALUES, (N, N)).select(rows=i[:2]).values, "rows"),
    "mask": (lambda sp, i: sp.coo(ROWS, COLS, VALUES, (N, N)).select(cols=i[:3] > 0).values, "cols"),
}


def _traced_by(jax: Any) -> dict[str, Any]:
    return {
        "jit": lambda f, i: jax.jit(f)(i),
        "vmap": lambda f, i: jax.vmap(f)(i[None]),
        "grad": lambda f, i: jax.grad(lambda j: f(j).sum())(i.astype(float)),
        "scan": lambda f, i: jax.lax.scan(lambda c, j: (c, f(j)), 0.0, i[None]),
        "made inside jit": lambda f, i: jax.jit(lambda: f(jax.numpy.asarray(i)))(),
    }


# under an eager grad a comparison is concrete already
PAIRS = [(name, how) for name in TRACED for how in _traced_by(None) if (name, how) != ("mask", "grad")]


@pytest.mark.parametrize(("name", "transform"), PAIRS)
def test_traced_indices_have_an_error_of_their_own(name: str, transform: str) -> None:
    jax, sp = require("jax"), require("sparsead.jax")
    program, argument = TRACED[name]
    with pytest.raises(NoDerivativeError, match=rf"(?s)expected: .*got:      {argument} = \w+, traced\n  fix: "):
        _traced_by(jax)[transform](lambda i: program(sp, i), ROWS)
