"""Linear elasticity with any stiffness tensor.

Derivation
----------
::

    a(u, v) = int  eps(v) : C : eps(u)
    K[a i, b j] = int  N_a,k C_ikjl N_b,l

C is given in Voigt's notation, with shear strains 2 eps_ij, in the order
xx, yy, zz, yz, xz, xy (in the plane xx, yy, xy) [1]_.

References
----------
.. [1] T. C. T. Ting, "Anisotropic Elasticity", Oxford University Press, 1996, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import bilinear, check_displacement, material, thickness_margin
from fem.errors import MaterialError, SpaceError

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells

VOIGT = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


@dataclass(frozen=True)
class Anisotropic:
    """Elasticity with a stiffness tensor; its moduli are the entries of the upper triangle of C, row by row."""

    dimension: int
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def _entry(self, moduli: tuple[Any, ...], i: int, k: int, j: int, el: int) -> Any:
        pairs = VOIGT[self.dimension]
        p, q = (pairs.index((min(x), max(x))) for x in ((i, k), (j, el)))
        p, q = min(p, q), max(p, q)
        return moduli[p * len(pairs) - p * (p - 1) // 2 + q - p]

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        if any(jnp.ndim(m) == 2 for m in moduli):
            return self._by_points(cells, moduli)
        products, axes = cells.gradient_products(), range(self.dimension)
        rows = []
        for i in axes:
            row = [
                sum(self._entry(moduli, i, k, j, el) * products[:, k, :, el] for k in axes for el in axes) for j in axes
            ]
            rows.append(jnp.stack(row, 2))
        return jnp.stack(rows, 1)

    def _by_points(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices of a stiffness that differs between quadrature points."""
        g, axes = cells.gradients, range(self.dimension)  # (a, k, q, e)
        weighted = g * cells.measure
        rows = []
        for i in axes:
            row = []
            for j in axes:
                flux = [sum(self._entry(moduli, i, k, j, el) * weighted[:, el] for el in axes) for k in axes]
                row.append(jnp.einsum("akqe,kbqe->abe", g, jnp.stack(flux)))
            rows.append(jnp.stack(row, 2))
        return jnp.stack(rows, 1)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Internal forces of displacements u, both of shape (i, a, e)."""
        slope, axes = cells.gradient_of(u), range(self.dimension)
        stress = [
            [sum(self._entry(moduli, i, k, j, el) * slope[j, el] for j in axes for el in axes) for k in axes]
            for i in axes
        ]
        return cells.test_gradient(jnp.stack([jnp.stack(row) for row in stress]))


def anisotropic(space: Space, stiffness: Any, *, thickness: Any = 1.0, field: str | None = None) -> Operator:
    """Return the stiffness of an elastic body of any symmetry.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    stiffness : array, shape (v, v), (e, v, v) or (e, q, v, v)
        Stiffness in Voigt's notation, v = 6 in space, 3 in the plane; the same everywhere, for cells, or for
        quadrature points. Unit: [force/length^2].
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once the rigid motions are held. Unit: [force/length].

    Raises
    ------
    MaterialError
        If the stiffness is not symmetric, or does not fit the cells.
    SpaceError
        If the space is none of displacements.

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> lamina = np.array([[40.0, 3.0, 0.0], [3.0, 10.0, 0.0], [0.0, 0.0, 5.0]])
    >>> fem.elements.anisotropic(fem.Space(fem.rectangle((2, 2)), components=2), lamina)
    Operator(Anisotropic on 4 cells; 18 dofs)
    """
    d, c = space.mesh.dimension, jnp.asarray(stiffness, float)
    if d not in VOIGT:
        raise SpaceError(
            "a stiffness tensor needs a plane or a space",
            expected="a mesh in 2D or 3D",
            got=f"a mesh in {d}D",
            fix="fem.elements.elasticity along a line",
        )
    check_displacement(space, field, "elasticity needs a displacement in each direction")
    v = len(VOIGT[d])
    fits = c.ndim in (2, 3, 4) and c.shape[-2:] == (v, v)
    known = None if isinstance(c, jax.core.Tracer) or not fits else np.asarray(c)
    is_symmetric = known is None or np.allclose(known, np.swapaxes(known, -1, -2), rtol=1e-9, atol=0)
    if not fits or not is_symmetric:
        raise MaterialError(
            "not a stiffness in Voigt's notation",
            expected=f"a symmetric matrix of shape ({v}, {v}), or one for each cell or quadrature point",
            got=f"shape {c.shape}" + ("" if is_symmetric else ", not symmetric"),
            fix="order its rows " + ("xx, yy, zz, yz, xz, xy" if d == 3 else "xx, yy, xy"),
        )
    moduli = tuple(c[..., p, q] for p in range(v) for q in range(p, v))
    margins = thickness_margin(thickness)
    return bilinear(space, Anisotropic(d), moduli, margins, factor=material("thickness", thickness), field=field)
