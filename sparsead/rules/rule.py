"""Rule: an operation, its tangent and its cotangents, written once against the kernels.

Conventions
-----------
``d_x`` is the tangent of ``x``, ``x_bar`` its cotangent; None stands for an
argument that is not perturbed, or whose cotangent is not wanted. Pullbacks are
transposes, not conjugate transposes. Values are (b, s), vectors (b, k, n).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _same(static: dict[str, Any]) -> dict[str, Any]:
    return static


@dataclass(frozen=True)
class Rule:
    """How an operation is evaluated and differentiated.

    Parameters
    ----------
    name : str
        Name of the operation, unique in `RULES`.
    primal : callable
        ``primal(kernels, *primals, **static) -> out``.
    jvp : callable
        ``jvp(kernels, primals, out, tangents, **static) -> d_out``; at least one tangent is not None.
    vjp : callable
        ``vjp(kernels, primals, out, out_bar, wanted, **static) -> bars``, one for each primal, None where not wanted.
    linear : tuple of bool
        For each primal, whether the operation is linear in it; its cotangent then needs no `out`.
    differentiated : callable
        Static arguments of an evaluation that a derivative will follow.
    settled : callable
        Static arguments of an evaluation that no derivative will follow: the inverse of `differentiated`.
    """

    name: str
    primal: Callable[..., Any]
    jvp: Callable[..., Any]
    vjp: Callable[..., tuple[Any, ...]]
    linear: tuple[bool, ...]
    differentiated: Callable[[dict[str, Any]], dict[str, Any]] = _same
    settled: Callable[[dict[str, Any]], dict[str, Any]] = _same


def awaiting(static: dict[str, Any]) -> dict[str, Any]:
    """Static arguments whose options say that a derivative will ask for the factorization again."""
    return {**static, "options": static["options"].awaiting()}


def settled(static: dict[str, Any]) -> dict[str, Any]:
    """Static arguments whose options say that none will."""
    return {**static, "options": static["options"].settled()}


def add(a: Any, b: Any) -> Any:
    """Sum of two tangents or cotangents, None being zero."""
    if a is None:
        return b
    return a if b is None else a + b


def flipped(trans: str) -> str:
    """The transposed operation."""
    return "T" if trans == "N" else "N"
