"""A linear map with a transpose of its own, as one JAX primitive.

A map ``y = L(residuals) x`` is given by two functions, ``apply`` and its hand-written transpose. JAX sees one
primitive: its tangent in x is itself, its transpose the other function, its tangent in the residuals what JAX finds in
`apply`. So loops of unknown length, which JAX cannot transpose, take part in reverse mode, and in forward mode over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax.interpreters import ad, batching, mlir

from sparsead.jax.library import Primitive


class _Still:
    """What stands for the tangent of what does not move."""

    def __repr__(self) -> str:
        return "STILL"


STILL: Any = _Still()


def along(function: Callable[..., Any], primals: tuple[Any, ...], directions: tuple[Any, ...]) -> Any:
    """Return the tangent of a function of pytrees, or None if nothing moves.

    Parameters
    ----------
    function : callable
        ``function(*primals)`` gives a pytree.
    primals, directions : tuple of pytrees
        Where, and tangents of the leaves; `STILL` for those that do not move.
    """
    leaves, tree = jax.tree.flatten(primals)
    parts = jax.tree.leaves(directions)
    moved = [i for i, part in enumerate(parts) if part is not STILL]
    if not moved:
        return None

    def of_moved(*chosen: Any) -> Any:
        found = dict(zip(moved, chosen, strict=True))
        return function(*tree.unflatten([found.get(i, leaf) for i, leaf in enumerate(leaves)]))

    return jax.jvp(of_moved, [leaves[i] for i in moved], [parts[i] for i in moved])[1]


@dataclass(frozen=True)
class LinearMap:
    """A function linear in its second argument, and its transpose.

    Parameters
    ----------
    apply, transpose : callable
        ``apply(static, residuals, x) -> y`` and ``transpose(static, residuals, y_bar) -> x_bar``, on pytrees.
    static : hashable
        What both need that is no array; equal maps share compiled programs.
    """

    apply: Callable[[Any, Any, Any], Any]
    transpose: Callable[[Any, Any, Any], Any]
    static: Any
    tangent: ClassVar[None] = None  # what JAX finds in `apply`

    def __call__(self, residuals: Any, x: Any) -> Any:
        """Return y."""
        return self.apply(self.static, residuals, x)

    @property
    def T(self) -> LinearMap:
        """The transposed map."""
        return LinearMap(self.transpose, self.apply, self.static)


@dataclass(frozen=True)
class Batched:
    """A map over a leading axis of the linear argument, and of the residuals that have one.

    Parameters
    ----------
    map : LinearMap, or another
        The map.
    axes : tuple of int or None
        For each leaf of the residuals, 0 or None.
    """

    map: Any
    axes: tuple[int | None, ...]

    def __call__(self, residuals: Any, x: Any) -> Any:
        """Return y, with the axis in front."""
        leaves, tree = jax.tree.flatten(residuals)
        return jax.vmap(lambda r, x: self.map(tree.unflatten(r), x), in_axes=(list(self.axes), 0))(leaves, x)

    @property
    def T(self) -> Batched:
        """The transposed map."""
        return Batched(self.map.T, self.axes)

    @property
    def tangent(self) -> Callable[..., Any] | None:
        """The rule of the map, if it has one of its own."""
        return None if self.map.tangent is None else self._tangent

    def _tangent(self, residuals: Any, x: Any, d_residuals: Any, d_x: Any) -> Any:
        leaves, tree = jax.tree.flatten((residuals, x))
        directions = jax.tree.leaves((d_residuals, d_x))
        axes = [*self.axes, *[0] * (len(leaves) - len(self.axes))]
        moved = {i: direction for i, direction in enumerate(directions) if direction is not STILL}

        def one(leaves: Any, moved: Any) -> Any:
            at, along = tree.unflatten(leaves), tree.unflatten([moved.get(i, STILL) for i in range(len(leaves))])
            return self.map.tangent(*at, *along)

        return jax.vmap(one, in_axes=(axes, {i: axes[i] for i in moved}))(leaves, moved)


def linear_call(linear_map: Any, residuals: Any, x: Any, like: Any = None) -> Any:
    """Return ``linear_map(residuals, x)`` as one primitive that JAX transposes with ``linear_map.T``.

    Parameters
    ----------
    linear_map : LinearMap
        The map; or an object with ``__call__`` and ``T`` as it has, and ``tangent(residuals, x, d_residuals, d_x)``
        of its own, which returns y and its tangent, with `STILL` for the tangents of what does not move.
    residuals : pytree of arrays
        What the map depends on, in any way.
    x : pytree of arrays
        What it is linear in.
    like : pytree of arrays, optional
        Something of the structure, shapes and types of y; else `linear_map` is traced to find them, which fails where
        only its transpose can be computed.

    Returns
    -------
    pytree of arrays
        y.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> halve = LinearMap(lambda s, c, x: x / c, lambda s, c, y: y / c, None)
    >>> float(jax.grad(lambda x: linear_call(halve, 2.0, x))(1.0))
    0.5
    """
    leaves, tree = jax.tree.flatten(residuals)
    operands, x_tree = jax.tree.flatten(x)
    leaves, operands = [jnp.asarray(r) for r in leaves], [jnp.asarray(v) for v in operands]
    shapes, y_tree = jax.tree.flatten(jax.eval_shape(linear_map, residuals, x) if like is None else like)
    static = {"map": linear_map, "tree": tree, "x_tree": x_tree, "y_tree": y_tree, "out": _kinds(shapes)}
    return y_tree.unflatten(linear_call_p.bind(*leaves, *operands, count=len(leaves), **static))


def _kinds(arrays: Any) -> tuple[tuple[tuple[int, ...], Any], ...]:
    return tuple((tuple(a.shape), jnp.dtype(a.dtype)) for a in arrays)


def _evaluate(*args: Any, map: Any, count: int, tree: Any, x_tree: Any, y_tree: Any, out: Any) -> list[Any]:
    return jax.tree.leaves(map(tree.unflatten(args[:count]), x_tree.unflatten(args[count:])))


_STATIC = ("map", "count", "tree", "x_tree", "y_tree", "out")
_compiled = jax.jit(_evaluate, static_argnames=_STATIC)


def _abstract(*avals: Any, **static: Any) -> list[Any]:
    return [jax.core.ShapedArray(shape, dtype) for shape, dtype in static["out"]]


def _jvp(primals: Any, tangents: Any, **static: Any) -> tuple[list[Any], list[Any]]:
    if static["map"].tangent is not None:
        return _own_jvp(primals, tangents, **static)
    count = static["count"]
    out = linear_call_p.bind(*primals, **static)
    directions = [ad.instantiate_zeros(t) for t in tangents[count:]]
    moves_x = any(type(t) is not ad.Zero for t in tangents[count:])
    parts = [linear_call_p.bind(*primals[:count], *directions, **static)] if moves_x else []
    moved = [i for i, t in enumerate(tangents[:count]) if type(t) is not ad.Zero]
    if moved:

        def of_residuals(*chosen: Any) -> Any:
            args = list(primals)
            for i, value in zip(moved, chosen, strict=True):
                args[i] = value
            return _evaluate(*args, **static)

        at, along = [primals[i] for i in moved], [tangents[i] for i in moved]
        parts.append(jax.jvp(of_residuals, at, along)[1])
    if not parts:
        return out, [ad.Zero(jax.core.get_aval(o).to_tangent_aval()) for o in out]
    return out, [sum(terms[1:], terms[0]) for terms in zip(*parts, strict=True)]


def _own_jvp(
    primals: Any, tangents: Any, *, map: Any, count: int, tree: Any, x_tree: Any, **_: Any
) -> tuple[list[Any], list[Any]]:
    """By the rule of a map that has one of its own."""
    along = [STILL if type(t) is ad.Zero else t for t in tangents]
    out, d_out = map.tangent(
        tree.unflatten(primals[:count]),
        x_tree.unflatten(primals[count:]),
        tree.unflatten(along[:count]),
        x_tree.unflatten(along[count:]),
    )
    return jax.tree.leaves(out), jax.tree.leaves(d_out)


def _transpose(cotangents: Any, *args: Any, **static: Any) -> list[Any]:
    count = static["count"]
    if all(type(ct) is ad.Zero for ct in cotangents):
        return [None] * count + [ad.Zero(a.aval) for a in args[count:]]
    bars = [ad.instantiate_zeros(ct) for ct in cotangents]
    swapped = static | {
        "map": static["map"].T,
        "x_tree": static["y_tree"],
        "y_tree": static["x_tree"],
        "out": _kinds([a.aval for a in args[count:]]),
    }
    return [None] * count + linear_call_p.bind(*args[:count], *bars, **swapped)


def _batch(args: Any, dims: Any, **static: Any) -> tuple[list[Any], list[int]]:
    count = static["count"]
    size = next(x.shape[d] for x, d in zip(args, dims, strict=True) if d is not None)
    residuals = [x if d is None else jnp.moveaxis(x, d, 0) for x, d in zip(args[:count], dims[:count], strict=True)]
    operands = [
        jnp.broadcast_to(x, (size, *x.shape)) if d is None else jnp.moveaxis(x, d, 0)
        for x, d in zip(args[count:], dims[count:], strict=True)
    ]
    axes = tuple(None if d is None else 0 for d in dims[:count])
    kinds = tuple(((size, *shape), dtype) for shape, dtype in static["out"])
    batched = static | {"map": Batched(static["map"], axes), "out": kinds}
    out = linear_call_p.bind(*residuals, *operands, **batched)
    return out, [0] * len(out)


linear_call_p = Primitive("sparsead_linear_call")
linear_call_p.multiple_results = True
linear_call_p.def_impl(_compiled)
linear_call_p.def_abstract_eval(_abstract)
ad.primitive_jvps[linear_call_p] = _jvp
ad.primitive_transposes[linear_call_p] = _transpose
batching.primitive_batchers[linear_call_p] = _batch
mlir.register_lowering(linear_call_p, mlir.lower_fun(_evaluate, multiple_results=True))
