"""Method: a Krylov method with its preconditioner and tolerance, as a backend: a set-up for a matrix, then solves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, not_positive_definite
from sparsead.errors import SingularMatrixError
from sparsead.factors.range import exponents, shifted
from sparsead.factors.values import all_finite
from sparsead.iterative.drive import drive
from sparsead.iterative.failures import negative_curvature, not_finite
from sparsead.iterative.krylov.blocks import norms
from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.krylov.operators import Operators
from sparsead.iterative.krylov.watch import Watch
from sparsead.iterative.preconditioners.jacobi import Jacobi
from sparsead.iterative.preconditioners.preconditioner import (
    Preconditioner,
    Prepared,
    check_count,
    described,
    impossible,
)
from sparsead.iterative.symmetry import check_hermitian
from sparsead.iterative.system import System
from sparsead.iterative.warm import Solutions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_EPS = float(np.finfo(float).eps)
_LEAST = 4 * _EPS
_ITERATIONS = 10_000


@dataclass(frozen=True, repr=False)
class Method(Backend):
    """An iterative method; made by `cg`, `minres`, `gmres`, `bicgstab`, compared by value.

    Parameters
    ----------
    krylov : Krylov
        What iterates.
    preconditioner : Preconditioner
        What nearly solves.
    rtol, adjoint_rtol : float
        Largest relative residual of solutions, and of those that carry derivatives back.
    max_iterations : int or None
        Limit; None for ten times the unknowns, 10,000 at most.
    warm_start : bool
        Whether a solve begins where an earlier one with the same pattern ended.
    """

    krylov: Krylov
    preconditioner: Preconditioner
    rtol: float = 1e-8
    adjoint_rtol: float = 1e-8
    max_iterations: int | None = None
    warm_start: bool = False

    def __post_init__(self) -> None:
        for name in ("rtol", "adjoint_rtol"):
            _check_tolerance(name, getattr(self, name))
        if self.max_iterations is not None:
            check_count("max_iterations", self.max_iterations)
        if not isinstance(self.preconditioner, Preconditioner):
            raise impossible(
                "preconditioner",
                self.preconditioner,
                expected="what sparsead.iterative.jacobi(), amg(), ilu(), user(...) return",
                fix="call it: preconditioner=sparsead.iterative.amg(); a function of yours goes into user(apply)",
            )

    @property
    def name(self) -> str:  # type: ignore[override]
        """Name of the method."""
        return self.krylov.name

    @property
    def advice(self) -> str:  # type: ignore[override]
        """What to do with a matrix that is not Hermitian."""
        return (
            f"declare positive_definite=True or hermitian=True if A = A^H; {self.name} is for these only: a complex "
            "symmetric matrix (A = A^T) is none, nor a general one: method gmres() or bicgstab()"
        )

    @property
    def releases_gil(self) -> bool:  # type: ignore[override]
        """Whether other Python threads run meanwhile: hardly."""
        return False

    def missing(self) -> str | None:
        """Return what the preconditioner misses."""
        return self.preconditioner.missing()

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether the matrix is Hermitian, or need not be."""
        return not self.krylov.hermitian or structure.on(is_complex=is_complex).hermitian

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> SetUps:
        """Return what makes set-ups for matrices of the pattern; nothing symbolic happens."""
        return SetUps(self, pattern, structure)

    def limit(self, n: int) -> int:
        """Return the iterations allowed for n unknowns."""
        return min(10 * n, _ITERATIONS) if self.max_iterations is None else self.max_iterations

    def __repr__(self) -> str:
        inner = described(self.name, self.krylov)[:-1]
        parts = [f"preconditioner={self.preconditioner!r}", f"rtol={self.rtol:g}"]
        parts += [f"adjoint_rtol={self.adjoint_rtol:g}"] if self.adjoint_rtol != self.rtol else []
        parts += [f"max_iterations={self.max_iterations}"] if self.max_iterations is not None else []
        parts += ["warm_start=True"] if self.warm_start else []
        return f"{inner}{', ' if not inner.endswith('(') else ''}{', '.join(parts)})"


def method(
    krylov: Krylov,
    preconditioner: Preconditioner | None,
    rtol: float,
    adjoint_rtol: float | None,
    max_iterations: int | None,
    warm_start: bool,
) -> Method:
    """Return a method; without a preconditioner that of Jacobi, without a tolerance of adjoints the one there is."""
    preconditioner = Jacobi() if preconditioner is None else preconditioner
    adjoint_rtol = rtol if adjoint_rtol is None else adjoint_rtol
    return Method(krylov, preconditioner, rtol, adjoint_rtol, max_iterations, warm_start)


class SetUps(Analysis):
    """One pattern: makes a set-up for each matrix, and keeps what these share."""

    symbolic = False
    counted = "setups"

    def __init__(self, method: Method, pattern: Pattern, structure: Structure) -> None:
        self._method, self._pattern, self._structure = method, pattern, structure
        self._shared: dict[str, Any] = {}
        self._solutions = Solutions() if method.warm_start else None

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
        _check_rows(system, definite=self._method.krylov.definite)
        prepared = self._method.preconditioner.set_up(system, self._shared)
        made = SetUp(self._method, system, prepared, self._solutions)
        if self._method.krylov.hermitian:
            precondition = made.operators(transposed=False).precondition
            check_hermitian(self._method.name, precondition, self._pattern.shape[0], values)
        return made


class SetUp(Factorization):
    """A matrix and its preconditioner; solves by iterations."""

    backward_stable = True
    pivots = Pivots(ratio=1.0)

    def __init__(self, method: Method, system: System, prepared: Prepared, solutions: Solutions | None) -> None:
        self._method, self._structure, self._prepared, self._solutions = method, system.structure, prepared, solutions
        self._products = prepared.products or system.products
        self._calls = 0
        self._norm = float(norms(system.values[None])[0])
        self.nbytes = self._products.nbytes + prepared.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        return self.solve_to(self._method.rtol, b, trans)

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
        watch = Watch(norms(b), rtol, self._method.limit(b.shape[1]))
        begin = None if self._solutions is None else self._solutions.nearest(b, of.product)
        self._wait(watch)
        x = drive(self._method.krylov, of, b, begin, watch, partial(self._renewed, watch), self._rounding)
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
            raise not_finite(repr(self._method.preconditioner), self._calls, row, value)
        return z

    def _rounding(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Norm of the residual that rounding leaves of a solution, at most: eps |A| |x|, shape (k,)."""
        return _EPS * self._norm * norms(x)


def _check_tolerance(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float | int | np.floating) or not _LEAST <= value < 1:
        raise impossible(
            name,
            value,
            expected=f"a relative residual from {_LEAST:.0e}, what float64 gives at best, to less than 1",
            fix=f"pass for example {name}=1e-8; for digits to rounding take the direct solver",
        )


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
