"""A product with a matrix that never changes, which no program copies.

Values that are an operand are copied whenever a program runs, though they are the same each time: of a filter with 13.5
million weights that took three times as long as the product. Here the host multiplies with the arrays that it has. On
an accelerator values and pattern are constants, of which the device keeps one copy.
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap

from sparsead.jax.constants import constant
from sparsead.jax.linear_call import LinearMap, linear_call
from sparsead.jax.sparse_array import SparseArray
from sparsead.jax.transport import call
from sparsead.kernels import FixedMatrix, fixed_spmv
from sparsead.pattern.pattern import Pattern

# A smaller matrix is multiplied in the program: a host call costs 11 us.
_SMALL = 2_000

# Kept with the matrix, for all programs of a device.
_patterns: weakref.WeakKeyDictionary[FixedMatrix, Pattern] = weakref.WeakKeyDictionary()


def fixed_product(matrix: FixedMatrix, x: jax.Array) -> jax.Array:
    """Return ``W x`` for a matrix that must not change.

    Parameters
    ----------
    matrix : FixedMatrix, shape (m, n)
        W.
    x : array, shape (n,)
        Vector of a real type, concrete or traced. Unit: [x].

    Returns
    -------
    array, shape (m,)
        Product, of the type of `x`; its tangent is itself, its pullback the transposed product. Unit: [W] [x].

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from scipy.sparse import csr_array
    >>> W = FixedMatrix(csr_array([[1.0, 2.0], [0.0, 3.0]]))
    >>> jax.grad(lambda x: fixed_product(W, x).sum())(jnp.ones(2)).tolist()
    [1.0, 5.0]
    """
    if not isinstance(x, jax.core.Tracer):
        return jnp.asarray(fixed_spmv(np.asarray(x), matrix=matrix, trans="N"))
    map = LinearMap(_apply, _transpose, matrix)
    return linear_call(map, None, x, like=jax.ShapeDtypeStruct(matrix.rows.shape[:1], x.dtype))


def _apply(matrix: FixedMatrix, _: None, x: jax.Array) -> jax.Array:
    return _product("N", matrix, x)


def _transpose(matrix: FixedMatrix, _: None, y_bar: jax.Array) -> jax.Array:
    return _product("T", matrix, y_bar)


def _product(trans: str, matrix: FixedMatrix, x: jax.Array) -> jax.Array:
    """Trace the product with vectors along the last axis of `x`."""

    @custom_vmap
    def product(x: jax.Array) -> jax.Array:
        on_host = _on_host if matrix.rows.nnz > _SMALL else _in_program
        return jax.lax.platform_dependent(
            x, cpu=partial(on_host, trans, matrix), default=partial(_in_program, trans, matrix)
        )

    @product.def_vmap
    def lanes(size: int, batched: Any, x: jax.Array) -> tuple[jax.Array, bool]:
        return product(x), True

    return product(x)


def _on_host(trans: str, matrix: FixedMatrix, x: jax.Array) -> jax.Array:
    size = matrix.rows.shape[0 if trans == "N" else 1]
    out = jax.ShapeDtypeStruct((*x.shape[:-1], size), x.dtype)
    return call("fixed_spmv", {"matrix": matrix, "trans": trans}, out, x, on_host=True)


def _in_program(trans: str, matrix: FixedMatrix, x: jax.Array) -> jax.Array:
    if matrix not in _patterns:
        columns = matrix.rows.T
        _patterns[matrix] = Pattern(columns.shape, columns.indptr, columns.indices)
    stored = SparseArray(constant(matrix.rows.data).astype(x.dtype), _patterns[matrix])
    vectors = x.reshape(-1, x.shape[-1]).T
    product = (stored.T if trans == "N" else stored) @ vectors
    return product.T.reshape(*x.shape[:-1], product.shape[0])
