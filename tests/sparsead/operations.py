"""Every public operation as a function of arrays, for any front-end, with its dense oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

M, N = 6, 5
_RNG = np.random.default_rng(11)
# Duplicates, unsorted, row 4 and column 1 empty in the rectangular matrix.
RECT = np.array([5, 0, 2, 5, 1, 0, 3, 0, 5]), np.array([4, 2, 0, 4, 3, 2, 2, 0, 3])
OTHER = np.array([0, 4, 5, 3, 1]), np.array([2, 1, 4, 0, 3])
SQUARE = np.r_[np.arange(N), [0, 3, 1, 4, 2, 0, 0]], np.r_[np.arange(N), [3, 0, 4, 1, 0, 2, 0]]
COLUMN_POINTERS = np.array([0, 3, 3, 5, 7, 9])
COLUMN_INDICES = np.array([3, 0, 3, 5, 1, 1, 0, 2, 2])  # unsorted, repeated, column 1 empty
MASK = np.array([True, False, True, True, False, True])


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes
    ----------
    f : callable
        ``f(sp, *arrays)`` with a front-end; returns a dense array.
    oracle : callable
        ``oracle(*arrays)`` by dense NumPy.
    shapes : tuple
        Shapes of the arrays.
    analytic : bool
        Whether nothing is conjugated.
    solves : bool
        Whether there is a factorization.
    """

    name: str
    f: Callable[..., Any]
    oracle: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    analytic: bool = True
    solves: bool = False

    def arrays(self, dtype: Any, seed: int = 0) -> tuple[Any, ...]:
        """Draw short decimals; of a matrix that is solved with, the first N triplets are its large diagonal."""
        rng = np.random.default_rng(seed)
        drawn = []
        for shape in self.shapes:
            array = np.round(rng.standard_normal(shape), 2)
            if np.dtype(dtype).kind == "c":
                array = array + 1j * np.round(rng.standard_normal(shape), 2)
            drawn.append(array.astype(dtype))
        if self.solves:
            drawn[0][:N] += 8
        return tuple(drawn)


def full(places: Any, values: Any, shape: tuple[int, int]) -> Any:
    """Return the dense matrix of triplets."""
    matrix = np.zeros(shape, values.dtype)
    np.add.at(matrix, places, values)
    return matrix


def rect(sp: Any, values: Any) -> Any:
    """Return the rectangular matrix."""
    return sp.coo(*RECT, values, (M, N))


def square(sp: Any, values: Any) -> Any:
    """Return the square matrix."""
    return sp.coo(*SQUARE, values, (N, N))


def _on(
    name: str,
    build: Any,
    places: Any,
    shape: tuple[int, int],
    f: Any,
    oracle: Any,
    *shapes: tuple[int, ...],
    **facts: bool,
) -> Operation:
    """An operation on one matrix and further arrays: ``f(sp, A, *arrays)``, ``oracle(dense A, *arrays)``."""
    return Operation(
        name,
        lambda sp, values, *rest: f(sp, build(sp, values), *rest),
        lambda values, *rest: oracle(full(places, values, shape), *rest),
        ((len(places[0]),), *shapes),
        **facts,
    )


def _rect(name: str, f: Any, oracle: Any, *shapes: tuple[int, ...], **facts: bool) -> Operation:
    return _on(name, rect, RECT, (M, N), f, oracle, *shapes, **facts)


def _square(name: str, f: Any, oracle: Any, *shapes: tuple[int, ...], **facts: bool) -> Operation:
    return _on(name, square, SQUARE, (N, N), f, oracle, *shapes, **facts)


def _two(name: str, f: Any, oracle: Any, **facts: bool) -> Operation:
    """An operation on two matrices of different patterns."""
    return Operation(
        name,
        lambda sp, a, b: sp.to_dense(f(rect(sp, a), sp.coo(*OTHER, b, (M, N)))),
        lambda a, b: oracle(full(RECT, a, (M, N)), full(OTHER, b, (M, N))),
        ((len(RECT[0]),), (len(OTHER[0]),)),
        **facts,
    )


