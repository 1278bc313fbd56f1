"""What a case of a rule is, and how its numbers are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sparsead.pattern.pattern import Pattern
    from sparsead.rules import Rule


@dataclass(frozen=True)
class Case:
    """Where a rule is checked."""

    name: str
    primals: tuple[Any, ...]
    static: dict[str, Any]
    oracle: Callable[..., Any]
    of: Callable[[Rule], Rule] = lambda rule: rule  # the rule as a function of the primals of the case


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    """Short decimals, so that a failure is readable."""
    drawn = np.round(rng.standard_normal(shape), 2)
    if np.dtype(dtype).kind == "c":
        drawn = drawn + 1j * np.round(rng.standard_normal(shape), 2)
    return drawn.astype(dtype)


def dense(values: Any, pattern: Pattern) -> Any:
    """Return the full matrices, shape (b, m, n)."""
    full = np.zeros((len(values), *pattern.shape), values.dtype)
    full[:, pattern.indices, pattern.cols] = values
    return full
