"""A method is a backend: it obeys the laws of one, for matrices that it is for, with a tolerance near rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sparsead.iterative import amg, bicgstab, cg, gmres, ilu, minres
from sparsead.iterative.method import Method
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared
from sparsead.testing import check_backend
from sparsead.testing.backend_cases import Case
from sparsead.testing.backend_checks import check_solutions
from sparsead.testing.problems import Problem, hard_problems
from tests.conftest import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import System


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("preconditioner", ["jacobi", "amg"])
def test_cg_obeys_the_laws_of_a_backend(preconditioner: str, seed: int) -> None:
    if preconditioner == "amg":
        require("pyamg")
    chosen = amg() if preconditioner == "amg" else None
    problems = [problem for problem in hard_problems(seed) if problem.structure.positive_definite]
    check_backend(cg(chosen, rtol=1e-13), problems, seed=seed)


def suits(problem: Problem) -> bool:
    # of rows whose entries span twelve orders rounding alone leaves more than 1e-13 |b|
    return problem.is_square and problem.structure.triangular is None and "badly scaled" not in problem.name


def is_hermitian(problem: Problem) -> bool:
    return problem.structure.on(is_complex=bool(np.iscomplexobj(problem.values))).hermitian


@pytest.mark.parametrize("method", [gmres(ilu(), rtol=1e-13), bicgstab(ilu(), rtol=1e-13)], ids=["gmres", "bicgstab"])
def test_methods_for_general_matrices_obey_the_laws(method: Method) -> None:
    check_backend(method, [problem for problem in hard_problems() if suits(problem)])


@dataclass(frozen=True)
class Magnitude(Preconditioner):
    """The inverse of |A|, which has the absolute values of the eigenvalues: two or three iterations are enough."""

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        full = system.products.plain.toarray()
        if system.structure.positive_definite:
            return InverseMagnitude(np.linalg.inv(full))
        eigenvalues, vectors = np.linalg.eigh(full)
        return InverseMagnitude((vectors / np.abs(eigenvalues)) @ vectors.conj().T)


class InverseMagnitude(Prepared):
    """A full matrix that multiplies residuals."""

    def __init__(self, inverse: NDArray[Any]) -> None:
        self.inverse, self.nbytes = inverse, inverse.nbytes

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        return r @ (self.inverse if transposed else self.inverse.T)


def hermitian_problems() -> list[Problem]:
    return [problem for problem in hard_problems() if suits(problem) and is_hermitian(problem)]


def test_minres_obeys_the_laws() -> None:
    """In few iterations: their number is no matter for what lives together, is dropped, or runs in threads."""
    check_backend(minres(Magnitude(), rtol=3e-13), hermitian_problems())


@pytest.mark.parametrize("problem", hermitian_problems(), ids=lambda problem: problem.name)
def test_minres_by_the_diagonal_solves_to_rounding(problem: Problem) -> None:
    """In as many iterations as there are unknowns and more, after which Lanczos' vectors are orthogonal no longer."""
    check_solutions(minres(rtol=3e-13), Case.of(problem), np.random.default_rng(0))
