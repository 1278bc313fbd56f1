"""Products of gradients weighted by a tensor: of a conductivity, of a prestress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


def products(cells: Cells, tensor: tuple[Any, ...]) -> Any:
    """Return integrals of ``grad N_a . t grad N_b``, shape (a, b, e).

    Parameters
    ----------
    cells : Cells
        Geometry.
    tensor : tuple of array, shape (), (e,) or (q, e)
        Its components, row by row.
    """
    d = cells.gradients.shape[1]
    if any(jnp.ndim(t) == 2 for t in tensor):
        g = cells.gradients * cells.measure
        flux = [sum(tensor[d * i + j] * g[:, j] for j in range(d)) for i in range(d)]
        return jnp.einsum("aiqe,ibqe->abe", cells.gradients, jnp.stack(flux))
    of_axes = cells.gradient_products()
    return sum(tensor[d * i + j] * of_axes[:, i, :, j] for i in range(d) for j in range(d))


def action(cells: Cells, tensor: tuple[Any, ...], u: Any) -> Any:
    """Return the matrix of `products`, for each component, times nodal values u, both of shape (i, a, e)."""
    slope = cells.gradient_of(u)
    axes = range(slope.shape[1])
    flux = [sum(tensor[len(axes) * i + j] * slope[:, j] for j in axes) for i in axes]
    return cells.test_gradient(jnp.stack(flux, 1))
