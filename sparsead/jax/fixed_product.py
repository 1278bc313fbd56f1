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
from jax.core import ShapedArray
from jax.interpreters import ad, batching, mlir

from sparsead.jax.constants import constant
from sparsead.jax.library import Primitive
from sparsead.jax.sparse_array import SparseArray
from sparsead.jax.transport import call
from sparsead.kernels import FixedMatrix, fixed_spmv
from sparsead.pattern.pattern import Pattern
from sparsead.rules.rule import flipped

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
    return _fixed_spmv.bind(x, matrix=matrix, trans="N")


def _result(x: Any, *, matrix: FixedMatrix, trans: str) -> ShapedArray:
    return ShapedArray((*x.shape[:-1], matrix.rows.shape[0 if trans == "N" else 1]), x.dtype)


def _eager(x: Any, *, matrix: FixedMatrix, trans: str) -> jax.Array:
    return jnp.asarray(fixed_spmv(np.asarray(x), matrix=matrix, trans=trans))


def _jvp(primals: Any, tangents: Any, **static: Any) -> tuple[jax.Array, Any]:
    y = _fixed_spmv.bind(*primals, **static)
    (d_x,) = tangents
    still = type(d_x) is ad.Zero
    return y, ad.Zero(jax.core.get_aval(y).to_tangent_aval()) if still else _fixed_spmv.bind(d_x, **static)


def _transpose(y_bar: Any, x: Any, *, matrix: FixedMatrix, trans: str) -> list[Any]:
    zero = type(y_bar) is ad.Zero
    return [ad.Zero(x.aval) if zero else _fixed_spmv.bind(y_bar, matrix=matrix, trans=flipped(trans))]


def _batch(args: Any, dims: Any, **static: Any) -> tuple[jax.Array, int]:
    """Vectors lie along the last axis; a new axis goes in front of all others."""
    return _fixed_spmv.bind(jnp.moveaxis(args[0], dims[0], 0), **static), 0


def _lower(platform: str | None, x: Any, *, matrix: FixedMatrix, trans: str) -> jax.Array:
    on_host = platform == "cpu" and matrix.rows.nnz > _SMALL
    return (_on_host if on_host else _in_program)(trans, matrix, x)


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


_fixed_spmv = Primitive("sparsead_fixed_spmv")
_fixed_spmv.def_impl(_eager)
_fixed_spmv.def_abstract_eval(_result)
ad.primitive_jvps[_fixed_spmv] = _jvp
ad.primitive_transposes[_fixed_spmv] = _transpose
batching.primitive_batchers[_fixed_spmv] = _batch
for _platform in ("cpu", None):
    mlir.register_lowering(
        _fixed_spmv, mlir.lower_fun(partial(_lower, _platform), multiple_results=False), platform=_platform
    )
