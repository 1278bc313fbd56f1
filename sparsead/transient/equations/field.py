"""The right-hand side of an ordinary differential equation on flat vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from sparsead.errors import DtypeError, ShapeError
from sparsead.transient.equations import traced
from sparsead.transient.equations.traced import Data


@dataclass(frozen=True)
class Field:
    """``f(t, u, params)`` on flat vectors.

    Parameters
    ----------
    call : callable
        ``call(t, u, data) -> du`` with u and du of shape (n,).
    key : hashable
        Equal keys, equal programs.
    reverse_only : bool
        Whether something in it has a rule for reverse mode only, so that there are no tangents.
    """

    call: Callable[[Any, Any, Data], Any] = field(compare=False)
    key: Any
    reverse_only: bool = False

    def __call__(self, t: Any, u: Any, data: Data) -> Any:
        """Return the slope, shape (n,)."""
        return self.call(t, u, data)


def field_of(f: Callable[..., Any], u0: Any, params: Any) -> tuple[Field, Data]:
    """Trace ``f(t, u, params)`` and return it on flat vectors, with its data.

    Parameters
    ----------
    f : callable
        Right-hand side.
    u0 : pytree of arrays
        A state, all of one type.
    params : pytree of arrays
        Parameters.

    Returns
    -------
    field : Field
        The right-hand side.
    data : tuple
        ``(moving, fixed)``: leaves of `params`, and every array that `f` closes over.

    Raises
    ------
    ShapeError, DtypeError
        If `f` does not return something of the structure, shapes and kind of its state.
    """
    dtype = jax.tree.leaves(u0)[0].dtype
    u0 = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), u0)
    _, unravel = ravel_pytree(jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), u0))
    size = sum(x.size for x in jax.tree.leaves(u0))

    def flat(t: Any, u: Any, params: Any) -> Any:
        du = f(t, unravel(u), params)
        _check_like(u0, du)
        parts = [jnp.ravel(jnp.asarray(d)).astype(dtype) for d in jax.tree.leaves(du)]
        return jnp.concatenate(parts) if len(parts) > 1 else parts[0]

    arguments = (jax.ShapeDtypeStruct((), jnp.finfo(dtype).dtype), jax.ShapeDtypeStruct((size,), dtype))
    (program,), data = traced.trace([(flat, arguments)], params)
    key = (getattr(f, "__code__", type(f)), program.key)
    return Field(lambda t, u, data: program(data, t, u), key, program.reverse_only), data


def _check_like(u: Any, du: Any) -> None:
    """Raise unless `du` has the structure and the shapes of `u`."""
    if jax.tree.structure(u) != jax.tree.structure(du):
        raise ShapeError(
            "f returns another structure than its state",
            expected=f"a slope like the state: {jax.tree.structure(u)}",
            got=f"f(t, u, params) = {jax.tree.structure(du)}",
            fix="return the containers of u0; a list of numbers is a container, jnp.array(u0) is a vector",
        )
    for (path, part), slope in zip(jax.tree_util.tree_leaves_with_path(u), jax.tree.leaves(du), strict=True):
        where = jax.tree_util.keystr(path)
        if jnp.shape(part) != jnp.shape(slope):
            raise ShapeError(
                "f returns a slope of another shape than its state",
                expected=f"u{where} of shape {jnp.shape(part)}",
                got=f"f(t, u, params){where} of shape {jnp.shape(slope)}",
                fix="return one slope for each number of the state",
            )
        if jnp.iscomplexobj(slope) and not jnp.iscomplexobj(part):
            raise DtypeError(
                "f returns complex slopes of a real state",
                expected=f"u{where} complex from the start, or real slopes",
                got=f"f(t, u, params){where} of type {jnp.result_type(slope)}",
                fix="pass u0 as complex numbers, or take the real part in f",
            )
