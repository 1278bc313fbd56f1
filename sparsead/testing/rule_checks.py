"""check_rule: whether a rule's value, tangent, cotangents and cost are right.

What each part is there for, in the order of the checks:

* primal at two points, both alive to the end: a factorization kept by pattern and gone stale, or a handle
  factorized again in place;
* tangent against differences of a dense oracle;
* cotangents, argument by argument, against the tangent: no step size, hence no tolerance for one;
* form: shape, kind, None where nothing is wanted, no `out` where the rule says it needs none;
* batch: both points in one call;
* second order: the pullback, differentiated, against differences of the oracle;
* cost: the derivatives make no factorization.

Tangents are drawn in the unit of their primal and gaps are divided by norms: there is no absolute tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparsead import kernels as host_kernels
from sparsead.errors import explain
from sparsead.factors.store import factor_cache
from sparsead.numpy.derivatives import jvp, vjp
from sparsead.numpy.trace import apply
from sparsead.rules.rule import Rule
from sparsead.testing.differences import complex_step, extrapolated_difference, pairing, random_like, relative_gap

# Rounding times the condition number of a well-chosen case, up to 1e4, with two digits to spare.
_SAME_VALUE = 1e-10
# The complex step is exact to the same rounding; the bound leaves room for extrapolated differences.
_SAME_TANGENT = 1e-8
# The pairing has no differences in it: 1e-16 measured for condition numbers up to 2e6, whatever the unit.
_SAME_PAIRING = 1e-12
# An extrapolated difference of a complex step.
_SAME_CURVATURE = 1e-6


@dataclass(frozen=True)
class _Point:
    """Where the rule was evaluated, and its value there."""

    primals: tuple[Any, ...]
    out: Any


@dataclass(frozen=True)
class _Subject:
    """A rule with its static arguments filled in, and its oracle."""

    rule: Rule
    kernels: Any
    static: dict[str, Any]
    oracle: Callable[..., Any]
    analytic: bool

    def evaluate(self, primals: tuple[Any, ...]) -> _Point:
        return _Point(primals, self.rule.primal(self.kernels, *primals, **self.rule.differentiated(self.static)))

    def tangent(self, point: _Point, tangents: Sequence[Any]) -> Any:
        return self.rule.jvp(self.kernels, point.primals, point.out, tuple(tangents), **self.static)

    def cotangents(self, point: _Point, out_bar: Any, wanted: Sequence[bool]) -> tuple[Any, ...]:
        return self.rule.vjp(self.kernels, point.primals, point.out, out_bar, tuple(wanted), **self.static)

    def expected_tangent(self, primals: tuple[Any, ...], tangents: Sequence[Any]) -> tuple[Any, float]:
        if self.analytic and not any(np.iscomplexobj(p) for p in primals):
            return complex_step(self.oracle, primals, tangents), 0.0
        return extrapolated_difference(self.oracle, primals, tangents)


def check_rule(
    rule: Rule,
    oracle: Callable[..., Any],
    primals: Sequence[Any],
    *,
    static: dict[str, Any] | None = None,
    kernels: Any = host_kernels,
    analytic: bool = True,
    batched: bool = True,
    second_order: bool = True,
    factorizations: int = 1,
    directions: int = 3,
    seed: int = 0,
) -> None:
    """Raise `AssertionError` unless a rule's value, derivatives, form and cost are right.

    Parameters
    ----------
    rule : Rule
        What is checked.
    oracle : callable
        ``oracle(*primals)``: the same value by dense NumPy, slow and obvious.
    primals : sequence of array
        Where to check, in the shapes that the rule takes: values (b, s), vectors (b, k, n). A second point
        nearby is made from it. Condition numbers above 1e4 make the comparison with the oracle too coarse.
    static : dict, optional
        Static arguments of the rule.
    kernels : Kernels
        What the rule is written against.
    analytic : bool
        Whether the oracle takes complex numbers and never conjugates: then its differences are exact.
    batched : bool
        Whether the first axis of every primal and of the value is a batch.
    second_order : bool
        Whether to differentiate the pullback, for real arrays, host kernels and an analytic oracle.
    factorizations : int
        How many the value at one point may take; the derivatives may take none.
    directions : int
        Random directions at each point.
    seed : int
        Of the random directions.

    Raises
    ------
    AssertionError
        What differs, and by how much.

    Examples
    --------
    >>> import numpy as np
    >>> from sparsead.rules import Rule
    >>> cube = Rule(
    ...     "cube",
    ...     primal=lambda kernels, x: x**3,
    ...     jvp=lambda kernels, primals, out, tangents: 3.0 * primals[0] ** 2 * tangents[0],
    ...     vjp=lambda kernels, primals, out, out_bar, wanted: (3.0 * primals[0] ** 2 * out_bar,),
    ...     linear=(False,),
    ... )
    >>> check_rule(cube, lambda x: x**3, [np.array([[1.0, 2.0]])])
    """
    rng = np.random.default_rng(seed)
    subject = _Subject(rule, kernels, static or {}, oracle, analytic)
    primals = tuple(np.asarray(p) for p in primals)
    nearby = tuple(p * (1 + 0.1 * rng.random(p.shape)) for p in primals)
    before = factor_cache.stats().factorizations
    points = [subject.evaluate(primals), subject.evaluate(nearby)]
    paid = factor_cache.stats().factorizations - before
    for point in points:
        _check_primal(subject, point)
    for point in points * directions:
        _check_first_order(subject, point, rng)
    _check_form(subject, points[0], rng)
    _check_cost(paid, factor_cache.stats().factorizations - before, factorizations)
    if batched:
        _check_batch(subject, points, rng)
    if second_order and analytic and kernels is host_kernels and not any(np.iscomplexobj(p) for p in primals):
        _check_second_order(subject, points[0], rng)


def _check_primal(subject: _Subject, point: _Point) -> None:
    expected = np.asarray(subject.oracle(*point.primals))
    _same_form("primal", point.out, expected)
    _close("primal: rule and oracle differ", relative_gap(point.out, expected), _SAME_VALUE)


def _check_first_order(subject: _Subject, point: _Point, rng: np.random.Generator) -> None:
    """Tangent against the oracle, cotangents against the tangent; both points are alive."""
    tangents = [random_like(p, rng) for p in point.primals]
    tangent = subject.tangent(point, tangents)
    _same_form("jvp: tangent", tangent, point.out)
    expected, error = subject.expected_tangent(point.primals, tangents)
    bound = max(_SAME_TANGENT, 10 * error / (float(np.linalg.norm(expected)) or 1.0))
    _close("jvp: tangent and differences of the oracle differ", relative_gap(tangent, expected), bound)
    out_bar = random_like(point.out, rng)
    count = len(point.primals)
    bars = subject.cotangents(point, out_bar, [True] * count)
    for i, primal in enumerate(point.primals):
        _same_form(f"vjp: cotangent {i}", bars[i], primal)
        alone = subject.tangent(point, [t if j == i else None for j, t in enumerate(tangents)])
        _same_form(f"jvp: tangent of argument {i} alone", alone, point.out)
        norms = np.linalg.norm
        scale = max(norms(out_bar) * norms(alone), norms(bars[i]) * norms(tangents[i]))
        gap = abs(pairing(out_bar, alone) - pairing(bars[i], tangents[i])) / (scale or 1.0)
        _close(f"vjp: dot-product test of argument {i}", float(gap), _SAME_PAIRING)


def _check_form(subject: _Subject, point: _Point, rng: np.random.Generator) -> None:
    """None where nothing is wanted, the same cotangent alone; no `out` where the rule is linear."""
    out_bar = random_like(point.out, rng)
    count = len(point.primals)
    together = subject.cotangents(point, out_bar, [True] * count)
    if len(together) != count:
        _fail("vjp: one cotangent for each primal", f"{count} cotangents", f"{len(together)}")
    for i in range(count):
        wanted = [j == i for j in range(count)]
        alone = subject.cotangents(point, out_bar, wanted)
        _close(
            f"vjp: cotangent {i} alone and with the others differ", relative_gap(alone[i], together[i]), _SAME_PAIRING
        )
        for j in range(count):
            if j != i and alone[j] is not None:
                _fail(f"vjp: cotangent {j} is not wanted", "None", f"{type(alone[j]).__name__}")
        if subject.rule.linear[i]:
            blind = _Point(tuple(None if j == i else p for j, p in enumerate(point.primals)), None)
            linear = subject.cotangents(blind, out_bar, wanted)[i]
            gap = relative_gap(linear, together[i])
            _close(f"vjp: cotangent {i} of a linear rule depends on the value", gap, _SAME_PAIRING)


def _check_batch(subject: _Subject, points: list[_Point], rng: np.random.Generator) -> None:
    """Both points in one call: value, tangent and cotangents of each are those of the point alone."""
    tangents = [[random_like(p, rng) for p in point.primals] for point in points]
    out_bars = [random_like(point.out, rng) for point in points]
    wanted = [True] * len(points[0].primals)
    both = subject.evaluate(tuple(map(np.concatenate, zip(*(point.primals for point in points), strict=True))))
    outs = [point.out for point in points]
    _close("batch: value", relative_gap(both.out, np.concatenate(outs)), _SAME_VALUE)
    moved = subject.tangent(both, [np.concatenate(pair) for pair in zip(*tangents, strict=True)])
    alone = [subject.tangent(point, t) for point, t in zip(points, tangents, strict=True)]
    _close("batch: tangent", relative_gap(moved, np.concatenate(alone)), _SAME_VALUE)
    bars = subject.cotangents(both, np.concatenate(out_bars), wanted)
    each = [subject.cotangents(point, w, wanted) for point, w in zip(points, out_bars, strict=True)]
    for i, pair in enumerate(zip(*each, strict=True)):
        _close(f"batch: cotangent {i}", relative_gap(bars[i], np.concatenate(pair)), _SAME_VALUE)


def _check_second_order(subject: _Subject, point: _Point, rng: np.random.Generator) -> None:
    """Differentiate the pullback; pair it with a direction, and difference the oracle's tangent in that direction."""
    primals = point.primals
    out_bar = random_like(point.out, rng)
    u, v = ([random_like(p, rng) for p in primals] for _ in "uv")

    def pullback(i: int) -> Callable[..., Any]:
        return lambda *p: vjp(lambda *q: apply(subject.rule, *q, **subject.static), *p)[1](out_bar)[i]

    bars = [jvp(pullback(i), primals, tuple(v))[1] for i in range(len(primals))]
    found = sum(pairing(bar, direction) for bar, direction in zip(bars, u, strict=True))
    expected, error = extrapolated_difference(
        lambda *p: np.asarray(pairing(out_bar, complex_step(subject.oracle, p, u))), primals, v
    )
    size = max(pairing(abs(out_bar), abs(subject.tangent(point, u))), abs(float(expected)))
    gap = abs(found - float(expected)) / (size or 1.0)
    _close("second order: derivative of the pullback", gap, max(_SAME_CURVATURE, 10 * error / (size or 1.0)))


def _check_cost(paid: int, total: int, allowed: int) -> None:
    if paid > 2 * allowed:
        _fail("cost: the value takes too many factorizations", f"{2 * allowed} at two points", f"{paid}")
    if total != paid:
        _fail("cost: the derivatives factorize", f"no more than the {paid} of the values", f"{total}")


def _same_form(what: str, got: Any, like: Any) -> None:
    if got is None or np.shape(got) != np.shape(like):
        shape = "nothing" if got is None else f"shape {np.shape(got)}"
        _fail(f"{what} has the wrong shape", f"shape {np.shape(like)}", shape)
    if np.iscomplexobj(got) != np.iscomplexobj(like):
        kinds = ("real", "complex")
        _fail(f"{what} has the wrong kind", kinds[np.iscomplexobj(like)], kinds[np.iscomplexobj(got)])


def _close(what: str, gap: float, bound: float) -> None:
    if not gap <= bound:
        _fail(what, f"a relative gap of at most {bound:.0e}", f"{gap:.1e}")


def _fail(what: str, expected: str, got: str) -> None:
    raise AssertionError(explain(what, expected=expected, got=got, fix="compare the rule with its derivation"))
