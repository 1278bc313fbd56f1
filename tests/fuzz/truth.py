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
from tests.fuzz.reference import Ball, Reference, Scaled, inverse, product, scaled

_TAME_CONDITION = 1e6
_TAME_SIZE = 1e15
_TAME_SPREAD = 1e6


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
    def load(self) -> Ball:
        """The right-hand side, of which XLA loses what is subnormal."""
        lost = self.smallest if self.case.front != "numpy" else 0.0
        return Ball(self.b, np.full(self.b.shape, lost, np.longdouble))

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
    def scaled(self) -> Scaled:
        """The matrix taken apart into units and numbers near one."""
        return scaled(self.raw)

    @cached_property
    def scaled_inverse(self) -> Any:
        """Inverse of the scaled matrix in extended precision, None if it has none."""
        return inverse(self.scaled.middle)

    @cached_property
    def condition(self) -> float:
        """Condition number of the scaled matrix in the largest row sums; infinite where it is singular."""
        if self.case.n == 0:
            return 1.0
        if self.scaled_inverse is None:
            return np.inf
        sums = (np.abs(part).sum(axis=1).max() for part in (self.scaled.middle, self.scaled_inverse))
        return float(np.prod([*sums]))

    @cached_property
    def least_condition(self) -> float:
        """Condition number in the best units of rows and columns [1]_; infinite where the matrix is singular.

        Over all diagonal D and E the smallest condition number of D A E in the largest row sums is the spectral
        radius of |A^-1| |A|. A graded matrix can be sound in units that `scaled` did not find.

        References
        ----------
        .. [1] F. L. Bauer, "Optimally scaled matrices", Numer. Math. 5 (1963), doi:10.1007/BF01385880.
        """
        if self.case.n == 0:
            return 1.0
        if self.scaled_inverse is None:
            return np.inf
        sizes = np.abs(self.scaled_inverse) @ np.abs(self.scaled.middle)
        return float(np.abs(np.linalg.eigvals(sizes.astype(float))).max())

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
        """Whether the solution comes in single precision."""
        types = (np.asarray(self.case.exact[name]).dtype for name in ("values", "b"))
        return np.result_type(*(dtype if dtype.kind in "fc" else np.float64 for dtype in types)).char in "fF"

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

    @property
    def limits(self) -> Any:
        """Limits of the type of the answer."""
        return np.finfo(np.float32 if self.is_single else np.float64)

    @property
    def smallest(self) -> float:
        """Size below which numbers are lost: XLA takes subnormal ones for zero."""
        limit = self.limits
        return float(limit.smallest_subnormal if self.case.front == "numpy" else limit.tiny)

    @cached_property
    def reference(self) -> Reference:
        """Solves with op(A) in extended precision."""
        return self._reference(self.operator)

    @cached_property
    def adjoint(self) -> Reference:
        """Solves with the transpose of op(A): its equations are the columns, which have units of their own."""
        return self._reference(self.operator.T)

    def _reference(self, operator: Any) -> Reference:
        last_place = float(self.limits.eps)
        return Reference(operator, rounding=self.rounding, last_place=last_place, smallest=2 * self.smallest)

    @property
    def rounding(self) -> float:
        """Relative rounding in the matrix and its factors."""
        return float(np.finfo(np.float32 if self.loses_digits else np.float64).eps)

    @property
    def loses_digits(self) -> bool:
        """Whether the factors are of single precision, or the values that are factorized sums in it."""
        if self.case.exact["values"].dtype.char not in "fF":
            return False
        sums = len(self.values) > self.stored.sum()
        single = self.case.precision == "single" and (self.is_single or self.case.operation == "factorize")
        return bool(sums or single)

    def values_bar(self, lam: Ball, x: Ball) -> Ball:
        """Cotangent of the triplets: minus lam x^T of op(A), read back through op and view, at each triplet."""
        n, places = self.case.n, (self.case.exact["rows"], self.case.exact["cols"])
        columns = [Ball(*(part.reshape(n, -1) for part in ball)) for ball in (lam, x)]
        outer = product(columns[0], Ball(*(part.T for part in columns[1])))
        center, radius = -outer.center, outer.radius
        for mark in (self.trans, self.case.view[1:].replace("conj()", "C")):
            center, radius = (center.T, radius.T) if mark in ("T", "H") else (center, radius)
            center = center.conj() if mark in ("H", "C") else center
        bar = center[places]
        return Ball(bar if np.iscomplexobj(self.values) else bar.real, radius[places])

    @cached_property
    def may_overflow(self) -> bool:
        """Whether the solution or its derivatives may be out of range, by their bound as a power of ten."""
        if self.case.n == 0 or not np.isfinite(self.condition):
            return True
        sizes = np.abs(self.raw[self.raw != 0]).astype(np.longdouble)
        of_b = max(float(np.log10(np.abs(self.b).max(initial=1e-4900) + np.longdouble(1e-4900))), 0.0)
        bound = of_b + float(np.log10(self.condition)) - 2 * min(0.0, float(np.log10(sizes.min())))
        return bound > (30 if self.is_single else 290)

    @property
    def is_harsh(self) -> bool:
        """Whether the input is bad or extreme: a fault, or a matrix, number, size or option out of the ordinary."""
        case = self.case
        if case.fault or case.n < 2 or case.k == 0 or case.limit is not None or not self.condition < _TAME_CONDITION:
            return True
        if case.backend == "triangular" and "triangular" not in case.declared:
            return True
        sizes = [np.abs(part[part != 0]) for part in (self.raw, self.b) if part.any()]
        extreme = any(
            s.max() > _TAME_SIZE or s.min() < 1 / _TAME_SIZE or s.max() > _TAME_SPREAD * s.min() for s in sizes
        )
        return bool(extreme or self.asymmetry or self.pattern_breaks_declaration)
