"""Errors planted into the library on purpose: the fuzzer must find each of them."""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import sparsead.factors.accuracy
import sparsead.factors.entry
from sparsead.errors import ShapeError, SingularMatrixError
from sparsead.factors.entry import Entry

_SPARED = 20  # solves that go well before the planted error strikes
_KERNEL = importlib.import_module("sparsead.kernels.solve")  # the module; the package gives the name to its function
Patch = tuple[Any, str, Any]


def _after_some(strike: Callable[[Any], Any]) -> Patch:
    """Strike every solve but the first few; some cases hide some errors."""
    solve, count = Entry.solve, itertools.count()

    def struck(self: Entry, b: Any, trans: Any, rtol: float | None = None) -> Any:
        x = solve(self, b, trans, rtol)
        return strike(x) if next(count) >= _SPARED else x

    return Entry, "solve", struck


def _crash(x: Any) -> Any:
    os.kill(os.getpid(), signal.SIGSEGV)
    return x


def _hang(x: Any) -> Any:
    time.sleep(3600)
    return x


def _one_wrong(x: Any) -> Any:
    x = np.array(x)
    x[..., -1] *= 1 + 1e-6
    return x


def _warn(x: Any) -> Any:
    warnings.warn("something may be wrong", stacklevel=1)
    return x


def _raise(x: Any) -> Any:
    raise IndexError("list index out of range")


def _stale() -> Patch:
    """Give the solution of the last system of the same size, whatever the matrix: a token gone stale."""
    solve, last = Entry.solve, dict[Any, Any]()

    def stale(self: Entry, b: Any, trans: Any, rtol: float | None = None) -> Any:
        x = solve(self, b, trans, rtol)
        return last.setdefault((x.shape, x.dtype), x)

    return Entry, "solve", stale


def _never_singular() -> Patch:
    """Give what is finite and fits in place of the error for a singular matrix."""
    solve = _KERNEL._solve_one

    def answered(values: Any, b: Any, *rest: Any) -> Any:
        try:
            return solve(values, b, *rest)
        except SingularMatrixError:
            return np.ones_like(b)

    return _KERNEL, "_solve_one", answered


def _unchecked_rhs() -> Patch:
    return _KERNEL, "check_finite_rhs", lambda *args: None


def _no_transpose() -> Patch:
    solve = Entry.solve
    return Entry, "solve", lambda self, b, trans, rtol=None: solve(self, b, "N", rtol)


def _error(kind: type[Exception], got: str) -> Any:
    def raised(dof: Any, sign: str, n: int) -> Exception:
        fix = "prescribe enough dofs"
        return kind("matrix is singular", expected="a nonsingular matrix", got=got, fix=fix, dof=0)

    return raised


def _wrong_class() -> Patch:
    return sparsead.factors.accuracy, "singular", _error(ShapeError, "dof 0 moves")


def _no_place() -> Patch:
    return sparsead.factors.accuracy, "singular", _error(SingularMatrixError, "a singular matrix")


# Each returns what to patch: an object, the name of an attribute, and the value to give it.
PLANTS: dict[str, Callable[[], Patch]] = {
    "crash": lambda: _after_some(_crash),
    "hang": lambda: _after_some(_hang),
    "garbage": lambda: _after_some(lambda x: x + 1),
    "one wrong digit": lambda: _after_some(_one_wrong),
    "NaN": lambda: _after_some(lambda x: x * np.nan),
    "warning": lambda: _after_some(_warn),
    "exception": lambda: _after_some(_raise),
    "stale solution": _stale,
    "transpose forgotten": _no_transpose,
    "singular matrices answered": _never_singular,
    "NaN in b answered": _unchecked_rhs,
    "wrong class of error": _wrong_class,
    "error without place": _no_place,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Have the planted error in the library for a while."""
    where, attribute, fault = PLANTS[name]()
    sound = getattr(where, attribute)
    setattr(where, attribute, fault)
    try:
        yield
    finally:
        setattr(where, attribute, sound)
