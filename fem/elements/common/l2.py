"""The L2 product, of cells or of facets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp

from fem.elements.common.identity import for_each_component

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class L2:
    """L2 product of each component; its modulus is a density."""

    is_mass: ClassVar[bool] = True
    components: int = 1
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        (rho,) = moduli
        if jnp.ndim(rho) == 2:
            return for_each_component(cells.value_products(rho), self.components)
        return for_each_component(rho * cells.value_products(), self.components)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """The functional of u, both of shape (i, a, e)."""
        return cells.test_value(moduli[0] * cells.value_of(u))
