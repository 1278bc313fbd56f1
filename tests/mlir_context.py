"""One context of MLIR for many programs: JAX makes one for each that it lowers.

To make one and to throw it away takes 5.7 ms, of the 26 ms that a program of one operation costs in all; the suite
compiles more than ten thousand. A context keeps the constants of its programs, so that it is renewed now and then.
There is no public way to give JAX a context; a version that asks elsewhere for its own is left alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

_PROGRAMS = 200  # that share a context: making it costs little more than nothing, and few constants stay


class SharedContext:
    """Makes a context when called, and returns it for so many calls."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make, self.calls = make, 0

    def __call__(self) -> Any:
        if self.calls % _PROGRAMS == 0:
            self.context = self.make()
        self.calls += 1
        return self.context


def share() -> None:
    """Share contexts between the programs of this process from here on."""
    mlir: Any = importlib.import_module("jax._src.interpreters.mlir")
    make = getattr(mlir, "make_ir_context", None)
    if make is not None and not isinstance(make, SharedContext):
        mlir.make_ir_context = SharedContext(make)
