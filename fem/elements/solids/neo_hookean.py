"""Compressible neo-Hookean material at finite strain.

Derivation
----------
With F = 1 + grad u and J = det F, the energy per volume of the undeformed body is::

    psi = mu/2 (tr F^T F - d) - mu ln J + lam/2 (ln J)^2 [1]_

which is linear elasticity with the same moduli where grad u is small. In 2D the
body is in plane strain. The stress P = d psi / d F is written in G = grad u and
j = J - 1 alone::

    P = mu (G - R) + (mu j + lam ln(1 + j)) / J (1 + R),     1 + R = cof F

For mu (F - F^-T) differs from zero in the last digits only where the strain is
tiny, and no iteration could balance its rounding.

References
----------
.. [1] P. Wriggers, "Nonlinear Finite Element Methods", Springer, 2008, section 3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.common.build import aligned, check_displacement, isotropic_margins, material
from fem.elements.own.pointwise import Pointwise
from fem.elements.own.weak_form import pointwise
from fem.geometry.inverse import adjugate, determinant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.nonlinear import NonlinearOperator
    from fem.dofs.space import Space


def flux(value: Any, gradient: Any, *, lam: Any, mu: Any) -> tuple[Any, Any]:
    """Return no force and the stress P, shapes (d,) and (d, d), of a displacement gradient. Unit: [force/length^2]."""
    change, turned = _volume(gradient)
    spherical = (mu * change + lam * jnp.log1p(change)) / (1 + change)
    return jnp.zeros_like(value), mu * (gradient - turned) + spherical * (jnp.eye(len(gradient)) + turned)


def _volume(gradient: Any) -> tuple[Any, Any]:
    """Return j = J - 1 and its derivative without the unit matrix, R, both as small as the gradient."""
    trace = jnp.trace(gradient)
    if len(gradient) == 1:
        return trace, jnp.zeros_like(gradient)
    cofactors = adjugate(gradient).T
    if len(gradient) == 2:
        return trace + determinant(gradient), cofactors
    change = trace + jnp.trace(cofactors) + determinant(gradient)
    return change, trace * jnp.eye(3) - gradient.T + cofactors


def neo_hookean(
    space: Space, *, young: ArrayLike, poisson: ArrayLike, degree: int | None = None, field: str | None = None
) -> NonlinearOperator:
    """Return the internal forces of a neo-Hookean body, by its displacements from the undeformed state.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    young : array, shape (), (e,) or (e, q)
        Young's modulus at small strain. Unit: [force/length^2].
    poisson : array, shape (), (e,) or (e, q)
        Poisson's ratio at small strain, -1 < poisson < 0.5.
    degree : int, optional
        Degree of the quadrature; twice the order of the element by default.
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    NonlinearOperator
        For `fem.solve_nonlinear`.

    Raises
    ------
    MaterialError
        If Poisson's ratio is out of range, or an array does not fit the cells.
    SpaceError
        If the space is none of displacements.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.box((2, 1, 1)), components=3)
    >>> fem.elements.neo_hookean(space, young=1.0, poisson=0.3)
    NonlinearOperator(Pointwise on 2 cells; 36 dofs)
    """
    check_displacement(space, field, "elasticity needs a displacement in each direction")
    e, nu = material("young", young), material("poisson", poisson)
    margins = isotropic_margins(e, nu)
    e, nu = aligned(e, nu)
    moduli = {"lam": e * nu / ((1 + nu) * (1 - 2 * nu)), "mu": e / (2 * (1 + nu))}
    form = Pointwise(flux, tuple(moduli), symmetric=True, definite=False)
    return pointwise(space, form, moduli, degree=degree, field=field, margins=margins)
