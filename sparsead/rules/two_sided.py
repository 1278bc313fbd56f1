"""Differentiate ``z = B^-1 r``, where B is the derivative of the equations of right and left eigenpairs in the pairs.

Derivation
----------
At p = (lambda, v), for z = (mu, x), with the equations of `sparsead.rules.eigs` and j the place of the entry 1 ::

    B z   = (x_j,  (A - lambda M) x - mu M v)
    B^T z = (-x M v,  (A - lambda M)^T x + mu e_j)

Tangent and adjoint are those of any solve::

    B dz = dr - (dB) z
    B^T w = z_bar,   r_bar = w,   and the cotangents of -w . (dB) z

With w = (nu, y), ``-w . B z`` is a sum of forms, each linear in A or M, and in lambda, v, mu, x::

    -w . B z = -nu x_j - y A x + lambda y M x + mu y M v

from which the cotangents of A, M, lambda and v are read. The transposed system has z and w exchanged: ``w . B^T z =
z . B w``. The left side has A^T and M^T.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.pairs import differentiated, dot, in_turn, join, of_each, settled, split
from sparsead.rules.rule import Rule, add, flipped
from sparsead.rules.sides import OPERATIONS, both, combined, outer, sides


def primal(kernels: Kernels, matrix: Any, mass: Any, p: Any, r: Any, **static: Any) -> Any:
    """Solution z, shape (b, m k, 2 + 2 n)."""
    return kernels.two_sided(matrix, mass, p, r, **static)


def jvp(kernels: Kernels, primals: Any, z: Any, tangents: Any, *, patterns: Any, trans: str, **static: Any) -> Any:
    """Tangent of z: one solve of the same systems."""
    matrix, mass, pairs, _ = primals
    d_matrix, d_mass, d_pairs, d_r = tangents
    p = sides(in_turn(pairs, z))
    d_p = (None, None) if d_pairs is None else sides(in_turn(d_pairs, z))
    moved = []
    for own, pair, d_pair, op in zip(sides(z), p, d_p, OPERATIONS, strict=True):
        mu, x = split(own)
        side = join(kernels, 0 * mu, 0 * x)
        if d_matrix is not None:
            image = kernels.spmv(d_matrix, x, pattern=patterns[0], trans=combined(op, trans))
            side = side + join(kernels, 0 * mu, -image)
        if d_mass is not None:
            side = side + _massed(kernels, d_mass, pair, own, patterns[1], trans, op)
        if d_pair is not None:
            side = side + _massed(kernels, mass, d_pair, own, patterns[1], trans, op)
        moved.append(side)
    imbalance = add(d_r, both(kernels, *moved)) if any(d is not None for d in tangents[:3]) else d_r
    return kernels.two_sided(matrix, mass, pairs, imbalance, patterns=patterns, trans=trans, **static)


def vjp(
    kernels: Kernels, primals: Any, z: Any, z_bar: Any, wanted: Any, *, patterns: Any, trans: str, **static: Any
) -> tuple[Any, Any, Any, Any]:
    """Cotangents: one solve of the transposed systems, shared by all."""
    matrix, mass, pairs, _ = primals
    w = kernels.two_sided(matrix, mass, pairs, z_bar, patterns=patterns, trans=flipped(trans), **static)
    matrix_bar = mass_bar = pairs_bar = None
    if any(wanted[:3]):
        before, after = (w, z) if trans == "N" else (z, w)
        of_pairs = []
        for pair, left, right, op in zip(
            sides(in_turn(pairs, z)), sides(before), sides(after), OPERATIONS, strict=True
        ):
            (values, v), y, (mu, x) = split(pair), split(left)[1], split(right)
            if wanted[0]:
                matrix_bar = add(matrix_bar, outer(kernels, -y, x, patterns[0], op))
            if wanted[1]:
                mass_bar = add(mass_bar, outer(kernels, y, values * x + mu * v, patterns[1], op))
            if wanted[2]:
                along = dot(y, kernels.spmv(mass, x, pattern=patterns[1], trans=op))
                across = kernels.spmv(mass, mu * y, pattern=patterns[1], trans=flipped(op))
                of_pairs.append(join(kernels, along, across))
        if wanted[2]:
            pairs_bar = of_each(both(kernels, *of_pairs), pairs)
    return matrix_bar, mass_bar, pairs_bar, w if wanted[3] else None


def _massed(kernels: Kernels, mass: Any, p: Any, z: Any, pattern: Any, trans: str, op: str) -> Any:
    """``-B z`` or ``-B^T z`` without A and j: bilinear in M and p."""
    (values, v), (mu, x) = split(p), split(z)
    if trans == "N":
        return join(kernels, 0 * mu, kernels.spmv(mass, values * x + mu * v, pattern=pattern, trans=op))
    along = dot(x, kernels.spmv(mass, v, pattern=pattern, trans=op))
    return join(kernels, along, kernels.spmv(mass, values * x, pattern=pattern, trans=flipped(op)))


RULE = Rule(
    "two_sided",
    primal,
    jvp,
    vjp,
    linear=(False, False, False, True),
    differentiated=differentiated,
    settled=settled,
)
