"""Matrices that cannot be solved with, or are not what they were declared: refused by every backend, and located."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import NotPositiveDefiniteError, SingularMatrixError, StructureError
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.errors.ways import COLS, ROWS, VALUES, B, N, Program, Way

ANY_MATRIX = ("dense", "banded", "pardiso", "umfpack", "cvxopt", "superlu")
DEFINITE_ONLY = (*ANY_MATRIX, "cholmod")
SINGULAR = (
    r"(zero pivot (in column|at dof) \d+|a zero pivot in column \d+"
    r"|.*dof \d+ moves most in the motion that meets no resistance)"
)


PROGRAMS: dict[Any, Program] = {}


def solve(backend: str | None = None, rows: Any = ROWS, cols: Any = COLS, n: int = N, **declared: Any) -> Program:
    """Return a solve: of the same description the same function, which is compiled once for all values and loads."""
    described = (backend, *rows, *cols, n, *declared.items())
    return PROGRAMS.setdefault(
        described, lambda sp, v, b: sp.solve(sp.coo(rows, cols, v, (n, n), **declared), b, backend=backend)
    )


# ------------------------------------------------------------------------------------------------- structural
STRUCTURAL = {
    "empty column": ([0, 1, 0, 1, 2], [0, 0, 2, 2, 2], r"column 1 is empty \(and row 2 has no pivot left\)", 1),
    "empty row": ([0, 0, 2, 2, 2], [0, 1, 0, 1, 2], r"row 1 is empty \(and column 2 has no pivot left\)", 2),
    "two columns in one row": (
        [0, 1, 2, 2, 2],
        [0, 0, 0, 1, 2],
        r"column 2 is dependent on other .* \(and row 1 .*",
        2,
    ),
}


@pytest.mark.parametrize("backend", [None, *ANY_MATRIX])
@pytest.mark.parametrize("name", STRUCTURAL)
def test_structurally_singular_matrix_is_named_by_column_and_row(name: str, backend: str | None, way: Way) -> None:
    if backend:
        backend_or_skip(backend)
    rows, cols, got, column = STRUCTURAL[name]
    error = way.refuses(solve(backend, rows, cols), VALUES, B, error=SingularMatrixError, got=got)
    if not way.compiled:
        assert error.column == error.dof == column


# -------------------------------------------------------------------------------------------------- numerical
def chain(n: int, floating_from: int) -> tuple[Any, Any, Any]:
    """Return triplets of a chain of masses, cut before `floating_from`; the first part is held at its start."""
    first = np.array([i for i in range(n - 1) if i != floating_from - 1])
    stiffness = 1.0 + first % 3
    rows = np.r_[0, first, first + 1, first, first + 1]
    cols = np.r_[0, first, first + 1, first + 1, first]
    return rows, cols, np.r_[1.0, stiffness, stiffness, -stiffness, -stiffness]


def balanced(n: int, floating_from: int) -> Any:
    """Return loads that the floating part could bear: they add up to nothing, so that a solution exists."""
    loads = np.random.default_rng(0).standard_normal(n)
    loads[floating_from:] -= loads[floating_from:].mean()
    return loads


@pytest.mark.parametrize("declared", [{}, {"symmetric": True}], ids=["general", "symmetric"])
@pytest.mark.parametrize("backend", [None, *ANY_MATRIX])
@pytest.mark.parametrize("load", ["any", "balanced"])
@pytest.mark.parametrize(("n", "floating_from"), [(12, 7), (700, 650)])
def test_floating_part_is_located(n: int, floating_from: int, load: str, backend: Any, declared: Any, way: Way) -> None:
    if backend:
        backend_or_skip(backend)
    rows, cols, values = chain(n, floating_from)
    b = np.ones(n) if load == "any" else balanced(n, floating_from)
    program = solve(backend, rows, cols, n, **declared)
    error = way.refuses(program, values, b, error=SingularMatrixError, got=SINGULAR)
    if not way.compiled:
        assert floating_from <= error.dof < n


@pytest.mark.parametrize("declared", [{}, {"symmetric": True}], ids=["general", "symmetric"])
@pytest.mark.parametrize("backend", [None, *ANY_MATRIX])
@pytest.mark.parametrize("b", [B, np.array([1.0, 2.0, 1.0])], ids=["any load", "load in the range"])
def test_dependent_equations_are_located(b: Any, backend: Any, declared: Any, way: Way) -> None:
    if backend:
        backend_or_skip(backend)
    values = np.array([1.0, 5.0, 1.0, 1.0, 1.0])  # rows 0 and 2 are the same
    error = way.refuses(solve(backend, **declared), values, b, error=SingularMatrixError, got=SINGULAR)
    if not way.compiled:
        assert error.dof in (0, 2)


@pytest.mark.parametrize("backend", [None, *ANY_MATRIX])
@pytest.mark.parametrize("values", [[3.0, 0.0, 2.0, 1.0, 1.0], [3.0, 1e-30, 2.0, 1.0, 1.0]], ids=["zero", "1e-30"])
def test_vanishing_equation_is_located(values: Any, backend: Any, way: Way) -> None:
    """A row of 1e-30 is one of other units: solved; a row of zeros is not."""
    if backend:
        backend_or_skip(backend)
    if values[1]:
        x = way.run(solve(backend), np.array(values), B * [1, 1e-30, 1])
        assert x[1] == pytest.approx(-2.0, rel=1e-14)
        return
    error = way.refuses(solve(backend), np.array(values), B, error=SingularMatrixError, got=SINGULAR)
    if not way.compiled:
        assert error.dof == 1


@pytest.mark.parametrize("backend", ANY_MATRIX)
def test_singular_complex_matrix_is_located(backend: str, way: Way) -> None:
    backend_or_skip(backend)
    values = np.array([1j, 5, 1j, 1j, 1j])
    error = way.refuses(solve(backend), values, B + 0j, error=SingularMatrixError, got=SINGULAR)
    if not way.compiled:
        assert error.dof in (0, 2)


@pytest.mark.parametrize("triangle", ["lower", "upper"])
def test_zero_on_the_diagonal_of_a_triangle_is_located(triangle: Any, way: Way) -> None:
    rows, cols = (ROWS[[0, 1, 2, 4]], COLS[[0, 1, 2, 4]]) if triangle == "lower" else (ROWS[:4], COLS[:4])
    program = solve(None, rows, cols, triangular=triangle)
    got = r"A\[1, 1\] = 0 \(dof 1\)"
    way.refuses(program, np.array([4.0, 0.0, 6.0, 1.0]), B, error=SingularMatrixError, got=got)


def test_identity_of_zeros_is_located(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.solve(sp.diags([v]), b)

    way.refuses(program, np.array([1.0, 2.0, 0.0]), B, error=SingularMatrixError, got=SINGULAR)


# ------------------------------------------------------------------------------------------- declared structure
@pytest.mark.parametrize("backend", [None, *DEFINITE_ONLY])
@pytest.mark.parametrize(
    ("values", "columns"),
    [([1.0, -5.0, 1.0, 0.2, 0.2], (1,)), ([1.0, 5.0, 1.0, 2.0, 2.0], (0, 2)), ([0.0, 5.0, 1.0, 2.0, 2.0], (0, 2))],
    ids=["negative diagonal", "large off the diagonal", "zero on the diagonal"],
)
def test_matrix_that_is_not_positive_definite_is_located(values: Any, columns: Any, backend: Any, way: Way) -> None:
    if backend:
        backend_or_skip(backend)
    program = solve(backend, positive_definite=True)
    got = rf"a pivot that is not positive in column [{''.join(map(str, columns))}]"
    error = way.refuses(program, np.array(values), B, error=NotPositiveDefiniteError, got=got)
    if not way.compiled:
        assert error.column in columns


@pytest.mark.parametrize("backend", DEFINITE_ONLY)
def test_large_matrix_that_is_not_positive_definite_is_located(backend: str, way: Way) -> None:
    backend_or_skip(backend)
    rows, cols, values = chain(700, 700)
    values = np.where((rows == cols) & (rows == 333), -8.0, values)
    program = solve(backend, rows, cols, 700, positive_definite=True)
    got = r"a pivot that is not positive in column \d+"
    way.refuses(program, values, np.ones(700), error=NotPositiveDefiniteError, got=got)


NOT_SYMMETRIC: dict[str, tuple[dict[str, bool], Any, str]] = {
    "symmetric": ({"symmetric": True}, [4.0, 5.0, 6.0, 1.0, 2.0], r"A\[2, 0\] = 2\.0, A\[0, 2\] = 1\.0"),
    "in the last digits": (
        {"symmetric": True},
        [4.0, 5.0, 6.0, 1.0, 1.0 + 1e-11],
        r"A\[2, 0\] = 1\.00000000001, A\[0, 2\] = 1\.0",
    ),
    "positive definite": (
        {"positive_definite": True},
        [4.0, 5.0, 6.0, 1.0, 2.0],
        r"A\[2, 0\] = 2\.0, A\[0, 2\] = 1\.0",
    ),
    "Hermitian": ({"hermitian": True}, [4, 5, 6, 1 + 1j, 1 + 1j], r"A\[2, 0\] = \(1\+1j\), A\[0, 2\] = \(1\+1j\)"),
    "complex diagonal": ({"hermitian": True}, [4, 5 + 1j, 6, 1, 1], r"A\[1, 1\] = \(5\+1j\), A\[1, 1\] = \(5\+1j\)"),
    "complex symmetric": (
        {"symmetric": True},
        [4, 5, 6, 1 + 1j, 1 - 1j],
        r"A\[2, 0\] = \(1-1j\), A\[0, 2\] = \(1\+1j\)",
    ),
}


@pytest.mark.parametrize("backend", [None, "superlu"])
@pytest.mark.parametrize("name", NOT_SYMMETRIC)
def test_matrix_that_is_not_symmetric_is_located(name: str, backend: Any, way: Way) -> None:
    declared, values, got = NOT_SYMMETRIC[name]
    values = np.array(values)
    error = way.refuses(solve(backend, **declared), values, B.astype(values.dtype), error=StructureError, got=got)
    if not way.compiled:
        assert {error.row, error.column} in ({0, 2}, {1})


ONE_TRIANGLE = ([0, 1, 2, 2, 1], [0, 1, 2, 0, 0])


@pytest.mark.parametrize("declared", ["symmetric", "hermitian", "positive_definite"])
def test_one_triangle_only_is_named(declared: str, way: Way) -> None:
    program = solve(None, *ONE_TRIANGLE, **{declared: True})
    way.refuses(program, VALUES, B, error=StructureError, got=r"no entry at \(0, 1\)")


@pytest.mark.parametrize(("triangle", "place"), [("lower", r"\(0, 2\)"), ("upper", r"\(2, 0\)")])
def test_entry_in_the_other_triangle_is_named(triangle: Any, place: str, way: Way) -> None:
    program = solve(None, triangular=triangle)
    way.refuses(program, VALUES, B, error=StructureError, got=rf"an entry at {place}")


def test_rectangular_matrix_declared_symmetric_is_named(way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.coo(ROWS, COLS, v, (N, 4), symmetric=True).values

    way.refuses(program, VALUES, B, error=StructureError, got=r"shape \(3, 4\)")


@pytest.mark.parametrize("trans", ["T", "H"])
def test_error_of_a_transposed_solve_says_whose_dof_it_names(trans: str, way: Way) -> None:
    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.solve(sp.coo([0, 0, 1, 1], [0, 1, 0, 1], v, (2, 2)), b, trans=trans)

    error = way.refuses(
        program, np.array([1.0, 2.0, 2.0, 4.0]), np.array([1.0, 2.0]), error=SingularMatrixError, got=".*"
    )
    notes = str(error) if way.compiled else " ".join(error.__notes__)
    assert "the dof is one of the matrix itself" in notes
