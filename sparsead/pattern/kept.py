"""What is derived from a pattern is kept on the pattern, and goes with it.

A table of its own would keep the pattern alive: a study over many meshes would fill the memory with the sums and
transpositions of patterns that nobody can ask for again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import TypeVar

from sparsead.pattern.pattern import Pattern

T = TypeVar("T")
Partner = TypeVar("Partner", bound=Hashable)

_PARTNERS = 8  # others, newest last, for which a pattern keeps what was derived from the two


def kept(derive: Callable[[Pattern], T]) -> Callable[[Pattern], T]:
    """Decorate a function of a pattern, so that it is evaluated once for each."""
    name = f"{derive.__module__}.{derive.__qualname__}"

    @functools.wraps(derive)
    def of(pattern: Pattern) -> T:
        if name not in pattern.__dict__:
            pattern.__dict__[name] = derive(pattern)
        found: T = pattern.__dict__[name]
        return found

    return of


def kept_with_partner(derive: Callable[[Pattern, Partner], T]) -> Callable[[Pattern, Partner], T]:
    """Decorate a function of a pattern and another, or an index map: the first keeps what the last partners gave."""
    name = f"{derive.__module__}.{derive.__qualname__}"

    @functools.wraps(derive)
    def of(pattern: Pattern, partner: Partner) -> T:
        known: dict[Partner, T] = pattern.__dict__.setdefault(name, {})
        found = known.pop(partner, None) or derive(pattern, partner)
        known[partner] = found  # the newest is last
        for oldest in list(known)[:-_PARTNERS]:
            known.pop(oldest, None)
        return found

    return of
