"""Strength: the stress of a design, with the singularity of vanishing material relaxed.

Derivation
----------
The stress in the solid part of material of density x is that of the solid at the same strain, and it stays finite as x
goes to zero: a constraint on it can only be met by leaving the material there. With a factor that vanishes with the
density material can leave [1]_ [2]_::

    s = h(x) s_solid,     h(x) = ((x + d)^a - d^a) / ((1 + d)^a - d^a),    h(0) = 0, h(1) = 1

which is x^a but for the small shift d, without which the slope at x = 0 would be infinite. In the qp-approach a is
p - q with the penalty p of the stiffness and q < p; usual is 1/2.

References
----------
.. [1] M. Bruggi, "On an alternative approach to stress constraints relaxation in topology optimization", Structural and
   Multidisciplinary Optimization 36, 2008, doi:10.1007/s00158-007-0203-6.
.. [2] C. Le, J. Norato, T. Bruns, C. Ha, D. Tortorelli, "Stress-based topology optimization for continua", Structural
   and Multidisciplinary Optimization 41, 2010, doi:10.1007/s00158-009-0440-y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import jax
import numpy as np

from fem.arrays import real
from fem.design.cells import densities
from fem.errors import SpaceError
from fem.fields.invariants import von_mises
from fem.fields.stress import stress
from fem.responses.checks import check_number
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space


def relaxation(x: ArrayLike, exponent: ArrayLike = 0.5, *, shift: ArrayLike = 1e-4) -> jax.Array:
    """Return the factor by which the stress of the solid is relaxed, between 0 and 1.

    Parameters
    ----------
    x : array, any shape
        Densities between 0 and 1.
    exponent : array, shape ()
        a, positive; 0 would relax nothing.
    shift : array, shape ()
        d, positive: the slope at density zero is finite. For a = 1/2 the factor is at most ``sqrt(d)`` below the root
        of x.

    Returns
    -------
    array, shape of x
        0 at density 0, 1 at density 1.

    Raises
    ------
    ShapeError
        If a density that is known is negative, or a number that is known is not positive.

    References
    ----------
    M. Bruggi, 2008, doi:10.1007/s00158-007-0203-6.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.responses.relaxation([0.0, 0.25, 1.0]).round(2).tolist()
    [0.0, 0.5, 1.0]
    """
    for name, value in (("exponent", exponent), ("shift", shift)):
        check_number(name, value, 0.0, fix="the defaults are exponent=0.5, shift=1e-4")
    density = real("x", x)
    _check_not_negative(density)
    low = real("shift", shift) ** exponent
    return ((density + shift) ** exponent - low) / ((1 + real("shift", shift)) ** exponent - low)


def relaxed_von_mises(
    space: Space,
    u: ArrayLike,
    x: ArrayLike,
    *,
    young: ArrayLike,
    poisson: ArrayLike,
    plane: Literal["stress", "strain"] | None = None,
    free_strain: ArrayLike = 0.0,
    exponent: ArrayLike = 0.5,
    shift: ArrayLike = 1e-4,
    at: str | int = "centers",
    field: str | None = None,
) -> jax.Array:
    """Return the equivalent stress of von Mises in the cells of a design, relaxed where density is low.

    Parameters
    ----------
    space : Space
        Displacements.
    u : array, shape of the space, load cases in front
        Solution with the penalized modulus. Unit: [length].
    x : array, shape (e,)
        Densities between 0 and 1: those of which the modulus is made.
    young : array, shape () or (e,)
        Young's modulus of the solid, not the penalized one. Unit: [force/length^2].
    poisson, plane, free_strain
        See `fem.fields.stress`.
    exponent, shift
        See `relaxation`.
    at : "centers" or int
        Centers of the cells, or the degree of a quadrature.
    field : str, optional
        Name of the displacements, where there are several fields.

    Returns
    -------
    array, shape (e,) or (e, q), load cases in front
        `p_norm` and `ks` make one number of it. Its derivatives are finite at density zero, and taken as zero where
        there is no stress. Unit: [force/length^2].

    Raises
    ------
    ShapeError
        If densities do not fit the cells, or one that is known is negative.
    MaterialError, SpaceError
        What `fem.fields.stress` raises; if `at` is no place inside cells.

    References
    ----------
    C. Le, J. Norato, T. Bruns, C. Ha, D. Tortorelli, 2010, doi:10.1007/s00158-009-0440-y.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> pull = fem.responses.relaxed_von_mises(space, 0.01 * space.points, [1.0, 0.25], young=100.0, poisson=0.3)
    >>> pull.round(2).tolist()
    [1.0, 0.5]
    """
    if at == "points":
        raise SpaceError(
            "densities belong to cells", expected='at="centers" or the degree of a quadrature', got=f"at={at!r}",
            fix='pass at="centers"; a mean over the cells around a point hides the largest stress',
        )  # fmt: skip
    count = sum(domain.count for domain in space.topology.bulk)
    factor = relaxation(densities(x, count), exponent, shift=shift)
    solid = stress(
        space, u, young=young, poisson=poisson, plane=plane, free_strain=free_strain, at=at, field=field
    )  # fmt: skip
    return von_mises(solid) * (factor[:, None] if isinstance(at, int) else factor)


def _check_not_negative(density: Any) -> None:
    if isinstance(density, jax.core.Tracer) or (density >= 0).all():
        return
    first = tuple(int(i) for i in np.argwhere(~np.asarray(density >= 0))[0])
    raise ShapeError(
        "a density is negative", expected="densities between 0 and 1", index=first[0] if first else 0,
        got=f"x{list(first)} = {float(density[first]):.6g}", fix="bound the design from below by 0",
    )  # fmt: skip
