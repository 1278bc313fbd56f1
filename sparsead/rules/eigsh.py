"""Differentiate the eigenpairs p = (lambda, v) of ``K v = lambda M v``, each with ``v M v = 1``.

Derivation
----------
A pair solves ``F(K, M, p) = 0``, and its derivative is that of an implicit function [1]_::

    F(K, M, p) = ((1 - v M v) / 2,  K v - lambda M v)       two parts: a number, a vector
    B = dF/dp:   B (mu, x) = (-v M x,  (K - lambda M) x - mu M v)
    B dp = -dF(dK, dM) = (v dM v / 2,  -(dK - lambda dM) v)         tangent
    B^T w = p_bar,   w = (nu, w_x)                                  adjoint
    K_bar = -w_x v^T,   M_bar = lambda w_x v^T + (nu / 2) v v^T     kept on the patterns

So ``d lambda = v (dK - lambda dM) v``, and a cotangent of eigenvalues alone needs no solve: then
``w = (0, -lambda_bar v)``. How B, whose regularity is that of a simple eigenvalue, is solved with the one factorization
of the shift for all pairs: `sparsead.eigen.deflated`.

A repeated eigenvalue leaves its vectors open up to a rotation, and B singular along it. Derivatives that exist, those
of functions of the subspace, do not see how the vectors rotate, so the rotation is set to zero. What is left along the
other members j of v_i's eigenvalue is what keeps them M-orthonormal [2]_::

    dv_i += -1/2 sum_j v_j (v_j dM v_i)

References
----------
.. [1] R. L. Fox, M. P. Kapoor, "Rates of change of eigenvalues and eigenvectors", AIAA Journal 6, 1968,
   doi:10.2514/3.5008.
.. [2] A. L. Andrew, R. C. E. Tan, "Computation of derivatives of repeated eigenvalues and the corresponding
   eigenvectors of symmetric matrix pencils", SIAM J. Matrix Anal. Appl. 20, 1998, doi:10.1137/S0895479896304332.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.pairs import differentiated, dot, join, settled, split
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, stiffness: Any, mass: Any, *, patterns: Any, options: Any) -> Any:
    """Pairs p, shape (b, k, 1 + n)."""
    return kernels.eigsh(stiffness, mass, patterns=patterns, options=options)


def jvp(kernels: Kernels, primals: Any, p: Any, tangents: Any, *, patterns: Any, options: Any) -> Any:
    """Tangent of the pairs."""
    stiffness, mass = primals
    d_stiffness, d_mass = tangents
    values, v = split(p)
    g = 0 * values
    f = 0 * v if d_stiffness is None else -kernels.spmv(d_stiffness, v, pattern=patterns[0], trans="N")
    if d_mass is None:
        return _bordered(kernels, primals, p, join(kernels, g, f), patterns, options, trans="N")
    moved = kernels.spmv(d_mass, v, pattern=patterns[1], trans="N")
    r = join(kernels, 0.5 * dot(v, moved), f + values * moved)
    static = {"patterns": patterns, "options": options.settled()}
    kept_orthonormal = kernels.repeated(stiffness, mass, p, -0.5 * moved, **static)
    return _bordered(kernels, primals, p, r, patterns, options, trans="N") + join(kernels, g, kept_orthonormal)


def vjp(
    kernels: Kernels, primals: Any, p: Any, p_bar: Any, wanted: Any, *, patterns: Any, options: Any
) -> tuple[Any, Any]:
    """Cotangents of the stored values of K and M."""
    values, v = split(p)
    nu, w = split(_bordered(kernels, primals, p, p_bar, patterns, options, trans="T"))
    stiffness_bar = mass_bar = None
    if wanted[0]:
        stiffness_bar = kernels.sddmm(-w, v, pattern=patterns[0])
    if wanted[1]:
        stiffness, mass = primals
        static = {"patterns": patterns, "options": options.settled()}
        kept_orthonormal = kernels.repeated(stiffness, mass, p, -0.5 * split(p_bar)[1], **static)
        mass_bar = kernels.sddmm(values * w + 0.5 * nu * v + kept_orthonormal, v, pattern=patterns[1])
    return stiffness_bar, mass_bar


def _bordered(kernels: Kernels, primals: Any, p: Any, r: Any, patterns: Any, options: Any, trans: str) -> Any:
    """Solve with B or its transpose; right-hand sides of the latter are cotangents."""
    static = {"patterns": patterns, "options": options.settled(), "trans": trans, "checked": trans == "T"}
    stiffness, mass = primals
    return kernels.bordered(stiffness, mass, p, r, **static)


RULE = Rule("eigsh", primal, jvp, vjp, linear=(False, False), differentiated=differentiated, settled=settled)
