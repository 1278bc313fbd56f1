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


def assert_derivatives_agree(
    derivatives: Any,
    primals: dict[str, Any],
    *,
    size: float,
    step: float,
    rtol: float,
    gradient_rtol: float,
    atol: float,
) -> None:
    """Compare first and second derivatives in each array, along random directions, with differences.

    ``derivatives(p, d)`` is the pair of value and gradient at p, and of their tangents along d. Directions have `size`
    in units of the array's largest number; `rtol` is for slopes by differences, `gradient_rtol` for those by the
    gradient, `atol` for second derivatives in units of the largest.
    """
    rng = np.random.default_rng(4)
    for moved, primal in primals.items():
        d = {name: np.zeros_like(other) for name, other in primals.items()}
        d[moved] = size * np.abs(primal).max() * rng.uniform(-1, 1, primal.shape)

        def along(s: Any, moved: str = moved, d: Any = d) -> Any:
            value, gradient = derivatives(primals | {moved: primals[moved] + s * d[moved]}, d)[0]
            return np.concatenate([[value], gradient[moved].reshape(-1)])

        (_, gradient), (slope, curvature) = derivatives(primals, d)
        expected = difference(along, 0.0, 1.0, step)
        np.testing.assert_allclose(slope, expected[0], rtol=rtol, err_msg=moved)
        np.testing.assert_allclose((gradient[moved] * d[moved]).sum(), slope, rtol=gradient_rtol, err_msg=moved)
        scale = np.abs(expected[1:]).max()
        np.testing.assert_allclose(curvature[moved].reshape(-1), expected[1:], atol=atol * scale, err_msg=moved)
