"""The errors of iterative methods in every way in which a program runs: four lines, the place, and life goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import BackendError, ConvergenceError, NonFiniteError, NotPositiveDefiniteError, SparseADError
from sparsead.iterative import bicgstab, cg, gmres, user
from tests.sparsead.errors.ways import COLS, ROWS, VALUES, WAYS, B, N, way


def nan(r: Any) -> Any:
    return np.nan * r


CASES: dict[str, tuple[Any, Any, type[SparseADError], str]] = {
    "limit": (cg(max_iterations=1), VALUES, ConvergenceError, r"0\.\d+ \|b\| after 1 iterations \(the limit\).*"),
    "curvature": (cg(), np.array([4.0, 5.0, 6.0, 9.0, 9.0]), NotPositiveDefiniteError, r"p\^H A p = -.*"),
    "diagonal": (cg(), -VALUES, NotPositiveDefiniteError, r"p\^H A p = -4 p\^H p in iteration 0; dof 0 .*"),
    "NaN": (gmres(user(nan)), VALUES, NonFiniteError, r"nan at dof 0 in call 1 of user\(.*"),
    "matrix": (bicgstab(), np.array([4.0, np.nan, 6.0, 1.0, 1.0]), NonFiniteError, r"A\[1, 1\] = nan .*"),
    "declared": (cg(), VALUES, BackendError, "a general matrix of type float64"),
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_error_has_its_four_lines(case: str, name: str) -> None:
    method, values, error, got = CASES[case]

    def program(sp: Any, v: Any, b: Any) -> Any:
        matrix = sp.coo(ROWS, COLS, v, (N, N), symmetric=case != "declared")
        return sp.solve(matrix, b, method=method)

    way(name).refuses(program, values, B, error=error, got=got)
