"""Give errors of host calls their type back: a compiled program hands on only their text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from sparsead.errors import SparseADError

_noted: list[SparseADError] = []
_waiting = 0  # blocks that are open; without one nobody asks, and an error keeps all that its frames hold


def remember(error: SparseADError) -> None:
    """Note the error that a host call is about to raise; the thread may be one of the program's own."""
    if _waiting:
        _noted[:] = [error]


@contextmanager
def typed() -> Iterator[None]:
    """Raise errors of this package as themselves, out of a ``with`` block that waits for its results.

    Raises
    ------
    SparseADError
        What a host call in the block raised.
    """
    global _waiting
    _noted.clear()
    _waiting += 1
    try:
        yield
    except SparseADError:
        raise
    except (jax.errors.JaxRuntimeError, ValueError) as error:  # a program that is called again raises the latter
        known = _noted[0] if _noted else None
        if known is None or str(known).splitlines()[0] not in str(error):
            raise
        raise known from None
    finally:
        _waiting -= 1
        if not _waiting:
            _noted.clear()
