"""Stress that is there already, cell by cell or at quadrature points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from fem.elements.common.tensor import components
from fem.errors import MaterialError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space


def prestress(space: Space, stress: ArrayLike) -> tuple[Any, ...]:
    """Return the components s_ij of a stress, row by row, each of shape (e,) or (e, q).

    Parameters
    ----------
    space : Space
        Its cells.
    stress : array, shape (e, d, d), (e, q, d, d), or with 3 for d
        Symmetric; in the plane the part in the plane counts. Unit: [force/length^2].

    Raises
    ------
    MaterialError
        If it does not fit the cells, or is known and not real and symmetric.
    """
    d, shape = space.mesh.dimension, np.shape(stress)
    cells = sum(domain.count for domain in space.topology.bulk)
    array = jnp.asarray(stress)
    fits = len(shape) in (3, 4) and shape[0] == cells and shape[-2:] in ((d, d), (3, 3))
    if not fits or array.dtype.kind == "c":
        raise MaterialError(
            "a prestress is not real" if fits else "a prestress does not fit the cells",
            expected=f"real, of shape ({cells}, {d}, {d}) or ({cells}, quadrature points, {d}, {d}); 3 for {d} too",
            got=f"shape {shape}, {array.dtype}",
            fix="pass what fem.fields.stress returns for one load case",
        )
    return components(array.astype(float), d, what="a prestress", symbol="s")
