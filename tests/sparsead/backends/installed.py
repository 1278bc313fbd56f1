"""The backends that the tests run over, and matrices as a backend gets them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparsead.backends.backend import Backend
from sparsead.backends.cholmod import Cholmod
from sparsead.backends.registry import BACKENDS
from sparsead.backends.umfpack import Umfpack
from sparsead.testing.backend_cases import Case
from sparsead.testing.problems import Problem, hard_problems
from tests.conftest import absent

ALL: dict[str, Backend] = {backend.name: backend for backend in (*BACKENDS.values(), Cholmod(), Umfpack())}


def backend_or_skip(name: str) -> Backend:
    """Return the backend; without its library skip the test, or fail it where CI is set."""
    backend = ALL[name]
    fix = backend.missing()
    if fix is not None:
        absent(name, fix)
    return backend


def case(words: str) -> Case:
    """Return the hard problem whose name contains these words."""
    found = [problem for problem in hard_problems() if words in problem.name]
    assert len(found) == 1, f"{words!r} names {len(found)} problems"
    return Case.of(found[0])


def case_of(full: Any, structure: Any) -> Case:
    """Return all entries of a full matrix, zeros too, as a backend gets them."""
    full = np.asarray(full)
    cols, rows = (index.ravel() for index in np.indices(full.shape))
    return Case.of(Problem("a full matrix", rows, cols, full[rows, cols], full.shape, structure))
