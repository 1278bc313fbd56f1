"""One generator of cases for each rule: hard patterns, shapes and types, with the dense oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparsead.factors.options import SolveOptions
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.product import product
from sparsead.pattern.slots import Slots
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from sparsead.rules import Rule


@dataclass(frozen=True)
class Case:
    """Where a rule is checked."""

    name: str
    primals: tuple[Any, ...]
    static: dict[str, Any]
    oracle: Callable[..., Any]
    of: Callable[[Rule], Rule] = lambda rule: rule  # the rule as one of these primals alone


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    """Short decimals, so that a failure is readable."""
    drawn = np.round(rng.standard_normal(shape), 2)
    if np.dtype(dtype).kind == "c":
        drawn = drawn + 1j * np.round(rng.standard_normal(shape), 2)
    return drawn.astype(dtype)


def patterns(rng: np.random.Generator) -> dict[str, tuple[Pattern, Slots]]:
    """Make patterns that break careless index code."""
    some = {"rows": rng.integers(0, 7, 25), "cols": rng.integers(0, 5, 25)}
    return {
        "duplicates": from_triplets(some["rows"], some["cols"], (7, 5)),
        "empty row and column": from_triplets([0, 3, 3, 0], [4, 0, 4, 4], (5, 6)),
        "1x1": from_triplets([0, 0], [0, 0], (1, 1)),
        "long indices": from_triplets(some["rows"], some["cols"], (7, 5), dtype=np.int64),
        "nothing stored": from_triplets([], [], (3, 2)),
    }


def dense(values: Any, pattern: Pattern) -> Any:
    """Return the full matrices, shape (b, m, n)."""
    full = np.zeros((len(values), *pattern.shape), values.dtype)
    full[:, pattern.indices, pattern.cols] = values
    return full


def solve(dtype: Any) -> Iterator[Case]:
    """Yield matrices of every structure and backend that is always there."""
    rng = np.random.default_rng(1)
    for name, n, structure, backend in (
        ("general", 7, Structure(), None),
        ("general, SuperLU", 30, Structure(), "superlu"),
        ("symmetric", 8, Structure(symmetric=True), None),
        ("positive definite", 8, Structure(positive_definite=True), None),
        ("positive definite, SuperLU", 30, Structure(positive_definite=True), "superlu"),
        ("1x1", 1, Structure(), None),
        ("upper triangular", 6, Structure(triangular="upper"), None),
    ):
        pattern, values = _matrix(rng, n, structure, dtype)
        for trans, k in (("N", 1), ("T", 3), ("N", 0)):
            b = numbers(rng, (1, k, n), dtype)
            static = {"pattern": pattern, "options": SolveOptions(structure, backend), "trans": trans}
            yield Case(f"{name}, trans={trans}, k={k}", (values, b), static, _dense_solve(pattern, trans))
    permuted, _ = from_triplets([1, 2, 0, 0], [0, 1, 2, 2], (3, 3))
    static = {"pattern": permuted, "options": SolveOptions(), "trans": "N"}
    b = np.asfortranarray(numbers(rng, (1, 2, 3), dtype))
    yield Case("permuted, b by columns", (numbers(rng, (1, 3), dtype) + 2, b), static, _dense_solve(permuted, "N"))


def _matrix(rng: np.random.Generator, n: int, structure: Structure, dtype: Any) -> tuple[Pattern, Any]:
    """Make well-conditioned values that the structure allows, one stored entry zero.

    The checker moves every entry by itself, so a symmetric matrix has zeros, stored, off its diagonal; tangents
    and cotangents see all entries, the unsymmetric directions included.
    """
    rows, cols = rng.integers(0, n, 4 * n), rng.integers(0, n, 4 * n)
    if structure.triangular == "upper":
        rows, cols = np.minimum(rows, cols), np.maximum(rows, cols)
    rows, cols = np.r_[rows, cols, np.arange(n)], np.r_[cols, rows, np.arange(n)]
    if structure.triangular == "upper":
        rows, cols = np.minimum(rows, cols), np.maximum(rows, cols)
    pattern, _ = from_triplets(rows, cols, (n, n))
    on_diagonal = pattern.indices == pattern.cols
    values = numbers(rng, (1, pattern.size), dtype) * 0.1
    values[:, 0 if n > 1 and not on_diagonal[0] else -1] = 0
    values[:, on_diagonal] = 3 + np.abs(values[:, on_diagonal])
    if structure.symmetric or structure.positive_definite:
        values[:, ~on_diagonal] = 0
    return pattern, values


def _dense_solve(pattern: Pattern, trans: str) -> Callable[..., Any]:
    def oracle(values: Any, b: Any) -> Any:
        full = dense(values, pattern)
        full = full if trans == "N" else full.swapaxes(1, 2)
        return np.linalg.solve(full, b.swapaxes(1, 2)).swapaxes(1, 2)

    return oracle


def spmv(dtype: Any) -> Iterator[Case]:
    """Yield products with every pattern, both ways."""
    rng = np.random.default_rng(2)
    for name, (pattern, _) in patterns(rng).items():
        for trans, k in (("N", 1), ("T", 3), ("N", 0)):
            length = pattern.shape[trans == "N"]
            primals = numbers(rng, (2, pattern.size), dtype), numbers(rng, (2, k, length), dtype)
            letters = "bij,bkj->bki" if trans == "N" else "bij,bki->bkj"

            def oracle(values: Any, x: Any, pattern: Pattern = pattern, letters: str = letters) -> Any:
                return np.einsum(letters, dense(values, pattern), x)

            yield Case(f"{name}, trans={trans}, k={k}", primals, {"pattern": pattern, "trans": trans}, oracle)


def sddmm(dtype: Any) -> Iterator[Case]:
    """Yield sampled products on every pattern."""
    rng = np.random.default_rng(3)
    for name, (pattern, _) in patterns(rng).items():
        for k in (0, 1, 3):
            primals = tuple(numbers(rng, (2, k, extent), dtype) for extent in pattern.shape)

            def oracle(u: Any, v: Any, pattern: Pattern = pattern) -> Any:
                return np.einsum("bki,bkj->bij", u, v)[:, pattern.indices, pattern.cols]

            yield Case(f"{name}, k={k}", primals, {"pattern": pattern}, oracle)


def spgemm(dtype: Any) -> Iterator[Case]:
    """Yield A B and both its transposes, of patterns with empty rows and columns, and of one that stores nothing."""
    rng = np.random.default_rng(6)
    some = from_triplets(rng.integers(0, 6, 14), rng.integers(0, 5, 14), (6, 5))[0]
    other = from_triplets(rng.integers(0, 5, 11), rng.integers(0, 4, 11), (5, 4))[0]
    gaps, nothing = from_triplets([0, 3, 3, 0], [4, 0, 4, 1], (6, 5))[0], from_triplets([], [], (5, 4))[0]
    for name, left, right in (
        ("A @ B", some, other),
        ("gaps", gaps, other),
        ("nothing in common", from_triplets([0, 1], [1, 1], (3, 2))[0], from_triplets([0], [0], (2, 2))[0]),
        ("nothing stored", some, nothing),
    ):
        patterns = {"left": left, "right": right, "out": product(left, right).pattern}
        for role, (x, y) in {"out": ("left", "right"), "left": ("out", "right"), "right": ("left", "out")}.items():
            primals = tuple(numbers(rng, (2, patterns[name].size), dtype) for name in (x, y))
            static = {"product": product(left, right), "role": role}
            yield Case(f"{name}, {role}", primals, static, _dense_product(patterns, role, x, y))


def _dense_product(patterns: dict[str, Pattern], role: str, x: str, y: str) -> Callable[..., Any]:
    letters = {"out": "bij,bjk->bik", "left": "bik,bjk->bij", "right": "bij,bik->bjk"}[role]
    kept = patterns[role]

    def oracle(of_x: Any, of_y: Any) -> Any:
        full = np.einsum(letters, dense(of_x, patterns[x]), dense(of_y, patterns[y]))
        return full[:, kept.indices, kept.cols]

    return oracle


def sum_triplets(dtype: Any) -> Iterator[Case]:
    """Yield sums into every pattern, and into slots of which some get nothing."""
    rng = np.random.default_rng(4)
    sparse = Slots(np.array([5, 0, 5, 2]), 7)
    for name, slots in {**{k: v for k, (_, v) in patterns(rng).items()}, "slots without triplets": sparse}.items():

        def oracle(triplets: Any, slots: Slots = slots) -> Any:
            total = np.zeros((len(triplets), slots.size), triplets.dtype)
            np.add.at(total, (slice(None), slots.slot), triplets)
            return total

        yield Case(name, (numbers(rng, (2, len(slots)), dtype),), {"slots": slots}, oracle)


def gather(dtype: Any) -> Iterator[Case]:
    """Yield choices from every pattern."""
    rng = np.random.default_rng(5)
    for name, (_, slots) in patterns(rng).items():

        def oracle(stored: Any, slots: Slots = slots) -> Any:
            return stored[:, slots.slot]

        yield Case(name, (numbers(rng, (2, slots.size), dtype),), {"slots": slots}, oracle)


def logdet(dtype: Any) -> Iterator[Case]:
    """Yield matrices of every structure, some of negative determinant."""
    rng = np.random.default_rng(6)
    for name, pattern, values, options in _factorized(rng, dtype):

        def oracle(values: Any, pattern: Pattern = pattern) -> Any:
            det = np.linalg.det(dense(values, pattern))
            factor = np.ones(1) if np.dtype(dtype).kind == "c" else np.sign(det.real)
            return np.stack([np.log(det * factor), factor + 0 * det], 1)[:, None]

        yield Case(name, (values,), {"pattern": pattern, "options": options, "positive": False}, oracle)


def selected_inverse(dtype: Any) -> Iterator[Case]:
    """Yield the inverse, and its product with a matrix in between."""
    rng = np.random.default_rng(7)
    for name, pattern, values, options in _factorized(rng, dtype):
        for m in (0, 1):
            between = tuple(numbers(rng, values.shape, dtype) for _ in range(m))

            def oracle(values: Any, *between: Any, pattern: Pattern = pattern) -> Any:
                z = np.linalg.inv(dense(values, pattern))
                chain = z
                for factor in between:
                    chain = chain @ dense(factor, pattern) @ z
                return chain[:, pattern.cols, pattern.indices]

            yield Case(f"{name}, m={m}", (values, *between), {"pattern": pattern, "options": options}, oracle)


def _factorized(rng: np.random.Generator, dtype: Any) -> Iterator[tuple[str, Pattern, Any, SolveOptions]]:
    for name, n, structure, backend in (
        ("general", 7, Structure(), None),
        ("general, SuperLU", 30, Structure(), "superlu"),
        ("symmetric", 8, Structure(symmetric=True), None),
        ("positive definite, SuperLU", 30, Structure(positive_definite=True), "superlu"),
        ("upper triangular", 6, Structure(triangular="upper"), None),
    ):
        pattern, values = _matrix(rng, n, structure, dtype)
        if not structure.positive_definite:
            values[:, pattern.diagonal[0]] *= -1
        yield name, pattern, values, SolveOptions(structure, backend)


CASES: dict[str, Callable[[Any], Iterator[Case]]] = {
    "solve": solve,
    "spmv": spmv,
    "sddmm": sddmm,
    "spgemm": spgemm,
    "sum_triplets": sum_triplets,
    "gather": gather,
    "logdet": logdet,
    "selected_inverse": selected_inverse,
}
