"""A method is a backend: it obeys the laws of one, for matrices that it is for, with a tolerance near rounding."""

from __future__ import annotations

import pytest

from sparsead.iterative import amg, cg
from sparsead.testing import check_backend
from sparsead.testing.problems import hard_problems
from tests.conftest import require


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("preconditioner", ["jacobi", "amg"])
def test_cg_obeys_the_laws_of_a_backend(preconditioner: str, seed: int) -> None:
    if preconditioner == "amg":
        require("pyamg")
    chosen = amg() if preconditioner == "amg" else None
    problems = [problem for problem in hard_problems(seed) if problem.structure.positive_definite]
    check_backend(cg(chosen, rtol=1e-13), problems, seed=seed)
