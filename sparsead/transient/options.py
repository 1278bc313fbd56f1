"""Checks of the options of a run, and tables of what there is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import lax

from sparsead.errors import ShapeError, SparseADError
from sparsead.factors.options import Explain


class Words(NamedTuple):
    """How a package that builds on time stepping says its errors; compared by value.

    Attributes
    ----------
    step, mass : Explain or None
        For a solve with the matrix of a step, and with the mass matrix alone.
    run : callable
        From the number of unknowns and the error of a run to the error to raise.
    """

    step: Explain | None = None
    mass: Explain | None = None
    run: Callable[[int, SparseADError], SparseADError] = lambda _, error: error


PLAIN = Words()


def known(option: str, name: Any, names: Iterable[str]) -> str:
    """Return the name of a method, gradient or checkpoint policy in the spelling of the table.

    Raises
    ------
    ShapeError
        If there is none; names the nearest.
    """
    table = sorted(names)
    wanted = str(name).lower().replace("-", "_").replace(" ", "_")
    if isinstance(name, str) and wanted in table:
        return wanted
    near = difflib.get_close_matches(wanted, table, 1, 0.4)
    raise ShapeError(
        f"unknown {option}",
        expected=f"{option} one of {', '.join(table)}",
        got=f"{option}={name!r}",
        fix=f"{option}={(near or table)[0]!r}",
    )


def concrete(x: Any) -> Any:
    """Return the numbers of an array that grad or jvp trace, and a tracer where jit or vmap hide them."""
    if not isinstance(x, jax.core.Tracer):  # in a compiled program any operation would hide them
        return np.asarray(x)
    value = lax.stop_gradient(x)
    return value if isinstance(value, jax.core.Tracer) else np.asarray(value)


def check_tolerance(name: str, value: Any) -> Any:
    """Return a tolerance.

    Raises
    ------
    ShapeError
        If it is not a positive number.
    """
    if not isinstance(value, jax.core.Tracer) and not (np.ndim(value) == 0 and np.isfinite(value) and value >= 0):
        raise ShapeError(f"{name} is not a tolerance", expected=f"{name} >= 0, one number", got=f"{name}={value!r}",
                         fix=f"pass for example {name}=1e-6")  # fmt: skip
    return value


def check_count(name: str, value: Any) -> int:
    """Return a positive whole number.

    Raises
    ------
    ShapeError
        If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ShapeError(f"{name} is not a number of steps", expected=f"a whole number {name} >= 1",
                         got=f"{name}={value!r}", fix=f"pass for example {name}=10_000")  # fmt: skip
    return int(value)
