"""Material between solid and void: Young's modulus, or any other coefficient, of a density."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fem.arrays import numbers
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


def simp(x: ArrayLike, *, solid: ArrayLike, void: ArrayLike = 0.0, penalty: ArrayLike = 3.0) -> jax.Array:
    """Return ``void + x^p (solid - void)``: solid isotropic material with penalization.

    Parameters
    ----------
    x : array, any shape
        Densities between 0 and 1.
    solid, void : array, shape () or that of x
        Coefficient at densities 1 and 0; `void` must be positive where cells may be empty altogether.
    penalty : array, shape () or that of x
        p; from 3 on intermediate densities do not pay in stiffness problems.

    Returns
    -------
    array, shape of x
        Unit: [solid].

    Raises
    ------
    ShapeError
        If a penalty that is known is less than 1.

    References
    ----------
    M. P. Bendsøe, O. Sigmund, "Material interpolation schemes in topology optimization", Archive of Applied Mechanics
    69, 1999, doi:10.1007/s004190050248.

    Examples
    --------
    >>> import fem
    >>> fem.design.simp(0.5, solid=8.0, penalty=3.0).item()
    1.0
    """
    check_penalty("penalty", penalty, 1.0)
    return _between(void, solid, numbers("x", x) ** numbers("penalty", penalty))


def ramp(x: ArrayLike, *, solid: ArrayLike, void: ArrayLike = 0.0, penalty: ArrayLike = 3.0) -> jax.Array:
    """Return ``void + x / (1 + q (1 - x)) (solid - void)``: rational approximation of material properties.

    Unlike that of `simp` its slope is not zero at the density 0: loads that depend on the density, such as weight,
    leave no spurious material behind.

    Parameters
    ----------
    x : array, any shape
        Densities between 0 and 1.
    solid, void : array, shape () or that of x
        Coefficient at densities 1 and 0.
    penalty : array, shape () or that of x
        q; 0 is a straight line.

    Returns
    -------
    array, shape of x
        Unit: [solid].

    Raises
    ------
    ShapeError
        If a penalty that is known is negative.

    References
    ----------
    M. Stolpe, K. Svanberg, "An alternative interpolation scheme for minimum compliance topology optimization",
    Structural and Multidisciplinary Optimization 22, 2001, doi:10.1007/s001580100129.

    Examples
    --------
    >>> import fem
    >>> fem.design.ramp(0.5, solid=5.0, penalty=3.0).item()
    1.0
    """
    check_penalty("penalty", penalty, 0.0)
    density = numbers("x", x)
    return _between(void, solid, density / (1 + numbers("penalty", penalty) * (1 - density)))


def _between(void: ArrayLike, solid: ArrayLike, part: jax.Array) -> jax.Array:
    empty = numbers("void", void)
    return empty + part * (numbers("solid", solid) - empty)


def check_penalty(name: str, value: Any, least: float) -> None:
    """Raise `ShapeError` if a plain number is too small; traced ones are not looked at."""
    if isinstance(value, int | float) and not value >= least:
        raise ShapeError(
            f"{name} is too small", expected=f"{name} >= {least:g}", got=f"{name} = {value!r}",
            fix="penalties make intermediate densities pay less; 3 is usual",
        )  # fmt: skip