PRODUCTS = [
    _rect("A @ x", lambda sp, a, x: a @ x, lambda a, x: a @ x, (N,)),
    _rect("A @ X", lambda sp, a, x: a @ x, lambda a, x: a @ x, (N, 3)),
    _rect("A @ X, one column", lambda sp, a, x: a @ x, lambda a, x: a @ x, (N, 1)),
    _rect("A @ X, no columns", lambda sp, a, x: a @ x, lambda a, x: a @ x, (N, 0)),
    _rect("x @ A", lambda sp, a, x: x @ a, lambda a, x: x @ a, (M,)),
    _rect("X @ A", lambda sp, a, x: x @ a, lambda a, x: x @ a, (3, M)),
    _rect("A.T @ x", lambda sp, a, x: a.T @ x, lambda a, x: a.T @ x, (M,)),
    _rect("A.H @ X", lambda sp, a, x: a.H @ x, lambda a, x: a.conj().T @ x, (M, 2), analytic=False),
    _rect("A.conj() @ x", lambda sp, a, x: a.conj() @ x, lambda a, x: a.conj() @ x, (N,), analytic=False),
    _rect("A.H.T.conj() @ x", lambda sp, a, x: a.H.T.conj() @ x, lambda a, x: a @ x, (N,), analytic=False),
]
ALGEBRA = [
    _two("A @ B.T", lambda a, b: a @ b.T, lambda a, b: a @ b.T),
    _two("A.T @ B", lambda a, b: a.T @ b, lambda a, b: a.T @ b),
    _two("A.H @ B", lambda a, b: a.H @ b, lambda a, b: a.conj().T @ b, analytic=False),
    _two("B @ A.T @ A", lambda a, b: b @ a.T @ a, lambda a, b: b @ a.T @ a),
    _square("A @ A", lambda sp, a: sp.to_dense(a @ a), lambda a: a @ a),
    _two("entrywise product", lambda a, b: a * b, lambda a, b: a * b),
    Operation(
        "kron",
        lambda sp, a, b: sp.to_dense(sp.kron(rect(sp, a), sp.coo(*OTHER, b, (M, N)))),
        lambda a, b: np.kron(full(RECT, a, (M, N)), full(OTHER, b, (M, N))),
        ((len(RECT[0]),), (len(OTHER[0]),)),
    ),
    _square("tril", lambda sp, a: sp.to_dense(sp.tril(a)), np.tril),
    _rect("tril below the diagonal", lambda sp, a: sp.to_dense(sp.tril(a, -1)), lambda a: np.tril(a, -1)),
    _rect("triu of A.T", lambda sp, a: sp.to_dense(sp.triu(a.T, 2)), lambda a: np.triu(a.T, 2)),
]
CONVERSIONS = [
    _rect("to_dense", lambda sp, a: sp.to_dense(a), lambda a: a),
    _rect("to_dense of A.T", lambda sp, a: sp.to_dense(a.T), lambda a: a.T),
    _rect("to_dense of A.H", lambda sp, a: sp.to_dense(a.H), lambda a: a.conj().T, analytic=False),
    _rect("plain A.H @ x", lambda sp, a, x: a.H.plain() @ x, lambda a, x: a.conj().T @ x, (M,), analytic=False),
    _rect("diagonal", lambda sp, a: a.diagonal(), np.diagonal),
    _square("diagonal of A.T", lambda sp, a: a.T.diagonal(), np.diagonal),
    _square("diagonal of A.H", lambda sp, a: a.H.diagonal(), lambda a: np.diagonal(a).conj(), analytic=False),
]
SUMS = [
    _two("A + B", lambda a, b: a + b, lambda a, b: a + b),
    _two("A - B", lambda a, b: a - b, lambda a, b: a - b),
    _two("A.T + B.T", lambda a, b: a.T + b.T, lambda a, b: (a + b).T),
    _two("A.H - B.H", lambda a, b: a.H - b.H, lambda a, b: (a - b).conj().T, analytic=False),
    _square("A + A.T", lambda sp, a: sp.to_dense(a + a.T), lambda a: a + a.T),
    _square("A - 2 A", lambda sp, a: sp.to_dense(a - 2 * a), lambda a: -a),
    _rect("-A", lambda sp, a: sp.to_dense(-a), lambda a: -a),
    _square("A + identity", lambda sp, a: sp.to_dense(a + sp.eye(N)), lambda a: a + np.eye(N)),
]
SCALINGS = [
    _rect("c * A", lambda sp, a, c: sp.to_dense(c * a), lambda a, c: c * a, ()),
    _rect("A * c", lambda sp, a, c: sp.to_dense(a * c), lambda a, c: c * a, ()),
    _rect("A / c", lambda sp, a, c: sp.to_dense(a / (c + 3)), lambda a, c: a / (c + 3), ()),
    _rect("c * A.H", lambda sp, a, c: sp.to_dense(c * a.H), lambda a, c: c * a.conj().T, (), analytic=False),
    _rect("rows scaled", lambda sp, a, r: sp.to_dense(a * r), lambda a, r: a * r, (M, 1)),
    _rect("columns scaled", lambda sp, a, c: sp.to_dense(a * c), lambda a, c: a * c, (N,)),
    _rect("columns scaled, (1, n)", lambda sp, a, c: sp.to_dense(c * a), lambda a, c: a * c, (1, N)),
    _rect("columns of A.T scaled", lambda sp, a, c: sp.to_dense(a.T * c), lambda a, c: a.T * c, (M,)),
    _rect("entrywise square", lambda sp, a: sp.to_dense(a * a), lambda a: a * a),
]
SELECTIONS = [
    _rect("rows selected", lambda sp, a: sp.to_dense(a.select([5, 0])), lambda a: a[[5, 0]]),
    _rect("columns selected", lambda sp, a: sp.to_dense(a.select(None, [4, 0, 2])), lambda a: a[:, [4, 0, 2]]),
    _rect("mask", lambda sp, a: sp.to_dense(a.select(MASK, [3, 2])), lambda a: a[MASK][:, [3, 2]]),
    _rect("repeated", lambda sp, a: sp.to_dense(a.select([0, 0, 5], [2, 4, 2])), lambda a: a[[0, 0, 5]][:, [2, 4, 2]]),
    _rect("of A.T", lambda sp, a: sp.to_dense(a.T.select([2, 3], MASK)), lambda a: a.T[[2, 3]][:, MASK]),
    _rect("rows by a slice", lambda sp, a: sp.to_dense(a[4:0:-2]), lambda a: a[4:0:-2]),
    _rect("columns indexed", lambda sp, a: sp.to_dense(a[:, [4, 0]]), lambda a: a[:, [4, 0]]),
    _rect(
        "rows and columns", lambda sp, a: sp.to_dense(a[np.ix_([5, 0], [4, 3])]), lambda a: a[np.ix_([5, 0], [4, 3])]
    ),
    _rect("entries", lambda sp, a: a[[5, 0, 5, 4], [4, 2, 4, 1]], lambda a: a[[5, 0, 5, 4], [4, 2, 4, 1]]),
    _rect("entries of A.H", lambda sp, a: a.H[[4, 2], 5], lambda a: a.conj().T[[4, 2], 5], analytic=False),
    _rect("one entry", lambda sp, a: a[5, 4], lambda a: a[5, 4]),
    _rect("nothing", lambda sp, a: sp.to_dense(a.select([], [1])), lambda a: a[[]][:, [1]]),
]


