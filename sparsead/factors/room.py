"""Room: whether the factors will fit into the memory, said before they fill it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from sparsead.backends.choose import way_out
from sparsead.backends.memory import free, in_words

if TYPE_CHECKING:
    from sparsead.backends.backend import Analysis
    from sparsead.factors.options import SolveOptions


def warn_if_too_large(analysis: Analysis, n: int, options: SolveOptions) -> None:
    """Warn if a factorization will take more memory than is free.

    Parameters
    ----------
    analysis : Analysis
        Of the matrix.
    n : int
        Unknowns.
    options : SolveOptions
        Structure, and what to name instead.
    """
    room = free()
    predicted = analysis.predicted(room)
    if predicted is None or predicted.nbytes <= room:
        return
    instead = options.instead or way_out(options.structure)
    warnings.warn(
        f"the factors of {n} unknowns will take {predicted}, and {in_words(room)} of memory are free. An iterative "
        f"method needs a fraction of that: {instead}",
        stacklevel=2,
    )
