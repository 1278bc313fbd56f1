"""Symmetric tensors of a conductivity or a prestress, and products of gradients weighted by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.errors import MaterialError

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


_ROUNDING = 1e-12  # of the largest component


def components(tensor: Any, d: int, *, what: str, symbol: str) -> tuple[Any, ...]:
    """Return the components of symmetric tensors, shape (..., d, d) or larger, row by row, each of shape (...).

    Parameters
    ----------
    tensor : array
        Of cells, or of quadrature points.
    d : int
        Rows and columns that count.
    what, symbol : str
        Its name and its letter in a message.

    Raises
    ------
    MaterialError
        If it is known and not symmetric.
    """
    if not isinstance(tensor, jax.core.Tracer):
        known = np.asarray(tensor)
        asymmetry = np.abs(known - np.swapaxes(known, -1, -2))
        if asymmetry.max() > _ROUNDING * np.abs(known).max():
            place = tuple(int(i) for i in np.unravel_index(asymmetry.argmax(), asymmetry.shape))
            mirrored = known[(*place[:-2], place[-1], place[-2])]
            raise MaterialError(
                f"{what} is not symmetric",
                expected=f"{symbol}_ij = {symbol}_ji",
                got=f"{symbol}[{', '.join(map(str, place))}] = {known[place]:.6g}, and not {mirrored:.6g}",
                fix=f"pass ({symbol} + {symbol}.T) / 2",
            )
    return tuple(tensor[..., i, j] for i in range(d) for j in range(d))


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
