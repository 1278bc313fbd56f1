"""Advection: transport of each component by a velocity; not symmetric.

Derivation
----------
::

    a(u, v) = int  v . (w . grad) u
    K[a i, b j] = delta_ij int  N_a w_k N_b,k
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.common.build import bilinear, mass_degree
from fem.elements.common.identity import for_each_component
from fem.errors import MaterialError

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Advection:
    """Advection of each component; its moduli are the components of the velocity."""

    dimension: int
    components: int = 1
    symmetric: bool = False
    definite: bool = False
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        along = sum(w * cells.gradients[:, k] for k, w in enumerate(moduli))
        scalar = jnp.einsum("aq,bqe->abe", jnp.asarray(cells.shape), along * cells.measure)
        return for_each_component(scalar, self.components)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Transport of u, both of shape (i, a, e)."""
        slope = cells.gradient_of(u)
        return cells.test_value(sum(w * slope[:, k] for k, w in enumerate(moduli)))


def advection(space: Space, velocity: Any, *, field: str | None = None) -> Operator:
    """Return the operator of a transport by a velocity.

    Parameters
    ----------
    space : Space
        Where it acts; components are not coupled.
    velocity : array, shape (d,), (e, d) or (e, q, d)
        Velocity, the same everywhere, for cells, or for quadrature points. Unit: [length/time].
    field : str, optional
        Name of the field, where the space has several.

    Returns
    -------
    Operator
        Not symmetric.

    Raises
    ------
    MaterialError
        If the velocity does not have one component for each dimension, or does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.elements.advection(fem.Space(fem.rectangle((2, 2))), (1.0, 0.0))
    Operator(Advection on 4 cells; 9 dofs)
    """
    w, d = jnp.asarray(velocity, float), space.mesh.dimension
    if w.ndim not in (1, 2, 3) or w.shape[-1] != d:
        raise MaterialError(
            "a velocity needs a component for each dimension",
            expected=f"shape ({d},), (e, {d}) or (e, q, {d})",
            got=f"shape {w.shape}",
            fix=f"pass {d} numbers for each cell",
        )
    form = Advection(d, space.field(field).components)
    return bilinear(space, form, tuple(w[..., k] for k in range(d)), {}, degree=mass_degree, field=field)
