"""Derivatives of functions made of this package's operations, in plain NumPy.

A `Tracer` stands for an array while `vjp` or `jvp` runs a function. It knows
the operations of this package, arithmetic and a few reductions, nothing else:
for derivatives of arbitrary NumPy code use `sparsead.autograd`. Traces nest, so
derivatives of derivatives work.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sparsead import kernels
from sparsead.errors import NoDerivativeError
from sparsead.rules import RULES, KernelsByName, Rule

_depth, _order = itertools.count(), itertools.count()


@dataclass
class Node:
    """One recorded operation: what its pullback needs."""

    rule: Rule
    primals: list[Any]
    out: Any
    parents: list[Tracer | None]
    static: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Trace:
    """One running derivative; the one begun last is the innermost and is unwrapped first.

    It does not know its tracers: they refer to it, and in a circle of references large arrays would stay until the
    garbage collector comes.
    """

    forward: bool
    depth: int = field(default_factory=lambda: next(_depth))


class Tracer:
    """An array whose derivative is being taken: its value, and its tangent or the operation that made it."""

    __slots__ = ("node", "order", "tangent", "trace", "value")

    def __init__(self, value: Any, trace: Trace, tangent: Any = None, node: Node | None = None) -> None:
        self.value = value
        self.trace = trace
        self.tangent = tangent
        self.node = node
        self.order = next(_order)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return np.ndim(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the array."""
        return self.value.dtype

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NoDerivativeError(
            "NumPy cannot differentiate this",
            expected="operations of sparsead.numpy and arithmetic between its arrays",
            got=f"a NumPy function applied to {self!r}",
            fix="use sparsead.autograd with autograd.numpy, or sparsead.jax, for functions of arbitrary array code",
        )

    def __repr__(self) -> str:
        return f"Tracer(shape={self.shape}, dtype={self.dtype})"


def apply(rule: Rule, *primals: Any, **static: Any) -> Any:
    """Evaluate an operation and, where an argument is traced, record or push forward its derivative.

    Parameters
    ----------
    rule : Rule
        The operation.
    *primals : array or Tracer
        Its arguments.
    **static
        Its static arguments.

    Returns
    -------
    array or Tracer
        A tracer if an argument is one.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> from sparsead.rules import RULES
    >>> A = sp.diags([np.array([2.0, 4.0])])
    >>> sp.apply(RULES["spmv"], A.values[None], np.ones((1, 1, 2)), pattern=A.pattern, trans="N")
    array([[[2., 4.]]])
    """
    traced = [p.trace for p in primals if isinstance(p, Tracer)]
    if not traced:
        return rule.primal(kernels, *primals, **static)
    trace = max(traced, key=lambda candidate: candidate.depth)
    mine = [p if isinstance(p, Tracer) and p.trace is trace else None for p in primals]
    below = [p if tracer is None else tracer.value for p, tracer in zip(primals, mine, strict=True)]
    out = apply(rule, *below, **rule.differentiated(static))
    if trace.forward:
        tangents = [None if tracer is None else tracer.tangent for tracer in mine]
        if all(tangent is None for tangent in tangents):
            return out
        return Tracer(out, trace, tangent=rule.jvp(TRACED, below, out, tangents, **static))
    return Tracer(out, trace, node=Node(rule, below, out, mine, static))


def pull_back(out: Tracer, out_bar: Any) -> dict[int, Any]:
    """Return the cotangents of the tracers that a result of a reverse trace was made of, by identity.

    Parameters
    ----------
    out : Tracer
        The result.
    out_bar : array, shape of `out`
        Cotangent of the result.

    Returns
    -------
    dict
        ``id(tracer) -> cotangent``; tracers that do not matter are absent.
    """
    bars: dict[int, Any] = {id(out): out_bar}
    for tracer in _made_of(out):
        node = tracer.node
        if node is None or id(tracer) not in bars:
            continue
        wanted = [parent is not None for parent in node.parents]
        found = node.rule.vjp(TRACED, node.primals, node.out, bars.pop(id(tracer)), wanted, **node.static)
        for parent, bar in zip(node.parents, found, strict=True):
            if parent is not None and bar is not None:
                bars[id(parent)] = bars[id(parent)] + bar if id(parent) in bars else bar
    return bars


def _made_of(out: Tracer) -> list[Tracer]:
    """Return `out` and all tracers that it depends on, the last made first."""
    found, pending = {id(out): out}, [out]
    while pending:
        node = pending.pop().node
        for parent in node.parents if node else ():
            if parent is not None and id(parent) not in found:
                found[id(parent)] = parent
                pending.append(parent)
    return sorted(found.values(), key=lambda tracer: tracer.order, reverse=True)


class TracedKernels(KernelsByName):
    """The kernels, on arrays or tracers."""

    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Return the kernel `name` of arrays or tracers."""
        return apply(RULES[name], *arrays, **static)


TRACED = TracedKernels()
