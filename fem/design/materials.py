"""Several materials: which of them a cell is made of, or of none.

Derivation
----------
Each material i has a density x_i. Its weight is what is left of its own penalized density by all others [1]_::

    w_i = x_i^p prod_{j != i} (1 - x_j^p),   E = void + sum_i w_i (E_i - void)

With one material this is `simp`. A cell with two densities of 1 has no stiffness, so mixtures do not pay.

References
----------
.. [1] J. Stegmann, E. Lund, "Discrete material optimization of general composite shell structures", International
   Journal for Numerical Methods in Engineering 62, 2005, doi:10.1002/nme.1259.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.arrays import numbers
from fem.design.interpolation import check_penalty
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


def multi_material(x: ArrayLike, *, solids: ArrayLike, void: ArrayLike = 0.0, penalty: ArrayLike = 3.0) -> jax.Array:
    """Return the coefficient of cells that choose between materials and void.

    Parameters
    ----------
    x : array, shape (m, ...)
        Densities of m materials between 0 and 1.
    solids : array, shape (m,)
        Coefficient of each material alone.
    void : array, shape ()
        Coefficient where all densities are 0.
    penalty : array, shape ()
        p.

    Returns
    -------
    array, shape (...)
        Unit: [solids].

    Raises
    ------
    ShapeError
        If there is not one coefficient for each row of x, or a penalty that is known is less than 1.

    References
    ----------
    J. Stegmann, E. Lund, 2005, doi:10.1002/nme.1259.

    Examples
    --------
    >>> import fem
    >>> fem.design.multi_material([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], solids=[210.0, 70.0]).tolist()
    [210.0, 70.0, 0.0]
    """
    check_penalty("penalty", penalty, 1.0)
    density, coefficient = numbers("x", x), numbers("solids", solids)
    if density.ndim == 0 or coefficient.shape != density.shape[:1]:
        raise ShapeError(
            "materials do not fit the densities", expected="x of shape (m, ...) and solids of shape (m,)",
            got=f"x of shape {density.shape}, solids of shape {coefficient.shape}",
            fix="jnp.stack([x, y]) are the densities of two materials",
        )  # fmt: skip
    present = density ** numbers("penalty", penalty)
    others = jnp.stack([jnp.prod(jnp.delete(1 - present, i, axis=0), axis=0) for i in range(len(present))])
    return void + jnp.tensordot(coefficient - void, present * others, axes=1)
