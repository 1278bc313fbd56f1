"""Differentiate ``z = B^-1 r``, where B is the derivative of the equations of an eigenpair in the pair.

Derivation
----------
At p = (lambda, v), for z = (mu, x), with the equations of `sparsead.rules.eigsh` and M as it stands (a perturbation of
a symmetric matrix need not be symmetric)::

    B z   = (-(v M x + x M v) / 2,  K x - lambda M x - mu M v)
    B^T z = (-v M^T x,  K^T x - lambda M^T x - (mu / 2) (M^T + M) v)

Tangent and adjoint are those of any solve::

    B dz = dr - (dB) z
    B^T w = z_bar,   r_bar = w,   and the cotangents of w . (dB) z

With w = (nu, y), ``-w . B z`` is a sum of bilinear forms, each linear in K or M, and in lambda, v, mu, x::

    -w . B z = - y K x + lambda y M x + mu y M v + (nu / 2) (v M x + x M v)

from which the cotangents of K, M, lambda and v are read. The transposed system has z and w exchanged:
``w . B^T z = z . B w``.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.pairs import differentiated, dot, in_turn, join, of_each, settled, split
from sparsead.rules.rule import Rule, add, flipped


def primal(kernels: Kernels, stiffness: Any, mass: Any, p: Any, r: Any, **static: Any) -> Any:
    """Solution z, shape (b, m k, 1 + n)."""
    return kernels.bordered(stiffness, mass, p, r, **static)


def jvp(kernels: Kernels, primals: Any, z: Any, tangents: Any, *, patterns: Any, trans: str, **static: Any) -> Any:
    """Tangent of z: one solve of the same systems."""
    stiffness, mass, p, _ = primals
    d_stiffness, d_mass, d_p, d_r = tangents
    p = in_turn(p, z)
    imbalance = d_r
    if d_stiffness is not None:
        moved = kernels.spmv(d_stiffness, split(z)[1], pattern=patterns[0], trans=trans)
        imbalance = add(imbalance, join(kernels, 0 * split(z)[0], -moved))
    if d_mass is not None:
        imbalance = add(imbalance, _massed(kernels, d_mass, p, z, patterns[1], trans))
    if d_p is not None:
        imbalance = add(imbalance, _massed(kernels, mass, in_turn(d_p, z), z, patterns[1], trans))
    return kernels.bordered(stiffness, mass, primals[2], imbalance, patterns=patterns, trans=trans, **static)


def vjp(
    kernels: Kernels,
    primals: Any,
    z: Any,
    z_bar: Any,
    wanted: Any,
    *,
    patterns: Any,
    trans: str,
    checked: bool,
    **static: Any,
) -> tuple[Any, Any, Any, Any]:
    """Cotangents: one solve of the transposed systems, shared by all."""
    stiffness, mass, pairs, _ = primals
    w = kernels.bordered(
        stiffness, mass, pairs, z_bar, patterns=patterns, trans=flipped(trans), checked=not checked, **static
    )
    stiffness_bar = mass_bar = pairs_bar = None
    if any(wanted[:3]):
        p = in_turn(pairs, z)
        left, right = (w, z) if trans == "N" else (z, w)
        if wanted[0]:
            stiffness_bar = kernels.sddmm(-split(left)[1], split(right)[1], pattern=patterns[0])
        if wanted[1]:
            mass_bar = _mass_bar(kernels, p, left, right, patterns[1])
        if wanted[2]:
            pairs_bar = of_each(_pairs_bar(kernels, mass, left, right, patterns[1]), pairs)
    return stiffness_bar, mass_bar, pairs_bar, w if wanted[3] else None


def _massed(kernels: Kernels, mass: Any, p: Any, z: Any, pattern: Any, trans: str) -> Any:
    """``-B z`` or ``-B^T z`` without K: bilinear in M and p."""
    (values, v), (mu, x) = split(p), split(z)

    def times(y: Any, op: str) -> Any:
        return kernels.spmv(mass, y, pattern=pattern, trans=op)

    if trans == "N":
        first = 0.5 * (dot(v, times(x, "N")) + dot(x, times(v, "N")))
        return join(kernels, first, times(values * x + mu * v, "N"))
    rest = times(values * x + 0.5 * mu * v, "T") + times(0.5 * mu * v, "N")
    return join(kernels, dot(v, times(x, "T")), rest)


def _mass_bar(kernels: Kernels, p: Any, w: Any, z: Any, pattern: Any) -> Any:
    """Cotangent of the stored values of M in ``-w . B z``."""
    (values, v), (mu, x), (nu, y) = split(p), split(z), split(w)
    by_x = kernels.sddmm(values * y + 0.5 * nu * v, x, pattern=pattern)
    return by_x + kernels.sddmm(mu * y + 0.5 * nu * x, v, pattern=pattern)


def _pairs_bar(kernels: Kernels, mass: Any, w: Any, z: Any, pattern: Any) -> Any:
    """Cotangent of the pairs in ``-w . B z``."""
    (mu, x), (nu, y) = split(z), split(w)
    forward = kernels.spmv(mass, x, pattern=pattern, trans="N")
    backward = kernels.spmv(mass, mu * y + 0.5 * nu * x, pattern=pattern, trans="T")
    return join(kernels, dot(y, forward), backward + 0.5 * nu * forward)


RULE = Rule(
    "bordered",
    primal,
    jvp,
    vjp,
    linear=(False, False, False, True),
    differentiated=differentiated,
    settled=settled,
)
