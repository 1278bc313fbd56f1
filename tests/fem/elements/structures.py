"""Small trusses and frames for the tests, and derivatives by differences."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

import fem


def lines(points: Any, nodes: Any) -> fem.Mesh:
    """Mesh of straight cells with two nodes."""
    return fem.Mesh(points, (fem.CellBlock("line2", np.asarray(nodes)),))


def straight(cells: int, ends: Any) -> fem.Mesh:
    """Cells of unequal length between two points, in 2D or 3D."""
    start, end = (np.asarray(end, float) for end in ends)
    s = np.linspace(0, 1, cells + 1) ** 1.3
    return lines(start + s[:, None] * (end - start), np.stack([np.arange(cells), np.arange(cells) + 1], 1))


def difference(f: Any, x: Any, direction: Any, step: float = 1e-2) -> Any:
    """Directional derivative by central differences of three steps, extrapolated: of sixth order."""

    def central(h: float) -> Any:
        return (np.asarray(f(x + h * direction)) - np.asarray(f(x - h * direction))) / (2 * h)

    one, two, three = central(step), central(step / 2), central(step / 4)
    first, second = (4 * two - one) / 3, (4 * three - two) / 3
    return (16 * second - first) / 15


def compiled(f: Any, primals: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Compile a function of named arrays: return it, its gradients, and its tangent in a direction of one array."""
    forward = jax.jit(lambda tangents: jax.jvp(f, (primals,), (tangents,))[1])

    def tangent(key: str, direction: Any) -> Any:
        return forward({k: direction if k == key else np.zeros_like(primal) for k, primal in primals.items()})

    value = jax.jit(f)
    return value, jax.jit(jax.grad(f))(primals), tangent
