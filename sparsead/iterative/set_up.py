"""Set-up: what a recipe becomes for one matrix; it solves by iterations, as a factorization does by substitution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.backend import Analysis, Factorization, Pivots, Trans, not_positive_definite
from sparsead.errors import SingularMatrixError
from sparsead.factors.range import exponents, shifted
from sparsead.factors.values import all_finite
from sparsead.iterative.drive import drive
from sparsead.iterative.failures import negative_curvature, not_finite
from sparsead.iterative.krylov.blocks import norms
from sparsead.iterative.krylov.operators import Operators
from sparsead.iterative.krylov.watch import Watch
from sparsead.iterative.symmetry import check_hermitian
from sparsead.iterative.system import System
from sparsead.iterative.warm import Solutions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.preconditioners.preconditioner import Prepared
    from sparsead.iterative.recipe import Recipe
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_EPS = float(np.finfo(float).eps)


class SetUps(Analysis):
    """One pattern: makes a set-up for each matrix, and keeps what these share."""

    symbolic = False
    counted = "setups"

    def __init__(self, recipe: Recipe, pattern: Pattern, structure: Structure) -> None:
        self._recipe, self._pattern, self._structure = recipe, pattern, structure
        self._shared: dict[str, Any] = {}
        self._solutions = Solutions() if recipe.warm_start else None

    @property
    def nbytes(self) -> int:  # type: ignore[override]
        """Memory of the solutions that the next solves may begin with. Unit: [byte]."""
        return self._solutions.nbytes if self._solutions else 0

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the set-up for a matrix.

        Raises
        ------
        SingularMatrixError, NotPositiveDefiniteError
            If the matrix shows at once that it cannot be solved with: a row of zeros, a diagonal that is not positive.
        StructureError
            If the method needs a Hermitian preconditioner and this one is none.
        """
        system = System(self._pattern, self._structure, values)
        _check_rows(system, definite=self._recipe.krylov.definite)
        prepared = self._recipe.preconditioner.set_up(system, self._shared)
        made = SetUp(self._recipe, system, prepared, self._solutions)
        if self._recipe.krylov.hermitian:
            precondition = made.operators(transposed=False).precondition
            check_hermitian(self._recipe.krylov.name, precondition, self._pattern.shape[0], values)
        return made


class SetUp(Factorization):
    """A matrix and its preconditioner; solves by iterations."""

    backward_stable = True
    pivots = Pivots(ratio=1.0)

    def __init__(self, recipe: Recipe, system: System, prepared: Prepared, solutions: Solutions | None) -> None:
        self._recipe, self._structure, self._prepared, self._solutions = recipe, system.structure, prepared, solutions
        self._products = prepared.products or system.products
        self._calls = 0
        self._norm = float(norms(system.values[None])[0])
        self.nbytes = self._products.nbytes + prepared.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        return self.solve_to(self._recipe.rtol, b, trans)

    def solve_to(self, rtol: float, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x with ``|b - op(A) x| <= rtol |b|`` for each row of b.

        Raises
        ------
        ConvergenceError, NotPositiveDefiniteError, NonFiniteError
            If that cannot be reached.
        """
        if not len(b):
            return np.empty_like(b)
        symmetric, hermitian = self._structure.symmetric, self._structure.hermitian
        transposed = trans != "N" and not (symmetric or hermitian)
        # op(A) is conj(A) or conj(A^T): the solution is the conjugate of that for conj(b)
        if (trans == "H" and not hermitian) or (trans == "T" and hermitian and not symmetric):
            return np.conj(self._solve(np.conj(b), transposed=transposed, rtol=rtol))
        return self._solve(b, transposed=transposed, rtol=rtol)

    def operators(self, *, transposed: bool) -> Operators:
        """Return matrix and preconditioner, or their transposes, as functions of blocks."""
        product = partial(self._products.product, transposed=transposed)
        return Operators(product, partial(self._precondition, transposed=transposed))

    def _solve(self, b: NDArray[Any], *, transposed: bool, rtol: float) -> NDArray[Any]:
        powers = exponents(b)
        b = shifted(b, -powers)
        of = self.operators(transposed=transposed)
        watch = Watch(norms(b), rtol, self._recipe.limit(b.shape[1]))
        begin = None if self._solutions is None else self._solutions.nearest(b, of.product)
        self._wait(watch)
        x = drive(self._recipe.krylov, of, b, begin, watch, partial(self._renewed, watch), self._rounding)
        self._prepared.spend(watch.iteration - watch.since)
        if self._solutions is not None:
            self._solutions.add(b, x)
        return shifted(x, powers)

    def _wait(self, watch: Watch) -> None:
        """Let the next loop iterate as long as the preconditioner has patience."""
        patience = self._prepared.patience
        watch.until = watch.limit if patience is None else min(watch.limit, watch.iteration + patience)

    def _renewed(self, watch: Watch) -> bool:
        """Renew a preconditioner whose patience is at an end."""
        if watch.iteration < watch.until or watch.iteration >= watch.limit:
            return False
        self._prepared.renew()
        watch.since = watch.iteration
        self._wait(watch)
        return True

    def _precondition(self, r: NDArray[Any], *, transposed: bool) -> NDArray[Any]:
        z = self._prepared.apply(r, transposed=transposed)
        self._calls += 1
        if not all_finite(z):
            row = int(np.argmax(~np.isfinite(z).all(axis=0)))
            value = z[~np.isfinite(z)][0].item()
            raise not_finite(repr(self._recipe.preconditioner), self._calls, row, value)
        return z

    def _rounding(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Norm of the residual that rounding leaves of a solution, at most: eps |A| |x|, shape (k,)."""
        return _EPS * self._norm * norms(x)


def _check_rows(system: System, *, definite: bool) -> None:
    """Raise where the diagonal of a definite matrix is not positive, or a row or column is zero."""
    pattern, sizes, diagonal = system.pattern, np.abs(system.values), system.diagonal.real
    wrong = np.flatnonzero(~(diagonal > 0))
    if wrong.size and system.structure.positive_definite:
        raise not_positive_definite(int(wrong[0]))
    of_rows = np.zeros(pattern.shape[0])
    np.maximum.at(of_rows, pattern.indices, sizes)
    empty = np.flatnonzero((of_rows == 0) | (np.maximum.reduceat(sizes, pattern.indptr[:-1]) == 0))
    if empty.size:
        raise SingularMatrixError(
            "matrix is singular",
            expected=f"a nonsingular matrix, shape {pattern.shape}",
            got=f"a row or column of zeros at dof {empty[0]}",
            fix="remove the dependent equation, or prescribe that dof",
            dof=int(empty[0]),
        )
    if wrong.size and definite:
        raise negative_curvature(float(diagonal[wrong[0]]), int(wrong[0]), 0)
