"""An analysis that was made to choose a backend waits on its pattern for the first matrix that is solved with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Backend
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_KEPT = "analysis of a choice"


def analyze_ahead(backend: Backend, pattern: Pattern, structure: Structure, *, is_complex: bool) -> Analysis:
    """Return the analysis of positive definite matrices, for which values make no difference, and keep it."""
    dtype = np.dtype(complex if is_complex else float)
    key, known = (backend.name, structure, dtype.char), pattern.__dict__.get(_KEPT, {})
    if key not in known:
        known = {key: backend.analyze(pattern, structure, np.ones(pattern.size, dtype))}
        pattern.__dict__[_KEPT] = known
    made: Analysis = known[key]
    return made


def analyze(backend: Backend, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
    """Return the analysis that waits for these matrices, which then waits no longer; else make it."""
    waiting = pattern.__dict__.get(_KEPT, {}).pop((backend.name, structure, values.dtype.char), None)
    return waiting or backend.analyze(pattern, structure, values)
