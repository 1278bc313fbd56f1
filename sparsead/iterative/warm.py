"""Solutions of earlier right-hand sides, from which the next solves begin."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.iterative.krylov.blocks import dots, norms, times

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEPT = 2  # a value and its adjoint take turns


class Solutions:
    """The last right-hand sides of a pattern, with their solutions, whatever the matrix was then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: deque[tuple[NDArray[Any], NDArray[Any]]] = deque(maxlen=_KEPT)

    @property
    def nbytes(self) -> int:
        """Memory of what is kept. Unit: [byte]."""
        return sum(b.nbytes + x.nbytes for b, x in list(self._known))

    def add(self, b: NDArray[Any], x: NDArray[Any]) -> None:
        """Keep right-hand sides and solutions, shape (k, n), in place of those that are most like them."""
        with self._lock:
            near = self._most_alike(b)
            if near is not None and _likeness(b, near[0]) > 0.5:
                self._known = deque((pair for pair in self._known if pair is not near), maxlen=_KEPT)
            self._known.append((b.copy(), x.copy()))

    def nearest(self, b: NDArray[Any], product: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any] | None:
        """Return multiples of the solutions of the most alike right-hand sides, with the least residual; None if none.

        The residual of a row is never larger than that of zero. Costs one product.
        """
        with self._lock:
            near = self._most_alike(b)
        if near is None:
            return None
        x = near[1]
        images = product(x)
        squares = norms(images) ** 2
        factors = np.where(squares > 0, dots(images, b) / np.where(squares > 0, squares, 1), 0)
        return times(factors, x)

    def _most_alike(self, b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
        fitting = [pair for pair in self._known if pair[0].shape == b.shape and pair[0].dtype == b.dtype]
        return max(fitting, key=lambda pair: _likeness(b, pair[0]), default=None)


def _likeness(b: NDArray[Any], other: NDArray[Any]) -> float:
    """Cosine of the angle between two blocks."""
    sizes = float(np.linalg.norm(b) * np.linalg.norm(other))
    return abs(np.vdot(b, other)) / sizes if sizes else 0.0
