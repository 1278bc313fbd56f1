"""Moduli: the numbers that a weak form is linear in, and how they are cut into batches.

Where all of them vary from cell to cell in the same way, as Young's modulus makes
both of Lame's, that common factor is kept apart: cells of the same shape then
have one matrix, each times its factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp

if TYPE_CHECKING:
    from fem.dofs.domain import Domain


class Moduli(NamedTuple):
    """Numbers of one term; the cell axis is the last.

    Attributes
    ----------
    factor : array, shape () or (e,)
        Multiplies all of them.
    each : tuple of array, shapes (), (e,) or (q, e)
        In the order that the form defines.
    """

    factor: Any
    each: tuple[Any, ...]

    def scaled(self, number: Any) -> Moduli:
        """Return them times a number."""
        return Moduli(self.factor * number, self.each)

    @property
    def uniform(self) -> bool:
        """Whether they differ between cells by the factor only."""
        return all(jnp.ndim(m) == 0 for m in self.each)

    @property
    def points(self) -> tuple[int, ...]:
        """For each modulus its number of quadrature points, 0 where it is the same at all."""
        return tuple(m.shape[0] if jnp.ndim(m) == 2 else 0 for m in self.each)

    def product(self) -> tuple[Any, ...]:
        """Return the moduli times their factor."""
        return tuple(self.factor * m for m in self.each)


class Cut(NamedTuple):
    """Arrays by batch: those with a cell axis vary, the others are shared by all batches."""

    varying: list[Any]
    shared: list[Any]

    def join(self, varying: list[Any]) -> tuple[Any, ...]:
        """Return the arrays of one batch in their order."""
        return tuple(v if s is None else s for v, s in zip(varying, self.shared, strict=True))


def cut(domain: Domain, arrays: tuple[Any, ...]) -> Cut:
    """Cut arrays of shape () or (..., e) into batches."""
    varying = [in_batches(domain, array) if jnp.ndim(array) else None for array in arrays]
    return Cut(varying, [None if jnp.ndim(array) else array for array in arrays])


def in_batches(domain: Domain, array: Any) -> Any:
    """Return a traced array with the cells last by batch: (..., e) to (batches, ..., lanes)."""
    missing = domain.batches * domain.lanes - domain.count
    if missing:
        array = jnp.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)], mode="edge")
    return jnp.moveaxis(array.reshape(*array.shape[:-1], domain.batches, domain.lanes), -2, 0)
