"""The answers that contestants are checked against, made once per problem and certified by their residuals.

Any library may have made them: what certifies them is the backward error of both
solves, taken with SciPy's matrix product after a step of refinement.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import problems
from benchmarks.bare.pardiso import Pardiso
from benchmarks.contestant import Contestant

# Relative error allowed of a value, and of a gradient in the 2-norm.
TOLERANCE = 1e-8
# Backward error ‖Ax − b‖₂ / (‖A‖_F ‖x‖₂ + ‖b‖₂) above which a solve is no reference.
BACKWARD_ERROR = 1e-15


def place(problem: str, *, quick: bool) -> Path:
    """Return the file of the reference; a changed definition of the problems has another name."""
    source = hashlib.sha256(Path(problems.__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"sparsead-benchmarks-{os.getuid()}"
    return folder / f"{problem}-{'quick' if quick else 'full'}-{source}.npz"


def measure(problem: str, quick: bool) -> dict[str, float]:
    """Make the reference for the matrix of call 0, write it, and return how accurate it is.

    Raises
    ------
    ArithmeticError
        If a solve is not accurate enough to be a reference.
    """
    system = problems.make(problem, quick=quick)
    matrix = system.matrix(0)
    solver = Pardiso(system.indptr, system.indices, kind=11)
    solver.factorize(matrix.data)
    x, error = _refined(solver, matrix, system.b, "N")
    value = float(np.linalg.norm(x))
    adjoint, adjoint_error = _refined(solver, matrix.T, x / value, "T")
    if max(error, adjoint_error) > BACKWARD_ERROR:
        raise ArithmeticError(f"reference of problem {problem}: backward errors {error:.1e} and {adjoint_error:.1e}")
    file = place(problem, quick=quick)
    file.parent.mkdir(exist_ok=True)
    np.savez(file, value=value, gradient=-adjoint[system.indices] * x[system.cols])
    return {"value": value, "backward_error": max(error, adjoint_error)}


def deviation(contestant: Contestant, problem: str, quick: bool, answer: tuple[Any, Any]) -> float:
    """Return the larger of the relative errors of value and gradient; not a number counts as infinite."""
    with np.load(place(problem, quick=quick)) as reference:
        value, gradient = float(reference["value"]), contestant.expected(reference["gradient"])
    errors = [
        abs(float(answer[0]) - value) / value,
        float(np.linalg.norm(np.asarray(answer[1]) - gradient) / np.linalg.norm(gradient)),
    ]
    return max(error if np.isfinite(error) else np.inf for error in errors)


def _refined(solver: Pardiso, matrix: Any, b: NDArray[np.float64], trans: str) -> tuple[NDArray[np.float64], float]:
    """Return the solution after one step of refinement, and its backward error."""
    x = solver.solve(b, trans)
    x += solver.solve(b - matrix @ x, trans)
    size = float(np.sqrt((matrix.data**2).sum())) * np.linalg.norm(x) + np.linalg.norm(b)
    return x, float(np.linalg.norm(matrix @ x - b) / size)