def _blocks(sp: Any, a: Any) -> Any:
    return sp.to_dense(sp.block([[a, None], [None, a.T], [a * 2.0, None]]))


def _dense_blocks(a: Any) -> Any:
    return np.block([[a, np.zeros((M, M))], [np.zeros((N, N)), a.T], [2 * a, np.zeros((M, M))]])


def _diagonals(upper: Any, main: Any, lower: Any) -> Any:
    matrix = np.zeros((4, 5), np.result_type(upper, main, lower))
    matrix[np.arange(3), np.arange(2, 5)] += upper
    matrix[np.arange(4), np.arange(4)] += main
    matrix[np.arange(1, 4), np.arange(3)] += lower
    return matrix


CONSTRUCTORS = [
    _rect("block", _blocks, _dense_blocks),
    Operation(
        "diags",
        lambda sp, *d: sp.to_dense(sp.diags(d, [2, 0, -1], (4, 5))),
        _diagonals,
        ((3,), (4,), (3,)),
    ),
    Operation("diags of one", lambda sp, d: sp.to_dense(sp.diags([d])), np.diag, ((4,),)),
    Operation(
        "triplets",
        lambda sp, v: sp.to_dense(sp.triplets(*RECT, (M, N))(v)),
        lambda v: full(RECT, v, (M, N)),
        ((9,),),
    ),
    Operation(
        "csc",
        lambda sp, v: sp.to_dense(sp.csc(v, COLUMN_INDICES, COLUMN_POINTERS, (M, N))),
        lambda v: full((COLUMN_INDICES, np.repeat(np.arange(N), np.diff(COLUMN_POINTERS))), v, (M, N)),
        ((9,),),
    ),
    Operation(
        "csr",
        lambda sp, v: sp.to_dense(sp.csr(v, COLUMN_INDICES, COLUMN_POINTERS, (N, M))),
        lambda v: full((np.repeat(np.arange(N), np.diff(COLUMN_POINTERS)), COLUMN_INDICES), v, (N, M)),
        ((9,),),
    ),
]


