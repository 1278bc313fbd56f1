"""The ways in which a program runs, and what every error must be in each of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import sparsead.numpy
from sparsead.errors import SparseADError
from tests.conftest import require

Program = Callable[..., Any]  # program(sp, values, b)

FOUR_LINES = re.compile(r"\S[^\n]*\n  expected: \S[^\n]*\n  got:      \S[^\n]*\n  fix:      \S")
N = 3
ROWS, COLS = np.array([0, 1, 2, 0, 2]), np.array([0, 1, 2, 2, 0])
VALUES, B = np.array([4.0, 5.0, 6.0, 1.0, 1.0]), np.array([1.0, -2.0, 3.0])


def good(sp: Any, v: Any, b: Any) -> Any:
    """Solve with a matrix that nothing is wrong with."""
    return sp.solve(sp.coo(ROWS, COLS, v, (N, N)), b)


@dataclass(frozen=True)
class Way:
    """One way to run a program.

    Attributes
    ----------
    sp : module
        Front-end.
    run : callable
        ``run(program, *arrays)``.
    compiled : bool
        Whether an error of a host kernel comes through XLA, which keeps its text and not its type.
    """

    sp: Any
    run: Callable[..., Any]
    compiled: bool = False

    def refuses(self, program: Program, *arrays: Any, error: type[SparseADError], got: str) -> BaseException:
        """Assert that the program raises: the type, the four lines, the location; and that a good solve still works.

        Parameters
        ----------
        program : callable
            ``program(sp, *arrays)``.
        *arrays : array
            Traced where the program is compiled.
        error : type
            Expected exception.
        got : str
            Regular expression of the third line.
        """
        kinds = (error, RuntimeError, ValueError) if self.compiled else error
        with pytest.raises(kinds, match=rf"\n  got:      {got}(\n|\\n)") as caught:
            self.run(program, *arrays)
        text = str(caught.value)
        assert FOUR_LINES.search(text), text
        assert isinstance(caught.value, error) or error.__name__ in text
        self.solves()
        return caught.value

    def solves(self) -> None:
        """Assert that a good system is solved."""
        x = self.run(good, VALUES, B)
        full = np.zeros((N, N))
        full[ROWS, COLS] = VALUES
        assert np.allclose(x, np.linalg.solve(full, B), rtol=1e-14, atol=0)  # a few roundings


def way(name: str) -> Way:
    """Return the way of that name; without JAX skip its test, or fail it where CI is set."""
    if name == "numpy":
        return Way(sparsead.numpy, lambda program, *arrays: program(sparsead.numpy, *arrays))
    jax, sp = require("jax"), require("sparsead.jax")

    def eager(program: Program, *arrays: Any) -> Any:
        return jax.block_until_ready(program(sp, *map(jax.numpy.asarray, arrays)))

    def jitted(program: Program, *arrays: Any) -> Any:
        over = "ffi" if name == "jitted over ffi" else "buffer"
        with sp.transport(over):
            return jax.block_until_ready(compiled()(program, over, *arrays))

    return Way(sp, eager) if name == "eager" else Way(sp, jitted, compiled=True)


@cache
def compiled() -> Any:
    """Return ``run(program, over, *arrays)``, which compiles a program once for each transport."""
    sp = require("sparsead.jax")
    return require("jax").jit(lambda program, over, *arrays: program(sp, *arrays), static_argnums=(0, 1))


WAYS = ("numpy", "eager", "jitted", "jitted over ffi")
