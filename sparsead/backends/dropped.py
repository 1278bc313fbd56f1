"""Factors that nobody holds any more: their memory goes to the next ones of the same pattern."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Dropped:
    """Factors that nobody holds any more, kept while somebody is about to make the next."""

    def __init__(self) -> None:
        self._keepers = 0
        self._counting = threading.Lock()
        self._factors: deque[Any] = deque()

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Within it dropped factors stay for `take`."""
        with self._counting:
            self._keepers += 1
        try:
            yield
        finally:
            with self._counting:
                self._keepers -= 1
                if not self._keepers:
                    self._factors.clear()

    def add(self, factor: Any) -> None:
        """Keep a factor, or let it go; runs as a finalizer, so it must not wait for a lock."""
        if self._keepers:
            self._factors.append(factor)

    def take(self) -> Any:
        """Return a factor to overwrite, None if there is none."""
        with contextlib.suppress(IndexError):
            return self._factors.popleft()
