"""Facts of a fuzz case by dense linear algebra, without the library.

Everything is computed from the triplets in extended precision, with whose
range of exponents nothing overflows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from tests.fuzz.generate import Case


class Truth:
    """Facts of a case, by dense linear algebra."""

    def __init__(self, case: Case) -> None:
        self.case = case
        exact = case.exact
        self.values = exact["values"].astype(np.clongdouble if exact["values"].dtype.kind == "c" else np.longdouble)
        self.stored = np.zeros((case.n, case.n), bool)
        self.stored[exact["rows"], exact["cols"]] = True
        self.raw = np.zeros((case.n, case.n), self.values.dtype)
        np.add.at(self.raw, (exact["rows"], exact["cols"]), self.values)
        self.b = np.asarray(exact["b"])
        self.b = self.b.astype(np.clongdouble if self.b.dtype.kind == "c" else np.longdouble)

    @cached_property
    def seen(self) -> Any:
        """The matrix through the view of the case."""
        return self.through_view(self.raw)

    @property
    def trans(self) -> str:
        """Operation of the solve."""
        return "N" if self.case.operation == "norm" else self.case.trans

    def applied(self, seen: Any) -> Any:
        """op(A) of the solve, for A as the view shows it."""
        return {"N": seen, "T": seen.T, "H": seen.conj().T}[self.trans]

    @cached_property
    def operator(self) -> Any:
        """op(A) of the solve."""
        return self.applied(self.seen)

    def through_view(self, raw: Any) -> Any:
        """A matrix of raw values as the view of the case shows it."""
        return {"": raw, ".T": raw.T, ".H": raw.conj().T, ".conj()": raw.conj()}[self.case.view]

    @cached_property
    def structural_rank_is_full(self) -> bool:
        """Whether stored entries can cover a diagonal."""
        return self.case.n == 0 or bool((maximum_bipartite_matching(csr_array(self.stored)) >= 0).all())

    @cached_property
    def scaled(self) -> Any:
        """The matrix with rows and columns scaled to largest entries of one, a few times over."""
        full = np.abs(self.raw) * 0 + self.raw
        for _ in range(4):
            for axis in (1, 0):
                largest = np.abs(full).max(axis=axis, keepdims=True, initial=0)
                full = full / np.where(largest > 0, largest, 1)
        return full

    @cached_property
    def condition(self) -> float:
        """Condition number of the scaled matrix; infinite where it is singular to working precision."""
        if self.case.n == 0:
            return 1.0
        if (~(self.raw != 0).any(axis=0)).any() or (~(self.raw != 0).any(axis=1)).any():
            return np.inf
        singular = np.linalg.svd(self.scaled.astype(complex), compute_uv=False)
        return float(singular[0] / singular[-1]) if singular[-1] > 0 else np.inf

    @cached_property
    def has_subnormal(self) -> bool:
        """Whether an entry is so small that digits are lost."""
        sizes = np.abs(self.raw[self.raw != 0])
        return bool((sizes < np.finfo(self.case.exact["values"].dtype).tiny).any())

    @cached_property
    def spread(self) -> float:
        """Largest entry over smallest."""
        sizes = np.abs(self.raw[self.raw != 0])
        return float(sizes.max() / sizes.min()) if sizes.size else 1.0

    @cached_property
    def asymmetry(self) -> float:
        """Largest relative difference from the declared symmetry."""
        declared = self.case.declared
        hermitian = "hermitian" in declared or "positive_definite" in declared
        if not (hermitian or "symmetric" in declared):
            return 0.0
        other = self.raw.conj().T if hermitian else self.raw.T
        size = np.sqrt(np.abs(np.diagonal(self.raw)))
        scale = np.maximum(np.maximum(np.abs(self.raw), np.abs(other)), size[:, None] * size)
        return float((np.abs(self.raw - other) / np.where(scale > 0, scale, 1)).max(initial=0))

    @cached_property
    def pattern_breaks_declaration(self) -> bool:
        """Whether the stored entries alone contradict what was declared."""
        declared = self.case.declared
        triangle = declared.get("triangular")
        if triangle:
            outside = np.triu(self.stored, 1) if triangle == "lower" else np.tril(self.stored, -1)
            return bool(outside.any())
        return bool(declared) and not np.array_equal(self.stored, self.stored.T)

    @cached_property
    def definiteness(self) -> float:
        """Smallest eigenvalue of the matrix with a diagonal scaled to one; minus infinity where that has a sign."""
        diagonal = np.diagonal(self.raw).real
        if (diagonal <= 0).any():
            return -np.inf
        root = np.sqrt(diagonal)
        scaled = (self.raw / root[:, None] / root).astype(complex)
        return float(np.linalg.eigvalsh((scaled + scaled.conj().T) / 2).min()) if self.case.n else 1.0

    @property
    def is_single(self) -> bool:
        """Whether something comes in single precision, so that the answer may."""
        return any(np.asarray(self.case.exact[name]).dtype.char in "fF" for name in ("values", "b"))

    @cached_property
    def absolute(self) -> Any:
        """Sum of the sizes of the triplets of each entry: what the rounding of a sum is relative to."""
        sizes = np.zeros(self.raw.shape, np.longdouble)
        np.add.at(sizes, (self.case.exact["rows"], self.case.exact["cols"]), np.abs(self.values))
        return self.through_view(sizes)

    @property
    def moved(self) -> Any:
        """op(dA) in the direction of the tangent."""
        exact = self.case.exact
        raw = np.zeros_like(self.raw)
        np.add.at(raw, (exact["rows"], exact["cols"]), exact["direction"].astype(exact["values"].dtype))
        return self.applied(self.through_view(raw))

    def solution(self, operator: Any, b: Any) -> Any:
        """Solution in extended precision: scaled, factorized in double, refined."""
        rows = np.abs(operator).max(axis=1, keepdims=True)
        cols = np.abs(operator / rows).max(axis=0, keepdims=True)
        scaled = operator / rows / cols
        inverse = np.linalg.inv(scaled.astype(complex))
        rhs = (b.reshape(len(b), -1) / rows).astype(np.clongdouble)
        x = np.zeros_like(rhs)
        for _ in range(6):
            x = x + inverse @ (rhs - scaled @ x)
        return (x / cols.T).reshape(b.shape)

    def values_bar(self, lam: Any, x: Any) -> Any:
        """Cotangent of the triplets: minus lam x^T of op(A), read back through op and view, at each triplet."""
        outer = -lam.reshape(self.case.n, -1) @ x.reshape(self.case.n, -1).T
        for mark in (self.trans, self.case.view[1:].replace("conj()", "C")):
            outer = outer.T if mark in ("T", "H") else outer
            outer = outer.conj() if mark in ("H", "C") else outer
        bar = outer[self.case.exact["rows"], self.case.exact["cols"]]
        return bar if np.iscomplexobj(self.values) else bar.real

    @cached_property
    def largest_solution(self) -> float:
        """A bound of what the solution and its derivatives can grow to, as a power of ten."""
        if self.case.n == 0 or not np.isfinite(self.condition):
            return np.inf
        sizes = np.abs(self.raw[self.raw != 0]).astype(np.longdouble)
        of_b = max(float(np.log10(np.abs(self.b).max(initial=1e-4900) + np.longdouble(1e-4900))), 0.0)
        return of_b + float(np.log10(self.condition)) - 2 * min(0.0, float(np.log10(sizes.min())))
