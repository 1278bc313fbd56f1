"""The kernels as rules see them, whatever the front-end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol


class Kernels(Protocol):
    """The kernels as one front-end sees them: host functions, primitives, or library functions.

    ``values`` are (b, s), vectors (b, k, n): a batch of matrices on one pattern, each with k vectors.
    """

    def solve(self, values: Any, b: Any, *, pattern: Any, options: Any, trans: str) -> Any:
        """Return x with op(A) x = b, shape (b, k, n), for `b` of that shape; `trans` is "N" or "T"."""
        ...

    def spmv(self, values: Any, x: Any, *, pattern: Any, trans: str) -> Any:
        """Return y = op(A) x, shape (b, k, m), or (b, k, n) if transposed."""
        ...

    def sddmm(self, u: Any, v: Any, *, pattern: Any) -> Any:
        """Return the sum over k of u[k, row s] v[k, col s], shape (b, s), for `u` (b, k, m) and `v` (b, k, n)."""
        ...

    def spgemm(self, x: Any, y: Any, *, product: Any, role: str) -> Any:
        """Return stored values (b, s) of C = A B ("out"), C B^T on A ("left") or A^T C on B ("right")."""
        ...

    def sum_triplets(self, triplets: Any, *, slots: Any) -> Any:
        """Return stored values, shape (b, s), from triplets, shape (b, t), each added to its slot."""
        ...

    def gather(self, stored: Any, *, slots: Any) -> Any:
        """Return the stored entry of each triplet, shape (b, t), from stored values, shape (b, s)."""
        ...

    def eigsh(self, stiffness: Any, mass: Any, *, patterns: Any, options: Any) -> Any:
        """Return the eigenpairs of ``K v = lambda M v``, shape (b, k, 1 + n)."""
        ...

    def bordered(
        self, stiffness: Any, mass: Any, pairs: Any, r: Any, *, patterns: Any, options: Any, trans: str, checked: bool
    ) -> Any:
        """Return z of the systems that derivatives of eigenpairs solve, shape of `r`, (b, m k, 1 + n)."""
        ...

    def repeated(self, stiffness: Any, mass: Any, pairs: Any, y: Any, *, patterns: Any, options: Any) -> Any:
        """Return what of y, shape (b, m k, n), lies along the other members of a repeated eigenvalue."""
        ...

    def alike(
        self, stiffness: Any, mass: Any, pairs: Any, g: Any, *, patterns: Any, options: Any, checked: bool
    ) -> Any:
        """Return g, shape (b, m, k), one number for each eigenvalue, checked where it is a cotangent."""
        ...

    def eigs(self, matrix: Any, mass: Any, *, patterns: Any, options: Any) -> Any:
        """Return the right and left eigenpairs of ``A v = lambda M v``, shape (b, k, 2 + 2 n)."""
        ...

    def two_sided(self, matrix: Any, mass: Any, pairs: Any, r: Any, *, patterns: Any, options: Any, trans: str) -> Any:
        """Return z of the systems that derivatives of both sides solve, shape of `r`, (b, m k, 2 + 2 n)."""
        ...

    def logdet(self, values: Any, *, pattern: Any, options: Any, positive: bool) -> Any:
        """Return (l, f) with det A = f exp(l), shape (b, 1, 2); `positive` makes a real f = -1 an error."""
        ...

    def selected_inverse(self, values: Any, *between: Any, pattern: Any, options: Any) -> Any:
        """Return (A^-1 D1 A^-1 ... Dm A^-1)[col s, row s], shape (b, s), for `between`, each of shape (b, s)."""
        ...


class KernelsByName(ABC):
    """The kernels of a front-end that evaluates all of them in one way, given the name."""

    @abstractmethod
    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Return the kernel `name` of the front-end's arrays."""

    def solve(self, values: Any, b: Any, **static: Any) -> Any:
        """Return x of op(A) x = b."""
        return self.evaluate("solve", values, b, **static)

    def spmv(self, values: Any, x: Any, **static: Any) -> Any:
        """Return op(A) x."""
        return self.evaluate("spmv", values, x, **static)

    def sddmm(self, u: Any, v: Any, **static: Any) -> Any:
        """Return sum_k u[k, row s] v[k, col s]."""
        return self.evaluate("sddmm", u, v, **static)

    def spgemm(self, x: Any, y: Any, **static: Any) -> Any:
        """Return A B, or one of its transposes on a pattern."""
        return self.evaluate("spgemm", x, y, **static)

    def sum_triplets(self, triplets: Any, **static: Any) -> Any:
        """Add triplets to their stored entries."""
        return self.evaluate("sum_triplets", triplets, **static)

    def gather(self, stored: Any, **static: Any) -> Any:
        """Return the stored entry of each triplet."""
        return self.evaluate("gather", stored, **static)

    def eigsh(self, stiffness: Any, mass: Any, **static: Any) -> Any:
        """Return eigenpairs."""
        return self.evaluate("eigsh", stiffness, mass, **static)

    def bordered(self, stiffness: Any, mass: Any, pairs: Any, r: Any, **static: Any) -> Any:
        """Return the solution of bordered systems."""
        return self.evaluate("bordered", stiffness, mass, pairs, r, **static)

    def repeated(self, stiffness: Any, mass: Any, pairs: Any, y: Any, **static: Any) -> Any:
        """Return what lies along the other members of a repeated eigenvalue."""
        return self.evaluate("repeated", stiffness, mass, pairs, y, **static)

    def alike(self, stiffness: Any, mass: Any, pairs: Any, g: Any, **static: Any) -> Any:
        """Return the numbers."""
        return self.evaluate("alike", stiffness, mass, pairs, g, **static)

    def eigs(self, matrix: Any, mass: Any, **static: Any) -> Any:
        """Return right and left eigenpairs."""
        return self.evaluate("eigs", matrix, mass, **static)

    def two_sided(self, matrix: Any, mass: Any, pairs: Any, r: Any, **static: Any) -> Any:
        """Return the solution of the systems of both sides."""
        return self.evaluate("two_sided", matrix, mass, pairs, r, **static)

    def logdet(self, values: Any, **static: Any) -> Any:
        """Return (l, f) with det A = f exp(l)."""
        return self.evaluate("logdet", values, **static)

    def selected_inverse(self, values: Any, *between: Any, **static: Any) -> Any:
        """Return entries of the inverse, or of a product of inverses, on the pattern."""
        return self.evaluate("selected_inverse", values, *between, **static)
