"""Kernel ``spgemm``: the product of two sparse matrices, and its transposes, on patterns that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from sparsead.pattern.product import ROLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.product import Chunk, Product


def spgemm(
    x: NDArray[Any], y: NDArray[Any], *, product: Product, role: str, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return stored values of one of three matrices from those of the two others.

    The products that make up C = A B are the entries of a sparse matrix M(A) that maps the stored values of B to
    those of C, so that SciPy's product with a vector adds them up. Its own product of two sparse matrices drops
    entries that happen to be zero, and knows nothing of a pattern to keep to. A C that is zero throughout adds
    nothing, even where the other is NaN: so a lane whose cotangent is zero cannot spoil the gradient.

    Parameters
    ----------
    x, y : array, shapes (b, s) of their patterns
        Stored values of A and B for "out", of C and B for "left", of A and C for "right".
    product : Product
        Patterns and terms of A B.
    role : {"out", "left", "right"}
        What is computed: A B, or C B^T kept on the pattern of A, or A^T C kept on the pattern of B.
    out : array, optional
        Where to write.

    Returns
    -------
    array, shape (b, s) of the pattern of what is computed
        Stored values. Unit: [x] [y].
    """
    size = product.sizes[ROLES.index(role)]
    out = np.empty((len(x), size), np.result_type(x, y)) if out is None else out
    terms = np.empty(max((len(chunk.left_at) for chunk in product.chunks), default=0), out.dtype)
    for lane in range(len(x)):
        out[lane] = 0
        if role != "out" and _is_zero((x if role == "left" else y)[lane]):
            continue
        for chunk in product.chunks:
            _ADD[role](out[lane], x[lane], y[lane], chunk, terms[: len(chunk.left_at)])
    return out


def _is_zero(values: NDArray[Any]) -> bool:
    """Whether all are; the first ones mostly tell, in a tenth of the time of all."""
    return not (values[:64].any() or values.any())


def _to_out(out: NDArray[Any], left: NDArray[Any], right: NDArray[Any], chunk: Chunk, terms: NDArray[Any]) -> None:
    np.take(left[chunk.left], chunk.left_at, out=terms, mode="wrap")
    part = out[chunk.out]
    part[:] = csc_array((terms, chunk.out_at, chunk.runs), shape=(len(part), len(chunk.runs) - 1)) @ right[chunk.right]


def _to_left(out: NDArray[Any], product: NDArray[Any], right: NDArray[Any], chunk: Chunk, terms: NDArray[Any]) -> None:
    np.take(product[chunk.out], chunk.out_at, out=terms, mode="wrap")
    part = out[chunk.left]
    part += csc_array((terms, chunk.left_at, chunk.runs), shape=(len(part), len(chunk.runs) - 1)) @ right[chunk.right]


def _to_right(out: NDArray[Any], left: NDArray[Any], product: NDArray[Any], chunk: Chunk, terms: NDArray[Any]) -> None:
    np.take(left[chunk.left], chunk.left_at, out=terms, mode="wrap")
    part, factors = out[chunk.right], product[chunk.out]
    part[:] = csr_array((terms, chunk.out_at, chunk.runs), shape=(len(part), len(factors))) @ factors


_ADD = {"out": _to_out, "left": _to_left, "right": _to_right}
