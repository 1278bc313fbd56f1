"""What speaks against factors, once it is known what they will take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparsead.backends.memory import free, in_words

if TYPE_CHECKING:
    from sparsead.backends.prediction import Prediction
    from sparsead.pattern.structure import Structure

# Of the free memory, which factors may take: what the store of factors keeps of the whole (`_SHARE_OF_MEMORY`), since
# larger ones would be evicted, and made anew for each solve.
_SHARE = 0.25
_PATIENCE = 2.0  # so many times as long as iterations factors may take
# Somewhat below the rows of `python -m benchmarks map` with 100,000 dofs, cg with amg to rtol 1e-6, not 1e-8, on a
# machine in use: 6.6e-7 s (hex8), 7.5e-7 s (quad4), 8.3e-7 s (tet10).
_SECONDS_PER_ENTRY = 6e-7


def against(predicted: Prediction, iterated: float | None) -> str:
    """Return in words why factors are not to be made; nothing if they are.

    Parameters
    ----------
    predicted : Prediction
        What they take.
    iterated : float or None
        Time of iterations; None where these are only for what does not fit. Unit: [s].
    """
    room = free()
    if predicted.nbytes > _SHARE * room:
        return f"factors take {predicted}, more than a quarter of the {in_words(room)} that are free"
    if iterated is not None and predicted.seconds > _PATIENCE * iterated:
        return f"factors take {predicted}, iterations about {iterated:.2g} s"
    return ""


def makes_no_difference() -> float:
    """Return the memory below which factors always fit. Unit: [byte]."""
    return _SHARE * free()


def seconds_of_iterations(stored: int, structure: Structure) -> float | None:
    """Return the time of iterations with so many stored entries; None where no preconditioner is known to be good."""
    return stored * _SECONDS_PER_ENTRY if structure.positive_definite else None
