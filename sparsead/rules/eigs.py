"""Differentiate the triples (lambda, v, y) of ``A v = lambda M v`` and ``y A = lambda y M``, A and M general.

Derivation
----------
Each side is a pair that solves equations of its own, normalized by one entry, v_j = 1, so that everything is
holomorphic, as it is not with a length of one::

    F(A, M, p) = (v_j - 1,  A v - lambda M v)               right, p = (lambda, v)
    B = dF/dp:   B (mu, x) = (x_j,  (A - lambda M) x - mu M v)
    B dp = -dF(dA, dM) = (0,  -(dA - lambda dM) v)          tangent
    B^T w = p_bar,   w = (nu, w_x)                          adjoint
    A_bar = -w_x v^T,   M_bar = lambda w_x v^T              kept on the patterns

With p_bar = (lambda_bar, 0) that is ``w_x = -lambda_bar y / (y M v)``, no solve: d lambda = y (dA - lambda dM) v /
(y M v) [1]_. The left side is the same with A^T and M^T; a pair of sides is packed in one row, (lambda, v, lambda, y).
How both are solved with the one factorization of the shift: `sparsead.eigen.oblique`.

References
----------
.. [1] P. Lancaster, "On eigenvalues of matrices dependent on a parameter", Numer. Math. 6, 1964,
   doi:10.1007/BF01386087.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.pairs import differentiated, join, settled, split
from sparsead.rules.rule import Rule, add
from sparsead.rules.sides import OPERATIONS, both, outer, sides


def primal(kernels: Kernels, matrix: Any, mass: Any, *, patterns: Any, options: Any) -> Any:
    """Pairs of both sides p, shape (b, k, 2 + 2 n)."""
    return kernels.eigs(matrix, mass, patterns=patterns, options=options)


def jvp(kernels: Kernels, primals: Any, p: Any, tangents: Any, *, patterns: Any, options: Any) -> Any:
    """Tangent of the pairs."""
    d_matrix, d_mass = tangents
    imbalances = []
    for pair, trans in zip(sides(p), OPERATIONS, strict=True):
        values, v = split(pair)
        f = 0 * v
        if d_matrix is not None:
            f = f - kernels.spmv(d_matrix, v, pattern=patterns[0], trans=trans)
        if d_mass is not None:
            f = f + values * kernels.spmv(d_mass, v, pattern=patterns[1], trans=trans)
        imbalances.append(join(kernels, 0 * values, f))
    static = {"patterns": patterns, "options": options.settled(), "trans": "N"}
    matrix, mass = primals
    return kernels.two_sided(matrix, mass, p, both(kernels, *imbalances), **static)


def vjp(
    kernels: Kernels, primals: Any, p: Any, p_bar: Any, wanted: Any, *, patterns: Any, options: Any
) -> tuple[Any, Any]:
    """Cotangents of the stored values of A and M."""
    static = {"patterns": patterns, "options": options.settled(), "trans": "T"}
    matrix, mass = primals
    solutions = sides(kernels.two_sided(matrix, mass, p, p_bar, **static))
    matrix_bar = mass_bar = None
    for pair, solution, trans in zip(sides(p), solutions, OPERATIONS, strict=True):
        (values, v), w = split(pair), split(solution)[1]
        if wanted[0]:
            matrix_bar = add(matrix_bar, outer(kernels, -w, v, patterns[0], trans))
        if wanted[1]:
            mass_bar = add(mass_bar, outer(kernels, values * w, v, patterns[1], trans))
    return matrix_bar, mass_bar


RULE = Rule("eigs", primal, jvp, vjp, linear=(False, False), differentiated=differentiated, settled=settled)
