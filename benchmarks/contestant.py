"""What takes part in a measurement: something that turns stored values into a value and its gradient.

The same shape for sparsead, for hand-written adjoints and for peers, so that one
harness times them all. Imports NumPy only, because peers run in their own environment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def same(gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the reference gradient as it is: one entry per stored value of the full matrix."""
    return gradient


@dataclass(frozen=True)
class Contestant:
    """Value and gradient of ‖A⁻¹b‖₂ in the stored values, by one library.

    Parameters
    ----------
    put : callable
        Stored values, shape (s,), to the library's own kind of input. Not timed.
    call : callable
        That input to (value, gradient). Returns when both are there; timed.
    expected : callable
        The reference gradient, shape (s,), in the convention of this library
        (one that stores a triangle returns the sum over the two triangles).
    note : str
        The configuration that was used, for the table.
    serial : bool
        Whether the library's factorization uses one thread whatever it is given.
    """

    put: Callable[[NDArray[np.float64]], Any]
    call: Callable[[Any], tuple[Any, Any]]
    expected: Callable[[NDArray[np.float64]], NDArray[np.float64]] = same
    note: str = ""
    serial: bool = False
