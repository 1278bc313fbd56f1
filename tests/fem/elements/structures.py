"""Small trusses and frames for the tests, operators in two forms, and derivatives by differences."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

import fem
import sparsead.jax as sp


def lines(points: Any, nodes: Any) -> fem.Mesh:
    """Mesh of straight cells with two nodes."""
    return fem.Mesh(points, (fem.CellBlock("line2", np.asarray(nodes)),))


def straight(cells: int, ends: Any) -> fem.Mesh:
    """Cells of unequal length between two points, in 2D or 3D."""
    start, end = (np.asarray(end, float) for end in ends)
    s = np.linspace(0, 1, cells + 1) ** 1.3
    return lines(start + s[:, None] * (end - start), np.stack([np.arange(cells), np.arange(cells) + 1], 1))


@jax.jit
def dense_and_product(operator: fem.Operator, u: Any) -> tuple[Any, Any]:
    """Matrix of an operator, shape (n, n), and its action on a vector, which does not make it; shape of `u`."""
    return sp.to_dense(operator.matrix()), operator @ u


def difference(f: Any, x: Any, direction: Any, step: float = 1e-2) -> Any:
    """Directional derivative by central differences of three steps, extrapolated: of sixth order."""

    def central(h: float) -> Any:
        return (np.asarray(f(x + h * direction)) - np.asarray(f(x - h * direction))) / (2 * h)

    one, two, three = central(step), central(step / 2), central(step / 4)
    first, second = (4 * two - one) / 3, (4 * three - two) / 3
    return (16 * second - first) / 15


def compiled(f: Any, primals: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Compile a function of named arrays: return it, its gradients, and its tangent in a direction of one array."""
    still = {k: np.zeros_like(primal) for k, primal in primals.items()}

    @jax.jit
    def program(primals: Any, tangents: Any) -> Any:
        return jax.value_and_grad(f)(primals), jax.jvp(f, (primals,), (tangents,))[1]

    def value(primals: Any) -> Any:
        return program(primals, still)[0][0]

    def tangent(key: str, direction: Any) -> Any:
        return program(primals, still | {key: direction})[1]

    return value, program(primals, still)[0][1], tangent
