"""What the checks of a backend share: a problem ready to factorize, right-hand sides, residuals, the verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.backends.backend import Backend, Trans
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from sparsead.testing.problems import Problem


@dataclass(frozen=True)
class Case:
    """A square problem as a backend gets it, with the full matrix as oracle.

    Parameters
    ----------
    name : str
        Of the problem.
    pattern : Pattern
        Stored entries, shape (n, n).
    structure : Structure
        With its consequences for this kind of values.
    values : array, shape (s,)
        Stored values.
    dense : array, shape (n, n)
        The full matrix.
    """

    name: str
    pattern: Pattern
    structure: Structure
    values: NDArray[Any]
    dense: NDArray[Any]

    @classmethod
    def of(cls, problem: Problem) -> Case:
        """Sum the triplets of a problem into stored values."""
        pattern, _ = from_triplets(problem.rows, problem.cols, problem.shape)
        structure = problem.structure.on(is_complex=np.iscomplexobj(problem.values))
        full = problem.dense()
        return cls(problem.name, pattern, structure, full[pattern.indices, pattern.cols], full)

    @property
    def is_complex(self) -> bool:
        """Whether the values are complex."""
        return bool(np.iscomplexobj(self.values))

    def rescaled(self, rng: np.random.Generator) -> Case:
        """Return another matrix of the same pattern and structure: D A D with a positive diagonal D."""
        scale = rng.uniform(0.5, 2.0, len(self.dense))
        full = scale[:, None] * self.dense * scale
        return replace(self, values=full[self.pattern.indices, self.pattern.cols], dense=full)


def operator(full: NDArray[Any], trans: Trans) -> NDArray[Any]:
    """Return A, its transpose, or its conjugate transpose."""
    if trans == "N":
        return full
    return full.T if trans == "T" else np.conj(full.T)


def right_hand_sides(case: Case, count: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return random b, shape (count, n), C-contiguous, in the type of the values."""
    b = rng.standard_normal((count, len(case.dense)))
    return b + 1j * rng.standard_normal(b.shape) if case.is_complex else b


def backward_error(full: NDArray[Any], x: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the residual of full x = b over |full| |x| + |b|, the largest of all rows of `b`; NaN becomes infinity."""
    if x.shape != b.shape:
        raise AssertionError(f"the solution for b of shape {b.shape} has shape {x.shape}")
    if not b.size:
        return 0.0
    residual = np.abs(full @ x.T - b.T).max()
    error = residual / (np.abs(full).sum(1).max() * np.abs(x).max() + np.abs(b).max())
    return float(error) if np.isfinite(error) else np.inf


def demand(holds: bool | np.bool_, backend: Backend, case: Case, fault: str) -> None:
    """Raise `AssertionError` with the backend, the problem and the fault unless a law holds."""
    if not holds:
        raise AssertionError(f"{backend.name} on {case.name!r}: {fault}")
