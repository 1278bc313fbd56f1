"""Cells of a batch: what integrals over them need, from the coordinates of their nodes.

Arrays end in the cell axis, so that everything is elementwise code over the
cells; contractions with tables of the reference element are products with one
small constant matrix. Axes: ``k`` space dimension, ``r`` reference dimension,
``i`` components, ``a`` nodes of a cell, ``q`` quadrature points, ``e`` cells.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.geometry.inverse import adjugate, determinant, entries, gram

if TYPE_CHECKING:
    from fem.geometry.tables import Tables


class Cells:
    """Geometry of a batch of cells at the quadrature points.

    Parameters
    ----------
    tables : Tables
        Shape functions of the geometry and of the unknown at the quadrature points.
    coordinates : array, shape (k, a, e)
        Nodes of each cell. Unit: [length].
    """

    def __init__(self, tables: Tables, coordinates: Any) -> None:
        self.tables = tables
        self.coordinates = coordinates

    @property
    def dimension(self) -> int:
        """Space dimension k."""
        return int(self.coordinates.shape[0])

    @cached_property
    def jacobian(self) -> Any:
        """Derivatives of the position in reference coordinates, shape (k, r, q, e). Unit: [length]."""
        return contract(self.tables.geometry_gradients, self.coordinates)

    @cached_property
    def determinant(self) -> Any:
        """Volume ratio, shape (q, e); that of surfaces and lines is the square root of the Gram determinant."""
        if self.jacobian.shape[0] == self.jacobian.shape[1]:
            return determinant(self.jacobian)
        return jnp.sqrt(determinant(gram(self.jacobian)))

    @cached_property
    def inverse(self) -> Any:
        """Derivatives of the reference coordinates in the position, shape (r, k, q, e). Unit: [1/length]."""
        if self.jacobian.shape[0] == self.jacobian.shape[1]:
            return adjugate(self.jacobian) / self.determinant
        metric = gram(self.jacobian)
        dual = adjugate(metric) / determinant(metric)
        axes = range(self.jacobian.shape[1])
        return jnp.stack([sum(dual[r, s] * self.jacobian[:, s] for s in axes) for r in axes])

    @cached_property
    def measure(self) -> Any:
        """Weight of each quadrature point, shape (q, e): its volume, area or length. Unit: [length^r]."""
        return self.tables.weights[:, None] * self.determinant

    @property
    def worst(self) -> Any:
        """Smallest volume ratio of each cell, shape (e,); not positive where a cell is inverted."""
        return self.determinant.min(axis=0)

    @property
    def shape(self) -> Any:
        """Shape functions, shape (a, q)."""
        return self.tables.values

    @cached_property
    def gradients(self) -> Any:
        """Gradients of the shape functions, shape (a, k, q, e). Unit: [1/length]."""
        reference = self.tables.gradients  # (r, a, q)
        return sum(reference[r][:, None, :, None] * row[None] for r, row in enumerate(jnp.unstack(self.inverse)))

    @property
    def points(self) -> Any:
        """Quadrature points, shape (k, q, e). Unit: [length]."""
        return contract(self.tables.geometry_values, self.coordinates)

    # ---------------------------------------------------------------- fields
    def value_of(self, u: Any) -> Any:
        """Field at the quadrature points, nodal values of shape (i, a, e) to (i, q, e)."""
        return contract(self.tables.values, u)

    def gradient_of(self, u: Any) -> Any:
        """Gradient of a field, nodal values of shape (i, a, e) to (i, k, q, e)."""
        reference = contract(self.tables.gradients, u)  # (i, r, q, e)
        directions = jnp.unstack(reference, axis=1)
        return sum(a[:, None] * row[None] for a, row in zip(directions, jnp.unstack(self.inverse), strict=True))

    def test_value(self, force: Any) -> Any:
        """Integrals of `force`, shape (i, q, e), times each shape function, shape (i, a, e)."""
        return jnp.einsum("aq,iqe->iae", self.tables.values, force * self.measure)

    def test_gradient(self, flux: Any) -> Any:
        """Integrals of `flux`, shape (i, k, q, e), times the gradient of each shape function, shape (i, a, e)."""
        weighted = jnp.unstack(flux * self.measure, axis=1)
        reference = jnp.stack(
            [sum(a * b for a, b in zip(weighted, row, strict=True)) for row in entries(self.inverse)], 1
        )
        return jnp.einsum("raq,irqe->iae", self.tables.gradients, reference)

    # -------------------------------------------------------------- matrices
    def gradient_products(self, weight: Any = 1.0) -> Any:
        """Integrals of grad_k N_a grad_l N_b, shape (a, k, b, l, e)."""
        return jnp.einsum("akqe,blqe->akble", self.gradients * (self.measure * weight), self.gradients)

    def laplace_products(self, weight: Any = 1.0) -> Any:
        """Integrals of grad N_a . grad N_b, shape (a, b, e)."""
        return jnp.einsum("akqe,bkqe->abe", self.gradients * (self.measure * weight), self.gradients)

    def value_products(self, weight: Any = 1.0) -> Any:
        """Integrals of N_a N_b, shape (a, b, e)."""
        pairs = self.tables.values[:, None] * self.tables.values[None]
        return jnp.einsum("abq,qe->abe", pairs, self.measure * weight)


def contract(table: Any, nodal: Any) -> Any:
    """Sum over the nodes, table (..., a, q) and nodal (i, a, e), to (i, ..., q, e)."""
    return jnp.einsum("raq,iae->irqe" if table.ndim == 3 else "aq,iae->iqe", table, nodal)
