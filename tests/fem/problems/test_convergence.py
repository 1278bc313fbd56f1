"""Observed orders of convergence of every element, for elasticity and diffusion, in L2 and in the gradient.

A smooth field is prescribed on the boundary, and the load that belongs to it is derived from it by automatic
differentiation. Cells are those of a smoothly curved grid, so that none is a parallelogram. An element of order p
converges with h^(p+1) in L2, with h^p in the gradient: G. Strang, G. Fix, "An Analysis of the Finite Element Method",
1973, section 3.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from fem import fields  # noqa: E402
from tests.fem.problems.shapes import mapped  # noqa: E402

LAM, MU = 1.5, 1.0
YOUNG, POISSON = MU * (3 * LAM + 2 * MU) / (LAM + MU), LAM / (2 * (LAM + MU))
CONDUCTIVITY = 2.0
LINEAR = {"line2": (8, 32), "tri3": (8, 16), "quad4": (8, 16), "tet4": (4, 8), "hex8": (4, 8), "wedge6": (4, 8)}
QUADRATIC = {"line3": (4, 16), "tri6": (4, 8), "quad8": (4, 8), "quad9": (4, 8)}
QUADRATIC |= {"tet10": (3, 6), "hex20": (3, 6), "hex27": (3, 6)}
MESHES = {1: fem.interval, 2: fem.rectangle, 3: fem.box}


def curved(element: str, cells: int) -> fem.Mesh:
    """Return a grid on a smooth image of the unit interval, square or cube."""
    d = {"line2": 1, "line3": 1}.get(element) or (2 if element[:3] in ("tri", "qua") else 3)
    mesh = MESHES[d](cells if d == 1 else (cells,) * d, element=element)

    def place(*x: Any) -> tuple[Any, ...]:
        return tuple(x[i] + 0.06 * np.sin(2.5 * x[(i + 1) % d]) + 0.05 * x[i] ** 2 for i in range(d))

    return mapped(mesh, place)


def field(x: Any) -> Any:
    """A displacement with no polynomial in it, one point (d,) to (d,)."""
    d = x.shape[0]
    return jnp.stack([jnp.sin(1.7 * x[i] + 0.9 * x[(i + 1) % d] + 0.3 * i) for i in range(d)])


# Compiled, so that each is traced once for each shape, whoever asks.
displacement = jax.jit(jax.vmap(field))


@jax.jit
def elastic_load(x: Any) -> Any:
    """Minus the divergence of the stress of `field`, points (m, d) to (m, d)."""

    def stress(point: Any) -> Any:
        slope = jax.jacfwd(field)(point)
        return LAM * jnp.trace(slope) * jnp.eye(len(point)) + MU * (slope + slope.T)

    return -jax.vmap(lambda point: jnp.einsum("ikk->i", jax.jacfwd(stress)(point)))(x)


@jax.jit
def heat(x: Any) -> Any:
    """A temperature, points (m, d) to (m,)."""
    return jax.vmap(lambda point: field(point)[0])(x)


@jax.jit
def heat_source(x: Any) -> Any:
    """Minus the divergence of the flux of `heat`, points (m, d) to (m, 1)."""
    return -CONDUCTIVITY * jax.vmap(lambda p: jnp.trace(jax.hessian(lambda q: field(q)[0])(p)))(x)[:, None]


def errors(element: str, cells: int, kind: str) -> np.ndarray:
    """Error in L2 and in the gradient."""
    mesh = curved(element, cells)
    d = mesh.dimension
    space = fem.Space(mesh, components=d if kind == "elasticity" else 1)
    degree = 2 * mesh.blocks[0].element.order + 2
    edge = mesh.facet_points(mesh.boundary)
    exact: Any = displacement if kind == "elasticity" else heat

    @jax.jit
    def found(places: Any) -> Any:
        if kind == "elasticity":
            operator = fem.elements.elasticity(space, young=YOUNG, poisson=POISSON, plane="strain" if d == 2 else None)
        else:
            operator = fem.elements.diffusion(space, CONDUCTIVITY)
        load = fem.body_load(space, elastic_load if kind == "elasticity" else heat_source, degree=degree)
        u = fem.solve(operator, load, fem.prescribed(space, edge, exact(places).reshape(len(edge), -1)))
        return jnp.stack([fields.error(space, u, exact, kind) for kind in ("L2", "gradient")])

    return np.asarray(found(mesh.points[edge]))


# Elasticity of a line is its diffusion.
CASES = [
    (element, kind)
    for element in (*LINEAR, *QUADRATIC)
    for kind in ("elasticity", "diffusion")
    if kind == "diffusion" or not element.startswith("line")
]


@pytest.mark.parametrize(("element", "kind"), CASES)
def test_order_of_convergence(element: str, kind: str) -> None:
    coarse, fine = {**LINEAR, **QUADRATIC}[element]
    order = 1 if element in LINEAR else 2
    rates = np.log(errors(element, coarse, kind) / errors(element, fine, kind)) / np.log(fine / coarse)
    np.testing.assert_array_less([order + 0.75, order - 0.15], rates)
    assert rates[1] < order + 0.5
