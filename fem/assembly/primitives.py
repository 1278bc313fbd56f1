"""Two JAX primitives: add the cell matrices of a batch to the stored values, and the transpose of that.

``accumulate(values, matrices, margins, batch)`` adds in place: its first argument
is its result, so that a scan over the batches needs one array of stored values
and nothing else of that size. Both are linear and each is the other's transpose,
so every derivative of any order stays within the two.

Margins are numbers that must be positive, one for each cell: the volume ratio,
or how far a material is from an impossible one. They reach the host with the
matrices, and what is wrong with a cell is an error that names it.

The only file of the package that touches JAX's interpreters.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.experimental.buffer_callback import buffer_callback
from jax.interpreters import ad, batching, mlir

from fem.assembly.checks import check_margins
from fem.assembly.moduli import in_batches
from fem.dofs.freed import give_back
from sparsead.errors import SparseADError
from sparsead.jax.library import Primitive
from sparsead.jax.pages import prefer_huge_pages
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from fem.assembly.plan import Plan

_accumulate = Primitive("fem_accumulate")
_gather = Primitive("fem_gather")


def accumulate(values: Any, matrices: Any, margins: Any, batch: Any, *, plan: Plan, names: tuple[str, ...]) -> Any:
    """Return the stored values with the matrices of a batch added.

    Parameters
    ----------
    values : array, shape (b, s)
        Stored values.
    matrices : array, shape (b, a, i, b, j, e)
        Cell matrices of the batch.
    margins : array, shape (b, m, e)
        Numbers that must be positive.
    batch : int
        Number of the batch.
    plan : Plan
        Where the entries are stored.
    names : tuple of str
        What each margin is, see `fem.assembly.checks`.
    """
    return _accumulate.bind(values, matrices, margins, batch, plan=plan, names=names)


def gather(values: Any, batch: Any, *, plan: Plan) -> Any:
    """Return the stored value of each entry of the matrices of a batch, (b, s) to (b, a, i, b, j, e)."""
    return _gather.bind(values, batch, plan=plan)


def fresh(size: int) -> Any:
    """Return zeros to add to, shape (s,); on the CPU in huge pages, which come into memory five times sooner."""
    out = jax.ShapeDtypeStruct((size,), float)
    on_host = buffer_callback(_Zeros(), out, vmap_method="sequential")
    return jax.lax.platform_dependent(cpu=on_host, default=lambda: jnp.zeros(size)) if size else jnp.zeros(size)


def add_multiples(values: Any, unit: Any, factors: Any, margins: Any, *, plan: Plan, names: tuple[str, ...]) -> Any:
    """Return the stored values with one matrix times a factor of each cell added; has no derivative.

    Parameters
    ----------
    values : array, shape (s,)
        Stored values.
    unit : array, shape (a, i, b, j)
        The matrix.
    factors : array, shape (e,)
        Factors.
    margins : array, shape (m, e)
        Numbers that must be positive.
    plan : Plan
        Where the entries are stored.
    names : tuple of str
        What each margin is, see `fem.assembly.checks`.
    """

    def on_host(*arguments: Any) -> Any:
        out = jax.ShapeDtypeStruct(values.shape, values.dtype)
        call = buffer_callback(
            partial(_add_multiples, plan, names), out, input_output_aliases={0: 0}, vmap_method="sequential"
        )
        return call(*arguments)

    def on_device(values: Any, unit: Any, factors: Any, _: Any) -> Any:
        own = in_batches(plan.domain, factors)

        def step(stored: Any, batch: Any) -> tuple[Any, None]:
            number, factor = batch
            return stored.at[plan.traced_slots(number)].add(unit[..., None] * factor, mode="drop"), None

        return jax.lax.scan(step, values, (jnp.arange(plan.domain.batches), own))[0]

    return jax.lax.platform_dependent(values, unit, factors, margins, cpu=on_host, default=on_device)


# ------------------------------------------------------------------ host
class _Zeros:
    """Fills the stored values of one program with zeros.

    Compiling the program left as much behind as the values of 100,000 dofs take, which is given back before they exist.
    """

    def __init__(self) -> None:
        self._first = True

    def __call__(self, _: Any, out: Any) -> None:
        target = np.asarray(out)
        if self._first:
            give_back(target.nbytes)
            self._first = False
        prefer_huge_pages(target)
        target[...] = 0


def _add_multiples(plan: Plan, names: tuple[str, ...], _: Any, out: Any, *buffers: Any) -> None:
    target = np.asarray(out)
    values, unit, factors, margins = map(np.asarray, buffers)
    if target.ctypes.data != values.ctypes.data:
        np.copyto(target, values)
    _check(plan, names, margins)
    plan.add_multiples(target, unit, factors)


def _add_on_host(plan: Plan, names: tuple[str, ...], _: Any, out: Any, *buffers: Any) -> None:
    target = np.asarray(out)
    values, matrices, margins, batch = map(np.asarray, buffers)
    if target.ctypes.data != values.ctypes.data:
        np.copyto(target, values)
    for lane in range(len(target)):
        _check(plan, names, margins[lane], int(batch))
        plan.add(target[lane], matrices[lane], int(batch))


def _check(plan: Plan, names: tuple[str, ...], margins: Any, batch: int = 0) -> None:
    try:
        check_margins(plan.domain, names, margins, batch)
    except SparseADError as error:
        remember(error)
        raise


def _gather_on_host(plan: Plan, _: Any, out: Any, *buffers: Any) -> None:
    target = np.asarray(out)
    values, batch = map(np.asarray, buffers)
    for lane in range(len(target)):
        plan.gather(values[lane], int(batch), target[lane])


# -------------------------------------------------------------- lowering
def _lower_accumulate(platform: str | None, values: Any, matrices: Any, margins: Any, batch: Any, **static: Any) -> Any:
    plan = static["plan"]
    if platform == "cpu":
        call = partial(_add_on_host, plan, static["names"])
        out = jax.ShapeDtypeStruct(values.shape, values.dtype)
        return buffer_callback(call, out, input_output_aliases={0: 0})(values, matrices, margins, batch)
    slots = plan.traced_slots(batch)
    return values.at[:, slots].add(matrices, mode="drop")


def _lower_gather(platform: str | None, values: Any, batch: Any, *, plan: Plan) -> Any:
    if platform == "cpu":
        out = jax.ShapeDtypeStruct((len(values), *plan.shape), values.dtype)
        return buffer_callback(partial(_gather_on_host, plan), out)(values, batch)
    return values.at[:, plan.traced_slots(batch)].get(mode="fill", fill_value=0)


# ----------------------------------------------------------- derivatives
def _jvp_accumulate(primals: Any, tangents: Any, *, plan: Plan, names: tuple[str, ...]) -> tuple[Any, Any]:
    values, matrices, _, batch = primals
    out = _accumulate.bind(*primals, plan=plan, names=names)
    d_values, d_matrices = tangents[:2]
    if type(d_values) is ad.Zero and type(d_matrices) is ad.Zero:
        return out, ad.Zero(jax.core.get_aval(out).to_tangent_aval())
    d_values, d_matrices = ad.instantiate_zeros(d_values), ad.instantiate_zeros(d_matrices)
    none = jnp.zeros((len(values), 0, matrices.shape[-1]))
    return out, _accumulate.bind(d_values, d_matrices, none, batch, plan=plan, names=())


def _transpose_accumulate(
    out_bar: Any, values: Any, matrices: Any, _: Any, batch: Any, *, plan: Plan, names: tuple[str, ...]
) -> list[Any]:
    values_bar = matrices_bar = None
    if ad.is_undefined_primal(values):
        values_bar = ad.Zero(values.aval) if type(out_bar) is ad.Zero else out_bar
    if ad.is_undefined_primal(matrices):
        is_zero = type(out_bar) is ad.Zero
        matrices_bar = ad.Zero(matrices.aval) if is_zero else _gather.bind(out_bar, batch, plan=plan)
    return [values_bar, matrices_bar, None, None]


def _jvp_gather(primals: Any, tangents: Any, *, plan: Plan) -> tuple[Any, Any]:
    out = _gather.bind(*primals, plan=plan)
    if type(tangents[0]) is ad.Zero:
        return out, ad.Zero(jax.core.get_aval(out).to_tangent_aval())
    return out, _gather.bind(tangents[0], primals[1], plan=plan)


def _transpose_gather(out_bar: Any, values: Any, batch: Any, *, plan: Plan) -> list[Any]:
    if type(out_bar) is ad.Zero:
        return [ad.Zero(values.aval), None]
    none = jnp.zeros((len(out_bar), 0, out_bar.shape[-1]))
    zeros = jnp.zeros(values.aval.shape, values.aval.dtype)
    return [_accumulate.bind(zeros, out_bar, none, batch, plan=plan, names=()), None]


# -------------------------------------------------------------- batching
def _batch(primitive: Primitive, args: Any, dims: Any, **static: Any) -> tuple[Any, int]:
    """Merge the new axis of every argument into the leading one; the number of the batch is the same for all."""
    *arrays, batch = args
    if dims[-1] is not None:
        batch = batch[0]
    size = next(x.shape[dim] for x, dim in zip(arrays, dims, strict=False) if dim is not None)
    merged = [_in_front(x, dim, size) for x, dim in zip(arrays, dims, strict=False)]
    # By numbers and not by -1, which an empty axis leaves open: a tangent has no margins.
    out = primitive.bind(*(x.reshape(size * x.shape[1], *x.shape[2:]) for x in merged), batch, **static)
    return out.reshape(size, merged[0].shape[1], *out.shape[1:]), 0


def _in_front(x: Any, dim: int | None, size: int) -> Any:
    return jnp.broadcast_to(x, (size, *x.shape)) if dim is None else jnp.moveaxis(x, dim, 0)


def _define(primitive: Primitive, lower: Any, jvp: Any, transpose: Any, aval: Any) -> None:
    primitive.def_abstract_eval(aval)
    primitive.def_impl(lambda *args, **static: jax.jit(partial(primitive.bind, **static))(*args))
    for platform in ("cpu", None):
        rule = mlir.lower_fun(partial(lower, platform), multiple_results=False)
        mlir.register_lowering(primitive, rule, platform=platform)
    ad.primitive_jvps[primitive] = jvp
    ad.primitive_transposes[primitive] = transpose
    batching.primitive_batchers[primitive] = partial(_batch, primitive)


_define(
    _accumulate,
    _lower_accumulate,
    _jvp_accumulate,
    _transpose_accumulate,
    lambda values, *_, **__: ShapedArray(values.shape, values.dtype),
)
_define(
    _gather,
    _lower_gather,
    _jvp_gather,
    _transpose_gather,
    lambda values, _, *, plan: ShapedArray((values.shape[0], *plan.shape), values.dtype),
)
