"""From the movement of some points to that of all: a linear map with one factorization for all designs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sparsead.jax as sp
from fem.arrays import real
from fem.design.linear_map import LinearMap
from fem.design.solved_map import SolvedMap
from sparsead.errors import ShapeError
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    import jax
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

_DEFINITE = Structure(symmetric=True, positive_definite=True)


@dataclass(frozen=True, eq=False)
class Extension:
    """What `laplace`, `elastic` and `radial` return.

    Parameters
    ----------
    solved : SolvedMap
        The map, from movements to movements in one row.
    moved : float array, shape (k, d)
        Where the driven points are. Unit: [length].
    """

    solved: SolvedMap = field(repr=False)
    moved: NDArray[np.float64] = field(repr=False)

    def __call__(self, movement: ArrayLike) -> jax.Array:
        """Return the movement of all points, shape (p, d), from that of the driven ones, shape (k, d).

        Raises
        ------
        ShapeError
            If the shape differs.
        DtypeError
            If they are no real numbers.
        """
        given = real("movement", movement)
        if given.shape != self.moved.shape:
            raise ShapeError(
                "a movement does not fit the moved points",
                expected=f"shape {self.moved.shape}: a row for each moved point, a column for each direction",
                got=f"shape {given.shape}", fix="jax.vmap takes several movements at once",
            )  # fmt: skip
        return self.solved(given.reshape(-1)).reshape(-1, self.moved.shape[1])


def extension(before: csr_array, matrix: csr_array, after: csr_array, moved: NDArray[np.float64]) -> Extension:
    """Return the extension ``u = after matrix^-1 before m``, with a symmetric, positive definite matrix.

    Parameters
    ----------
    before : csr_array, shape (n, k d)
        From movements to right-hand sides.
    matrix : csr_array, shape (n, n)
        What is factorized.
    after : csr_array, shape (p d, n)
        From solutions to movements of all points.
    moved : float array, shape (k, d)
        Where the driven points are.
    """
    stored = ((matrix + matrix.T) / 2).tocsc()  # to the last bit: an entry that rounding left on one side only is none
    stored.eliminate_zeros()
    stored.sort_indices()
    stored.data.setflags(write=False)
    solved = SolvedMap(LinearMap(before), stored.data, sp.from_scipy(stored).pattern, _DEFINITE, LinearMap(after))
    return Extension(solved, moved)
