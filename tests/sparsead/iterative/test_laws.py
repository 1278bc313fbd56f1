"""A method is a backend: it obeys the laws of one, for matrices that it is for, with a tolerance near rounding."""

from __future__ import annotations

import numpy as np
import pytest

from sparsead.iterative import amg, bicgstab, cg, gmres, ilu, minres
from sparsead.iterative.method import Method
from sparsead.testing import check_backend
from sparsead.testing.problems import Problem, hard_problems
from tests.conftest import require


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


def test_minres_obeys_the_laws() -> None:
    check_backend(
        minres(rtol=3e-13), [problem for problem in hard_problems() if suits(problem) and is_hermitian(problem)]
    )
