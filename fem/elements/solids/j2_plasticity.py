"""Plasticity of metals at small strain: von Mises' yield condition, isotropic and kinematic linear hardening.

Derivation
----------
With the plastic strain p, which has no trace, the stress is ``2 mu (eps - p) + lam tr eps``, s its deviator. The
material yields under the stress Y, with moduli H and G of isotropic and of kinematic hardening, where::

    |xi| = r,   xi = s - (2/3) G p,   r = sqrt(2/3) (Y + H a),     dp = c xi,   da = sqrt(2/3) |dp|

a is the equivalent plastic strain; (2/3) G p is the back stress, by Prager's rule. A step to the strain eps is implicit
in p. The trial xi' assumes that p stays. As p grows along xi, both have one direction, and their lengths differ by
what is linear in |dp|, so the step is closed, the "radial return" [1]_::

    |xi'| - (2 mu + (2/3) G) |dp| = r + (2/3) H |dp|
    dp = xi' max(0, 1 - r / |xi'|) / (2 mu + (2/3) (G + H))

Its derivative in eps is the tangent of the step, not that of the rate: with it Newton's method converges quadratically
[2]_. It is symmetric. At a point it is taken by automatic differentiation of these lines, which at the yield surface
itself take the elastic side.

References
----------
.. [1] M. L. Wilkins, "Calculation of elastic-plastic flow", Methods in Computational Physics 3, 1964.
.. [2] J. C. Simo, R. L. Taylor, "Consistent tangent operators for rate-independent elastoplasticity", Comput. Methods
   Appl. Mech. Eng. 48 (1985) 101-118, doi:10.1016/0045-7825(85)90070-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.common.build import aligned, check_displacement, isotropic_margins, least, material
from fem.elements.own.pointwise import Pointwise
from fem.elements.own.weak_form import pointwise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.nonlinear import NonlinearOperator
    from fem.dofs.space import Space

_ROOT = (2 / 3) ** 0.5
_COMPONENTS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]  # of the plastic strain in the history
_REMEMBERED = len(_COMPONENTS) + 1


def flux(value: Any, gradient: Any, *, history: Any, lam: Any, mu: Any, **hardening: Any) -> tuple[Any, Any]:
    """Return no force and the stress, shapes (d,) and (d, d), of a displacement gradient. Unit: [force/length^2]."""
    strain, d = _strain(gradient), len(gradient)
    grown, _ = _grown(strain, history, mu=mu, **hardening)
    elastic = strain - plastic_strain(history) - grown
    stress = 2 * mu * elastic + lam * jnp.trace(strain) * jnp.eye(3)
    return jnp.zeros_like(value), stress[:d, :d]


def update(value: Any, gradient: Any, *, history: Any, lam: Any, **numbers: Any) -> Any:
    """Return the plastic strain and the equivalent one after a step to a displacement gradient, shape (7,)."""
    grown, longer = _grown(_strain(gradient), history, **numbers)
    return history + jnp.stack([*(grown[pair] for pair in _COMPONENTS), longer])


def plastic_strain(history: Any) -> Any:
    """Return the plastic strain of a history, shape (7, ...), as a tensor, shape (3, 3, ...)."""
    place = {pair: history[n] for n, pair in enumerate(_COMPONENTS)}
    return jnp.stack([jnp.stack([place[min(i, k), max(i, k)] for k in range(3)]) for i in range(3)])


def _strain(gradient: Any) -> Any:
    """The strain in space, shape (3, 3); of a plane body there is none across the plane."""
    return jnp.pad((gradient + gradient.T) / 2, (0, 3 - len(gradient)))


def _grown(
    strain: Any, history: Any, *, mu: Any, yield_stress: Any, isotropic_hardening: Any, kinematic_hardening: Any
) -> tuple[Any, Any]:
    """Return what the plastic strain, shape (3, 3), and the equivalent one grow by in a step to a strain."""
    plastic = plastic_strain(history)
    deviator = strain - jnp.trace(strain) / 3 * jnp.eye(3)
    trial = 2 * mu * (deviator - plastic) - 2 / 3 * kinematic_hardening * plastic
    radius = _ROOT * (yield_stress + isotropic_hardening * history[-1])
    square = (trial**2).sum()
    yields = square > radius**2
    size = jnp.sqrt(jnp.where(yields, square, 1.0))  # a root of zero has no derivative
    share = jnp.where(yields, 1 - radius / size, 0.0)
    share = share / (2 * mu + 2 / 3 * (kinematic_hardening + isotropic_hardening))
    return share * trial, _ROOT * share * size


def j2_plasticity(
    space: Space,
    *,
    young: ArrayLike,
    poisson: ArrayLike,
    yield_stress: ArrayLike,
    isotropic_hardening: ArrayLike = 0.0,
    kinematic_hardening: ArrayLike = 0.0,
    degree: int | None = None,
    field: str | None = None,
) -> NonlinearOperator:
    """Return the internal forces of an elastic-plastic body in space or in plane strain, by its displacements.

    The body has not been loaded yet. One that a state has left behind is ``operator.after(u)``; `fem.load_steps` goes
    through many.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    young : array, shape (), (e,) or (e, q)
        Young's modulus. Unit: [force/length^2].
    poisson : array, shape (), (e,) or (e, q)
        Poisson's ratio, -1 < poisson < 0.5.
    yield_stress : array, shape (), (e,) or (e, q)
        Stress at which a bar yields that is pulled for the first time, positive. Unit: [force/length^2].
    isotropic_hardening, kinematic_hardening : array, shape (), (e,) or (e, q)
        By how much that stress grows, and by how much its middle moves, with the plastic strain of the bar; not
        negative. Unit: [force/length^2].
    degree : int, optional
        Degree of the quadrature; twice the order of the element by default.
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    NonlinearOperator
        Its history is the plastic strain (11, 22, 33, 12, 13, 23) and the equivalent one.

    Raises
    ------
    MaterialError
        If Poisson's ratio is out of range, a yield stress not positive, a modulus negative, or an array does not fit
        the cells.
    SpaceError
        If the space is none of displacements.

    Notes
    -----
    Plastic strain keeps the volume, as cells of first order cannot where they yield all over: take quad8 or hex20.
    Without hardening a body has a largest load, at which its tangent is singular.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.box((2, 1, 1)), components=3)
    >>> fem.elements.j2_plasticity(space, young=2.1e11, poisson=0.3, yield_stress=2.4e8, isotropic_hardening=1e9)
    NonlinearOperator(Pointwise on 2 cells; 36 dofs)
    """
    check_displacement(space, field, "plasticity needs a displacement in each direction")
    given = {
        "young": young,
        "poisson": poisson,
        "yield_stress": yield_stress,
        "isotropic_hardening": isotropic_hardening,
        "kinematic_hardening": kinematic_hardening,
    }
    e, nu, first, isotropic, kinematic = (material(name, value) for name, value in given.items())
    margins = isotropic_margins(e, nu) | {
        "yield stress": least(first),
        "hardening": jnp.minimum(least(isotropic), least(kinematic)),
    }
    e, nu = aligned(e, nu)
    parameters = {
        "lam": e * nu / ((1 + nu) * (1 - 2 * nu)),
        "mu": e / (2 * (1 + nu)),
        "yield_stress": first,
        "isotropic_hardening": isotropic,
        "kinematic_hardening": kinematic,
    }
    form = Pointwise(flux, (*parameters, "history"), symmetric=True, definite=False, update=update)
    return pointwise(space, form, parameters, degree=degree, field=field, remembers=_REMEMBERED, margins=margins)
