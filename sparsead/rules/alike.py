"""Differentiate numbers that go with eigenvalues, one each: a check on the way back, and nothing else.

Derivation
----------
::

    out = g                 primal, linear
    g_bar = out_bar         checked to be alike for members of a repeated eigenvalue
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, stiffness: Any, mass: Any, pairs: Any, g: Any, **static: Any) -> Any:
    """The numbers, shape (b, m, k)."""
    return kernels.alike(stiffness, mass, pairs, g, **static)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, **static: Any) -> Any:
    """Tangent, of the numbers alone."""
    stiffness, mass, pairs, g = primals
    d_g = tangents[-1]
    return kernels.alike(stiffness, mass, pairs, 0 * g if d_g is None else d_g, **static)


def vjp(
    kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, *, checked: bool, **static: Any
) -> tuple[Any, ...]:
    """Cotangent of the numbers; zero for the others."""
    stiffness, mass, pairs, _ = primals
    zeros = (0 * other if want else None for other, want in zip(primals[:-1], wanted[:-1], strict=True))
    g_bar = kernels.alike(stiffness, mass, pairs, out_bar, checked=not checked, **static) if wanted[-1] else None
    return *zeros, g_bar


RULE = Rule("alike", primal, jvp, vjp, linear=(False, False, False, True))
