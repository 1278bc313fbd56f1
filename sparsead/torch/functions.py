"""The kernels as PyTorch functions, made from the table of rules.

Complex numbers: the rules' pullbacks are transposes, ``x_bar = J^T y_bar``, where
``x_bar = dL/dRe x - i dL/dIm x``. PyTorch's gradient is the direction of steepest
ascent, ``g_x = dL/dRe x + i dL/dIm x = conj(x_bar)``. So with ``g_y`` given::

    g_x = conj(J^T conj(g_y))

Tangents are the same in both conventions.

Batching: a batch of right-hand sides only is merged into ``k`` (one factorization,
more right-hand sides), a batch of values into the leading axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from sparsead import kernels
from sparsead.errors import DtypeError
from sparsead.rules import RULES, KernelsByName, Rule
from sparsead.torch.library import debug_unwrap, forward_ad, torch


def conj(x: Any) -> Any:
    """Return the complex conjugate, and its gradient, in memory: what `torch.conj` gives cannot be seen as NumPy."""
    return torch.complex(x.real, -x.imag) if x.is_complex() else x


def _make(rule: Rule) -> Any:
    class Operation(torch.autograd.Function):
        """Takes the arrays of the rule, then its static arguments."""

        @staticmethod
        def forward(*inputs: Any) -> Any:
            *tensors, static = inputs
            return _on_host(rule.name, tensors, static)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            *primals, ctx.static = inputs
            if rule.linear == (True,):
                primals = [None]  # not needed, and would be kept alive
            kept = (*primals, None if all(rule.linear) else output)
            ctx.save_for_backward(*kept)
            ctx.save_for_forward(*kept)
            ctx.set_materialize_grads(False)

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            # PyTorch turns forward mode off here, which makes nested forward mode silently wrong
            # (https://github.com/pytorch/pytorch/issues/197867): on again, but not for the level at work.
            with forward_ad._set_fwd_grad_enabled(True):
                *primals, out = map(_without_tangent, ctx.saved_tensors)
                return rule.jvp(KERNELS, primals, out, tangents[:-1], **ctx.static)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> tuple[Any, ...]:
            wanted = ctx.needs_input_grad[:-1]
            if gradient is None:
                return (None,) * (len(wanted) + 1)
            *primals, out = ctx.saved_tensors
            bars = rule.vjp(AT_THE_END, primals, out, conj(gradient), wanted, **ctx.static)
            return (*(None if bar is None else conj(bar) for bar in bars), None)

        @staticmethod
        def vmap(info: Any, in_dims: Any, *inputs: Any) -> tuple[Any, int]:
            *tensors, static = inputs
            return _batched(rule.name, info.batch_size, in_dims[:-1], tensors, static)

    Operation.__name__ = Operation.__qualname__ = f"sparsead_{rule.name}"
    return Operation


def _without_tangent(x: Any) -> Any:
    """Drop the tangent of the innermost level; None stays None."""
    return None if x is None else forward_ad.unpack_dual(x).primal


def _on_host(name: str, tensors: Sequence[Any], static: Any) -> Any:
    """Run the kernel on the tensors' own memory, or on a copy of what lies on another device."""
    device = tensors[0].device
    if any(tensor.device != device for tensor in tensors):
        raise DtypeError(
            "tensors lie on different devices",
            expected=f"all on {device}, that of the first",
            got=", ".join(str(tensor.device) for tensor in tensors),
            fix=f'move them with .to("{device}")',
        )
    out = getattr(kernels, name)(*(tensor.numpy(force=True) for tensor in tensors), **static)
    return torch.from_numpy(out).to(device)


def _batched(name: str, size: int, dims: Any, tensors: Sequence[Any], static: Any) -> tuple[Any, int]:
    if name in ("solve", "spmv") and dims[0] is None:
        values, vectors = tensors
        vectors = vectors.movedim(dims[1], 1)
        lanes, _, k, n = vectors.shape
        out = apply(name, values, vectors.reshape(lanes, size * k, n), **static)
        return out.reshape(lanes, size, k, out.shape[-1]), 1
    merged = []
    for tensor, dim in zip(tensors, dims, strict=True):
        in_front = tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
        merged.append(in_front.reshape(-1, *in_front.shape[2:]))
    out = apply(name, *merged, **static)
    return out.reshape(size, -1, *out.shape[1:]), 0


_OPERATIONS = {name: _make(rule) for name, rule in RULES.items()}


def apply(name: str, *tensors: Any, **static: Any) -> Any:
    """Evaluate a kernel; one that PyTorch records is told that a derivative follows."""
    return _call(name, tensors, static, recorded=tensors)


def _call(name: str, tensors: Sequence[Any], static: Any, recorded: Sequence[Any]) -> Any:
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in recorded):
        static = RULES[name].differentiated(static)
    # a proxy is opaque to PyTorch, which would take a dict apart
    return _OPERATIONS[name].apply(*tensors, MappingProxyType(static))


class FunctionKernels(KernelsByName):
    """The kernels as PyTorch functions."""

    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Return the kernel `name`."""
        return apply(name, *arrays, **static)


class KernelsAtTheEnd(KernelsByName):
    """The kernels in a pullback.

    A transform of `torch.func` records its own pullback too, and then ends: what it records, nobody differentiates,
    but the transforms around it may, whose tensors its own ones wrap.
    """

    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Return the kernel `name`."""
        return _call(name, arrays, static, recorded=[debug_unwrap(array, recurse=False) for array in arrays])


KERNELS, AT_THE_END = FunctionKernels(), KernelsAtTheEnd()
