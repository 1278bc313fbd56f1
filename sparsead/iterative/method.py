"""Method: an iterative method as a backend, which all front-ends, rules and the store then know how to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparsead.backends.backend import Backend
from sparsead.iterative.preconditioners.jacobi import Jacobi
from sparsead.iterative.recipe import Recipe
from sparsead.iterative.set_up import SetUps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.krylov import Krylov
    from sparsead.iterative.preconditioners.preconditioner import Preconditioner
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


class Method(Recipe, Backend):
    """An iterative method; made by `cg`, `minres`, `gmres`, `bicgstab`, compared by value."""

    releases_gil = False

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

    def missing(self) -> str | None:
        """Return what the preconditioner misses."""
        return self.preconditioner.missing()

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether the matrix is Hermitian, or need not be."""
        return not self.krylov.hermitian or structure.on(is_complex=is_complex).hermitian

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> SetUps:
        """Return what makes set-ups for matrices of the pattern; nothing symbolic happens."""
        return SetUps(self, pattern, structure)


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