def _solve(name: str, f: Any, oracle: Any, b: tuple[int, ...], analytic: bool = True) -> Operation:
    return _square(name, f, oracle, b, analytic=analytic, solves=True)


_inv = np.linalg.solve
SOLVES = [
    _solve("solve", lambda sp, a, b: sp.solve(a, b), _inv, (N,)),
    _solve("solve, three loads", lambda sp, a, b: sp.solve(a, b), _inv, (N, 3)),
    _solve("solve, one load of two axes", lambda sp, a, b: sp.solve(a, b), _inv, (N, 1)),
    _solve("solve, no load", lambda sp, a, b: sp.solve(a, b), _inv, (N, 0)),
    _solve("solve, trans=T", lambda sp, a, b: sp.solve(a, b, trans="T"), lambda a, b: _inv(a.T, b), (N, 2)),
    _solve("solve, trans=H", lambda sp, a, b: sp.solve(a, b, trans="H"), lambda a, b: _inv(a.conj().T, b), (N,), False),
    _solve("solve with A.T", lambda sp, a, b: sp.solve(a.T, b), lambda a, b: _inv(a.T, b), (N,)),
    _solve("solve with A.H", lambda sp, a, b: sp.solve(a.H, b), lambda a, b: _inv(a.conj().T, b), (N, 2), False),
    _solve("A.H, trans=H", lambda sp, a, b: sp.solve(a.H, b, trans="H"), _inv, (N,), False),
    _solve(
        "A.conj(), trans=T",
        lambda sp, a, b: sp.solve(a.conj(), b, trans="T"),
        lambda a, b: _inv(a.conj().T, b),
        (N,),
        False,
    ),
    _solve("solve by SuperLU", lambda sp, a, b: sp.solve(a, b, backend="superlu"), _inv, (N, 2)),
    _solve(
        "solve of sum", lambda sp, a, b: sp.solve(a + 3 * sp.eye(N), b), lambda a, b: _inv(a + 3 * np.eye(N), b), (N,)
    ),
    _solve("solve, twice", lambda sp, a, b: sp.solve(a, sp.solve(a.T, b)), lambda a, b: _inv(a, _inv(a.T, b)), (N,)),
    _solve("b . A^-1 b", lambda sp, a, b: b @ sp.solve(a, b), lambda a, b: b @ _inv(a, b), (N,)),
]


def _stacked(sp: Any, a: Any) -> Any:
    return sp.block([[a], [sp.eye(N)]])


def _fitted(a: Any, b: Any) -> Any:
    tall = np.vstack([a, np.eye(N)])
    return np.linalg.solve(tall.conj().T @ tall, tall.conj().T @ b)


def _shortest(a: Any, b: Any) -> Any:
    wide = np.hstack([a, np.eye(N)])
    return wide.conj().T @ np.linalg.solve(wide @ wide.conj().T, b)


LEAST_SQUARES = [
    _solve("lstsq", lambda sp, a, b: sp.lstsq(_stacked(sp, a), b), _fitted, (2 * N, 2), False),
    _solve("lstsq, wide", lambda sp, a, b: sp.lstsq(_stacked(sp, a.T).T, b), _shortest, (N,), False),
]


HELD = np.array([0, 0, 1, 1]), np.array([0, 3, 1, 4])


