"""Find an entry of a Jacobian that its pattern does not store, by two products with random directions.

Derivation
----------
Let J be the Jacobian, P what was read off on the pattern, t random. Where ``J t`` and ``P t`` differ, an entry is
missing. Say J[i, j] = d, alone in row i. A product with all columns of the colour of j has it too, so that P has it as
part of the entry of that colour that row i stores, in column j', if there is one::

    (J t)[i] - (P t)[i] = d (t[j] - t[j'])

With a second direction w, each pair (j, j') that is possible foretells the second difference from the first. The pair
that is right foretells it to rounding; of many missing entries in one row none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from sparsead.errors import PatternError
from sparsead.jax.constants import constant
from sparsead.jax.primitives import KERNELS
from sparsead.jax.raised import remember
from sparsead.pattern.colouring import colours
from sparsead.pattern.pattern import Pattern


@dataclass(frozen=True, eq=False)
class Probe:
    """Two random directions, and what they tell of a pattern.

    Parameters
    ----------
    pattern : Pattern
        Where the Jacobian may have entries, shape (m, n).
    """

    pattern: Pattern

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """Shape (2, n); away from zero, so that no entry is hidden."""
        return np.random.default_rng(0).uniform(1.0, 2.0, (2, self.pattern.shape[1]))

    def along(self, dtype: Any) -> jax.Array:
        """Return the directions in a program."""
        return constant(self.directions.astype(np.empty(0, dtype).real.dtype)).astype(dtype)

    def worst(self, values: jax.Array, products: jax.Array) -> tuple[jax.Array, ...]:
        """Return the row in which products with the Jacobian and its stored values differ most.

        Parameters
        ----------
        values : array, shape (s,)
            What was read off.
        products : array, shape (2, m)
            The Jacobian times both directions.

        Returns
        -------
        tuple of array
            Difference over the sum of magnitudes; the row; both differences there.
        """
        values, products = jax.lax.stop_gradient((values, products))
        static = {"pattern": self.pattern, "trans": "N"}
        along = self.along(values.dtype)[None]
        differences = products - KERNELS.spmv(values[None], along, **static)[0]
        sizes = jnp.abs(products[0]) + KERNELS.spmv(jnp.abs(values)[None], jnp.abs(along[:, :1]), **static)[0, 0]
        relative = jnp.where(sizes > 0, jnp.abs(differences[0]) / sizes, 0)
        row = jnp.argmax(relative)
        return relative[row], row, differences[0, row], differences[1, row]

    def raise_if_missing(self, relative: Any, row: Any, first: Any, second: Any) -> None:
        """Raise `PatternError` where the differences that `worst` found are no rounding."""
        rounding = float(np.finfo(relative.dtype).eps)
        if not relative > rounding**0.75:  # within the function it may be a thousand times that of its result
            return
        i = int(row)
        j, derivative = self._column(i, complex(first), complex(second), rounding**0.4)
        error = PatternError(
            "the pattern misses an entry of the Jacobian",
            expected=f"an entry stored wherever the function depends on its argument, {self.pattern.size} here",
            got=f"f[{i}] depends on "
            + (
                f"x[{j}], derivative {derivative:.3g}: ({i}, {j}) is not stored" if j >= 0 else "several others as well"
            ),
            fix="add the entry" if j >= 0 else f"add to row {i} all columns that it depends on",
            row=i,
            column=j if j >= 0 else None,
        )
        remember(error)
        raise error

    def _column(self, row: int, first: complex, second: complex, tolerance: float) -> tuple[int, float]:
        """The column that is missing and its derivative; -1 if it is more than one.

        A wrong column foretells the second difference within the tolerance by chance: the best of all is taken.
        """
        t, w = self.directions
        of_column, cols = colours(self.pattern), self.pattern.cols
        stored = cols[self.pattern.indices == row]
        shared = np.full(of_column.max() + 1, -1)
        shared[of_column[stored]] = stored
        with_it = shared[of_column]
        moved = [d - np.where(with_it >= 0, d[with_it], 0.0) for d in (t, w)]
        moved[0][stored] = np.inf
        derivative = first / moved[0]
        off = np.abs(derivative * moved[1] - second)
        off[stored] = np.inf
        j = int(np.argmin(off))
        return (j, derivative[j].real) if off[j] <= tolerance * abs(second) else (-1, 0.0)
