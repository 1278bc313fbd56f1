"""Room for the states of a run, in huge pages where they are many.

The system hands out fresh memory page by page while it is written: for 35 MB in pages of 4 KiB that took 17 ms of a
gradient of 500. A host function sees the buffer before anybody writes to it, and can ask for huge pages.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.buffer_callback import buffer_callback

from sparsead.jax.pages import prefer_huge_pages

_LARGE = 1 << 22  # bytes


def rows_of(first: Any, count: int, *, filled: bool) -> Any:
    """Return an array of `count` rows, shape (count, n), the first of which is `first`.

    Parameters
    ----------
    first : array, shape (n,)
        First row.
    count : int
        Number of rows.
    filled : bool
        Whether the other rows have to be `first` too; if not, they are any numbers.
    """
    if count * first.size * first.dtype.itemsize < _LARGE:
        return _repeated(first, count)
    return lax.platform_dependent(
        first, cpu=partial(_by_host, count=count, filled=filled), default=partial(_repeated, count=count)
    )


def _repeated(first: Any, count: int) -> Any:
    return jnp.broadcast_to(first, (count, *first.shape))


def _by_host(first: Any, count: int, filled: bool) -> Any:
    def fill(_: Any, out: Any, row: Any) -> None:
        rows = np.asarray(out)
        prefer_huge_pages(rows)
        rows[: count if filled else 1] = np.asarray(row)

    shape = jax.ShapeDtypeStruct((count, *first.shape), first.dtype)
    return buffer_callback(fill, shape, vmap_method="sequential")(first)
