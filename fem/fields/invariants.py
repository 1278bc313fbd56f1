"""Numbers of a symmetric tensor that do not depend on the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.errors import SpaceError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


def von_mises(stress: ArrayLike) -> jax.Array:
    """Return the equivalent stress of von Mises, ``sqrt(3/2 s : s)`` with the deviator s.

    Parameters
    ----------
    stress : array, shape (..., 3, 3) or (..., 2, 2)
        Symmetric; of shape (2, 2) for plane stress. Unit: [force/length^2].

    Returns
    -------
    array, shape (...)
        Its derivative at zero stress is taken as zero. Unit: [force/length^2].

    Raises
    ------
    SpaceError
        If the last two axes have other lengths.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> float(von_mises(jnp.diag(jnp.array([5.0, 0.0, 0.0]))))
    5.0
    """
    t = _checked(stress)
    normal = [t[..., i, i] for i in range(t.shape[-1])] + [0.0] * (3 - t.shape[-1])
    shear = [t[..., i, k] ** 2 for i in range(t.shape[-1]) for k in range(i)]
    a, b, c = normal
    square = ((a - b) ** 2 + (b - c) ** 2 + (c - a) ** 2) / 2 + 3 * sum(shear)
    # The square root has no derivative at zero; both branches must be finite for a derivative through `where`.
    positive = square > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, square, 1.0)), 0.0)


def principal(tensor: ArrayLike) -> jax.Array:
    """Return the principal values of symmetric tensors, the largest first.

    Parameters
    ----------
    tensor : array, shape (..., d, d)
        Symmetric, d = 2 or 3.

    Returns
    -------
    array, shape (..., d)
        Where two of them are equal, their derivative is one of many.

    Raises
    ------
    SpaceError
        If the last two axes have other lengths.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> principal(jax.numpy.array([[1.0, 2.0], [2.0, 1.0]])).round(12).tolist()
    [3.0, -1.0]
    """
    return jnp.linalg.eigvalsh(_checked(tensor))[..., ::-1]


def _checked(tensor: Any) -> Any:
    array = jnp.asarray(tensor, float)
    if array.ndim < 2 or array.shape[-2:] not in ((2, 2), (3, 3)):
        raise SpaceError(
            "not a tensor in the last two axes",
            expected="shape (..., 3, 3) or (..., 2, 2)",
            got=f"shape {array.shape}",
            fix="pass what fem.fields.stress or fem.fields.strain returns",
        )
    return array
