"""Numbers that are known are looked at; traced ones pass."""

from __future__ import annotations

from typing import Any

from sparsead.errors import ShapeError


def check_number(name: str, value: Any, low: float, *, fix: str, reached: bool = False) -> None:
    """Refuse a plain number that is too small, or infinite.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : Any
        Its value; arrays are not looked at.
    low : float
        Bound.
    fix : str
        What to pass instead.
    reached : bool
        Whether it may be the bound itself.

    Raises
    ------
    ShapeError
        If it is.
    """
    if not isinstance(value, int | float) or low < value < float("inf") or (reached and value == low):
        return
    raise ShapeError(
        f"{name} is out of range", expected=f"{low:g} {'<=' if reached else '<'} {name} < inf",
        got=f"{name} = {value!r}", fix=fix,
    )  # fmt: skip