def _saddle(sp: Any, a: Any, b: Any, f: Any) -> Any:
    x, y = sp.solve_saddle(square(sp, a).H @ square(sp, a), sp.coo(*HELD, b, (2, N)), f[:N], f[N:], sp.eye(2))
    return x[:2] * y


def _dense_saddle(a: Any, b: Any, f: Any) -> Any:
    a, b = full(SQUARE, a, (N, N)), full(HELD, b, (2, N))
    both = np.linalg.solve(np.block([[a.conj().T @ a, b.conj().T], [b, -np.eye(2)]]), f)
    return both[:2] * both[N:]


SADDLE_POINTS = [
    Operation("solve_saddle", _saddle, _dense_saddle, ((12,), (4,), (N + 2,)), analytic=False, solves=True),
]


def _condensed(sp: Any, a: Any, b: Any, x: Any) -> Any:
    S, g, expand = sp.condense(a, b, [3, 0])
    return S @ g @ expand(x)[1]


def _dense_schur(a: Any) -> Any:
    ends, inner = [3, 0], [1, 2, 4]
    return a[np.ix_(ends, ends)] - a[np.ix_(ends, inner)] @ np.linalg.solve(a[np.ix_(inner, inner)], a[inner][:, ends])


def _dense_condensed(a: Any, b: Any, x: Any) -> Any:
    ends, inner = [3, 0], [1, 2, 4]
    within, coupling = a[np.ix_(inner, inner)], a[np.ix_(inner, ends)]
    g = b[ends] - a[np.ix_(ends, inner)] @ np.linalg.solve(within, b[inner])
    return _dense_schur(a) @ g @ np.linalg.solve(within, b[inner] - coupling @ x)[0]


CONDENSATIONS = [
    _square("schur of A.T", lambda sp, a: sp.schur(a.T, [3, 0]), lambda a: _dense_schur(a.T), solves=True),
    _square("condense", _condensed, _dense_condensed, (N, 2), (2, 2), solves=True),
]


def _low_rank(name: str, f: Any, oracle: Any, *b: tuple[int, ...]) -> Operation:
    return _square(
        name,
        lambda sp, a, u, c, v, *b: f(sp, a, 0.3 * u, c, v, *b),
        lambda a, u, c, v, *b: oracle(a + 0.3 * u @ c @ v.T, *b),
        (N, 2),
        (2, 2),
        (N, 2),
        *b,
        solves=True,
    )


UPDATES = [
    _low_rank("solve_low_rank", lambda sp, a, *rest: sp.solve_low_rank(a, *rest), _inv, (N,)),
    _low_rank("logdet_low_rank", lambda sp, *rest: sp.logdet_low_rank(*rest), lambda a: np.log(np.linalg.det(a))),
]


def _inverse_on_pattern(a: Any) -> Any:
    stored = np.zeros((N, N), bool)
    stored[SQUARE] = True
    return np.linalg.inv(a) * stored.T


DETERMINANTS = [
    _square("logdet", lambda sp, a: sp.logdet(a), lambda a: np.log(np.linalg.det(a)), solves=True),
    _square(
        "logdet of A.H",
        lambda sp, a: sp.logdet(a.H, backend="superlu"),
        lambda a: np.log(np.linalg.det(a)).conj(),
        analytic=False,
        solves=True,
    ),
    _square(
        "slogdet",
        lambda sp, a: sp.slogdet(a)[0] * sp.slogdet(a)[1],
        lambda a: np.multiply(*np.linalg.slogdet(a)),
        analytic=False,
        solves=True,
    ),
    _square(
        "selected inverse",
        lambda sp, a: sp.to_dense(sp.selected_inverse(a, backend="superlu")),
        _inverse_on_pattern,
        solves=True,
    ),
    _square(
        "selected inverse of A.T",
        lambda sp, a: sp.to_dense(sp.selected_inverse(a.T)),
        lambda a: _inverse_on_pattern(a).T,
        solves=True,
    ),
]
OPERATIONS = [
    *PRODUCTS,
    *ALGEBRA,
    *CONVERSIONS,
    *SUMS,
    *SCALINGS,
    *SELECTIONS,
    *CONSTRUCTORS,
    *SOLVES,
    *LEAST_SQUARES,
    *SADDLE_POINTS,
    *CONDENSATIONS,
    *UPDATES,
    *DETERMINANTS,
]
