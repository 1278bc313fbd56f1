"""An extension by the stiffness of a body that resists being deformed.

Derivation
----------
The dofs of the movement are free (z), driven (m, those of the moved points) or depend on others, so that all of them
are ``u = T z + G m``. With the stiffness K::

    T^T K (T z + G m) = 0        A z = -T^T K G m,   A = T^T K T

The driven dofs are carried along with an identity, which costs a factorization nothing::

    [ A    ] [ z ]   [ -T^T K G ]
    [    1 ] [ m ] = [     1    ] m,        u = [ T  G ] [ z ]
                                                        [ m ]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import block_array, csr_array, eye_array, hstack, vstack

from fem.assembly.solve import reduction_of, solve
from fem.dofs.constraints import Constraints, Held
from fem.shape.extension import Extension, extension
from fem.shape.points import held_besides
from sparsead.errors import SparseADError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space


def by_stiffness(
    space: Space, operator: Operator, moved: NDArray[np.integer], fixed: Constraints | Sequence[Constraints] | None
) -> Extension:
    """Return the extension that a stiffness makes.

    Parameters
    ----------
    space : Space
        Movements of a mesh: as many components as directions.
    operator : Operator
        K.
    moved : int array, shape (k,)
        Driven points.
    fixed : Constraints, or several, or None
        What else is held; None holds the rest of the boundary.

    Raises
    ------
    ConstraintError
        If a part of the mesh can move freely, or a fixed point is given a movement of its own.
    """
    rest = held_besides(space, moved, fixed)
    driven = space.dofs(moved).reshape(-1)
    none = csr_array((len(driven), space.count))
    held = Held(np.concatenate([rest.dofs, driven]), csr_array(vstack([rest.couplings, none])))
    t, g = _maps(space, held, len(driven))
    k = operator.to_scipy().tocsr()
    identity = eye_array(len(driven))
    before = csr_array(vstack([-(t.T @ k @ g), identity]))
    matrix = csr_array(block_array([[t.T @ k @ t, None], [None, identity]]))
    found = extension(before, matrix, csr_array(hstack([t, g])), space.mesh.points[moved])
    try:
        found(np.zeros_like(found.moved))
    except SparseADError:
        # The same matrix in the words of the mesh: which part is free to move, and how.
        solve(operator, np.zeros(space.shape), Constraints(held))
        raise
    return found


def _maps(space: Space, held: Held, driven: int) -> tuple[csr_array, csr_array]:
    """T, shape (n, free), and G, shape (n, driven), with the driven dofs last among those held."""
    reduction, n = reduction_of(space.topology, held), space.count
    free = np.flatnonzero(reduction.mask)
    rows, columns = np.concatenate([free, reduction.row]), np.concatenate([free, reduction.col])
    weights = np.concatenate([np.ones(len(free)), reduction.weight])
    t = csr_array((weights, (rows, columns)), shape=(n, n))[:, free]
    spread = reduction.spread.tocoo()
    first = len(held.dofs) - driven
    given = spread.col >= first
    where = held.dofs[spread.row[given]], spread.col[given] - first
    return csr_array(t), csr_array((spread.data[given], where), shape=(n, driven))
