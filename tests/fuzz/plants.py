"""Errors planted into the library on purpose: the fuzzer must find each of them."""

from __future__ import annotations

import itertools
import os
import signal
import time
import warnings
from collections.abc import Callable
from typing import Any

import sparsead.factors.entry

_SPARED = 40  # solves that go well before the planted error strikes


def _on_solve(strike: Callable[[Any], Any]) -> Callable[[], None]:
    def plant() -> None:
        solve, count = sparsead.factors.entry.Entry.solve, itertools.count()

        def struck(self: Any, b: Any, trans: Any) -> Any:
            x = solve(self, b, trans)
            return strike(x) if next(count) == _SPARED else x

        sparsead.factors.entry.Entry.solve = struck  # type: ignore[method-assign]

    return plant


def _crash(x: Any) -> Any:
    os.kill(os.getpid(), signal.SIGSEGV)
    return x


def _hang(x: Any) -> Any:
    time.sleep(3600)
    return x


def _warn(x: Any) -> Any:
    warnings.warn("something may be wrong", stacklevel=1)
    return x


def _raise(x: Any) -> Any:
    raise IndexError("list index out of range")


PLANTS: dict[str, Callable[[], None]] = {
    "crash": _on_solve(_crash),
    "hang": _on_solve(_hang),
    "garbage": _on_solve(lambda x: x + 1),
    "warning": _on_solve(_warn),
    "exception": _on_solve(_raise),
}
