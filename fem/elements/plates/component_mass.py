"""Mass whose density differs between the components, such as that of rotations.

Derivation
----------
::

    a(u, v) = sum_i int  rho_i u_i v_i
    M[a i, b j] = delta_ij int  rho_i N_a N_b
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class ComponentMass:
    """Mass; its moduli are the densities of the components, which may share some.

    Parameters
    ----------
    densities : tuple of int
        For each component the number of its modulus.
    """

    is_mass: ClassVar[bool] = True
    densities: tuple[int, ...]
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        own = [cells.value_products(m) for m in moduli]
        none = jnp.zeros_like(own[0])
        size = range(len(self.densities))
        rows = [jnp.stack([own[self.densities[i]] if i == j else none for j in size], 2) for i in size]
        return jnp.stack(rows, 1)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Inertia forces of u, both of shape (i, a, e)."""
        values = cells.value_of(u)
        return cells.test_value(jnp.stack([moduli[m] * values[i] for i, m in enumerate(self.densities)]))
