"""Find an entry of a Jacobian that its pattern does not store, by two products with random directions.

For complex arguments they find too that a function is not holomorphic, which has no Jacobian.

Derivation
----------
Let J be the Jacobian, P what was read off on the pattern, t random. Where ``J t`` and ``P t`` differ, an entry is
missing. Say J[i, j] = d, alone in row i. A product with all columns of the colour of j has it too, so that P has it as
part of the entry of that colour that row i stores, in column j', if there is one::

    (J t)[i] - (P t)[i] = d (t[j] - t[j'])

With a second direction w, each pair (j, j') that is possible foretells the second difference from the first. The pair
that is right foretells it to rounding; of many missing entries in one row none does.

Of a complex argument t is real and w is not. Products with real directions, those of the colours and t, agree whatever
the function is; where the one with w differs and the one with t does not, ``J (i e) = i J e`` does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from sparsead.errors import DtypeError, PatternError, SparseADError
from sparsead.jax.constants import constant
from sparsead.jax.primitives import KERNELS
from sparsead.jax.raised import remember
from sparsead.pattern.colouring import colours
from sparsead.pattern.pattern import Pattern

_TURN = 0.6 + 0.8j  # of the second direction, where arguments are complex


@dataclass(frozen=True, eq=False)
class Probe:
    """Two random directions, and what they tell of a pattern.

    Parameters
    ----------
    pattern : Pattern
        Where the Jacobian may have entries, shape (m, n).
    tolerance : float, optional
        Differences up to this share of the magnitudes in their row are taken for rounding; by default eps^0.75.
    """

    pattern: Pattern
    tolerance: float | None = None

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """Shape (2, n); away from zero, so that no entry is hidden."""
        return np.random.default_rng(0).uniform(1.0, 2.0, (2, self.pattern.shape[1]))

    def along(self, dtype: Any) -> jax.Array:
        """Return the directions in a program whose argument has that type; of a complex one the second is complex."""
        real = constant(self.directions.astype(np.empty(0, dtype).real.dtype)).astype(dtype)
        return real * jnp.asarray([[1], [_TURN]], dtype) if np.dtype(dtype).kind == "c" else real

    def worst(self, values: jax.Array, along: jax.Array, products: jax.Array) -> tuple[jax.Array, ...]:
        """Return the row in which products with the Jacobian and its stored values differ most.

        Parameters
        ----------
        values : array, shape (s,)
            What was read off.
        along : array, shape (2, n)
            Both directions.
        products : array, shape (2, m)
            The Jacobian times them.

        Returns
        -------
        tuple of array
            Both differences in that row over the sums of magnitudes, shape (2,); the row; both differences, as of
            real directions.
        """
        values, products = jax.lax.stop_gradient((values, products))
        if not products.size:
            return jnp.zeros(2, products.real.dtype), jnp.zeros((), int), jnp.zeros(2, products.dtype)
        static = {"pattern": self.pattern, "trans": "N"}
        both = jnp.result_type(values, along)
        read = KERNELS.spmv(values.astype(both)[None], along.astype(both)[None], **static)[0]
        sizes = jnp.abs(products) + KERNELS.spmv(jnp.abs(values)[None], jnp.abs(along)[None], **static)[0]
        differences = products - read
        relative = jnp.where(sizes > 0, jnp.abs(differences) / sizes, 0)
        row = jnp.argmax(relative.max(axis=0))
        turned = jnp.asarray([1, _TURN], both) if jnp.iscomplexobj(along) else 1
        return relative[:, row], row, differences[:, row] / turned

    def raise_if_missing(self, relative: Any, row: Any, differences: Any, *, of_complex: bool) -> None:
        """Raise where the differences that `worst` found are no rounding.

        Parameters
        ----------
        relative, row, differences
            What it found.
        of_complex : bool
            Whether the argument of the function is complex.

        Raises
        ------
        PatternError
            If an entry is missing.
        DtypeError
            If the function is not holomorphic.
        """
        rounding = float(np.finfo(relative.dtype).eps)
        # Within the function it may be larger than that of its result: by 8,000 here, in single precision by 50.
        tolerance = rounding**0.75 if self.tolerance is None else self.tolerance
        if not relative.max() > tolerance:
            return
        if of_complex and not relative[0] > tolerance:
            error: SparseADError = _not_holomorphic(int(row), float(relative[1]))
        else:
            error = self._missing(int(row), differences, relative.max(), rounding)
        remember(error)
        raise error

    def _missing(self, i: int, differences: Any, share: float, rounding: float) -> PatternError:
        j, derivative = self._column(i, complex(differences[0]), complex(differences[1]), rounding**0.4)
        fix = "add the entry" if j >= 0 else f"add to row {i} all columns that it depends on"
        if share < rounding ** (0.5 if j >= 0 else 0.25):  # by chance, among many columns, one explains rounding
            fix += f"; if that is rounding within f, pass tolerance={10.0 ** np.ceil(np.log10(2 * share)):.0e}"
        return PatternError(
            "the pattern misses an entry of the Jacobian",
            expected=f"an entry stored wherever the function depends on its argument, {self.pattern.size} here",
            got=f"f[{i}] depends on "
            + (
                f"x[{j}], derivative {derivative:.3g}: ({i}, {j}) is not stored" if j >= 0 else "several others as well"
            ),
            fix=fix,
            row=i,
            column=j if j >= 0 else None,
        )

    def _column(self, row: int, first: complex, second: complex, tolerance: float) -> tuple[int, complex]:
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
        found = derivative[j] if derivative[j].imag else derivative[j].real
        return (j, found) if off[j] <= tolerance * abs(second) else (-1, 0.0)


def _not_holomorphic(row: int, share: float) -> DtypeError:
    return DtypeError(
        "the function of a complex argument is not holomorphic",
        expected="a derivative along i t that is i times the one along t",
        got=f"in f[{row}] one that is off by {share:.1e} of the magnitudes: conj, real, imag or abs do that",
        fix="write it as a function of the real and the imaginary part, one after the other",
    )
