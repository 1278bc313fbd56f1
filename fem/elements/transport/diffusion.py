"""Diffusion: heat conduction, seepage, electrostatics.

Derivation
----------
::

    a(u, v) = int  grad v . k grad u
    K[a, b] = int  N_a,i k_ij N_b,j

with a conductivity k that is a number or a symmetric tensor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from fem.elements.common import tensor
from fem.elements.common.build import bilinear, least, material, product, thickness_margin
from fem.elements.common.identity import for_each_component

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Diffusion:
    """Isotropic diffusion of each component; its modulus is the conductivity."""

    kind: ClassVar[str] = "scalar"
    components: int = 1
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        (k,) = moduli
        if jnp.ndim(k) == 2:
            return for_each_component(cells.laplace_products(k), self.components)
        return for_each_component(k * cells.laplace_products(), self.components)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Fluxes of u, both of shape (i, a, e)."""
        return cells.test_gradient(moduli[0] * cells.gradient_of(u))


@dataclass(frozen=True)
class TensorDiffusion:
    """Anisotropic diffusion of a scalar; its moduli are the conductivities k_ij, row by row."""

    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        return tensor.products(cells, moduli)[:, None, :, None]

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Fluxes of u, both of shape (i, a, e)."""
        return tensor.action(cells, moduli, u)


def diffusion(
    space: Space, conductivity: ArrayLike, *, thickness: ArrayLike = 1.0, field: str | None = None
) -> Operator:
    """Return the operator of a diffusion.

    Parameters
    ----------
    space : Space
        A scalar unknown; or a vector whose components diffuse separately.
    conductivity : array, shape (), (e,), (e, q); or (d, d), (e, d, d), (e, q, d, d) for a symmetric tensor
        Conductivity. Where d cells make the shapes (d, d) and (e, q) the same, a tensor is meant.
    thickness : array, shape () or (e,)
        Thickness of a plane body, area of a rod. Unit: [length].
    field : str, optional
        Name of the field, where the space has several.

    Returns
    -------
    Operator
        Symmetric, positive definite once a value is prescribed.

    Raises
    ------
    MaterialError
        If a conductivity is negative, a tensor not symmetric, or an array does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.elements.diffusion(fem.Space(fem.rectangle((2, 2))), conductivity=1.0)
    Operator(Diffusion on 4 cells; 9 dofs)
    """
    d, t = space.mesh.dimension, material("thickness", thickness)
    if np.shape(conductivity)[-2:] == (d, d) and d > 1:
        k = jnp.asarray(conductivity, float)
        components = tensor.components(k, d, what="a conductivity tensor", symbol="k")
        return bilinear(space, TensorDiffusion(), components, thickness_margin(thickness), factor=t, field=field)
    k = material("conductivity", conductivity)
    factor = product(k, t)
    form = Diffusion(space.field(field).components)
    margins = {"not negative": least(k)} | thickness_margin(thickness)
    return bilinear(space, form, (jnp.ones(()),), margins, factor=factor, field=field)
