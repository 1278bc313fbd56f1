"""Lumped mass: a diagonal one, for explicit time steps.

Derivation
----------
The mass of each cell is shared among its nodes in the proportion of the diagonal of the consistent mass of a
homogeneous cell: always positive, and it keeps the mass [1]_::

    M[a i, a i] = int rho  *  int N_a N_a / sum_b int N_b N_b

References
----------
.. [1] E. Hinton, T. Rock and O. C. Zienkiewicz, "A note on mass lumping and related processes in the finite element
   method", Earthquake Engineering and Structural Dynamics 4, 1976, doi:10.1002/eqe.4290040305.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp

from fem.elements.common.build import of_density
from fem.elements.common.identity import for_each_component

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Lumped:
    """Diagonal mass of each component; its modulus is the density."""

    is_mass: ClassVar[bool] = True
    components: int = 1
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        nodal = _nodal(cells, moduli[0])
        return for_each_component(jnp.eye(len(nodal))[:, :, None] * nodal[None], self.components)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Inertia forces of u, both of shape (i, a, e)."""
        return _nodal(cells, moduli[0]) * u


def _nodal(cells: Cells, rho: Any) -> Any:
    """Mass of each node of a cell, shape (a, e)."""
    squares = jnp.einsum("aq,qe->ae", jnp.asarray(cells.shape) ** 2, cells.measure)
    return (rho * cells.measure).sum(0) * squares / squares.sum(0)


def lumped_mass(
    space: Space, density: ArrayLike = 1.0, *, thickness: ArrayLike = 1.0, field: str | None = None
) -> Operator:
    """Return a diagonal mass.

    Parameters
    ----------
    space, density, thickness, field
        See `mass`.

    Returns
    -------
    Operator
        Diagonal, symmetric positive definite. Unit: [mass].

    Raises
    ------
    MaterialError
        See `mass`.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> M = fem.elements.lumped_mass(fem.Space(fem.interval(2, 4.0)), density=3.0)
    >>> (M @ jax.numpy.ones((3, 1))).ravel().tolist()
    [3.0, 6.0, 3.0]
    """
    return of_density(space, Lumped(space.field(field).components), density, thickness, field)
