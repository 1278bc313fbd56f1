"""``M u' = f(t, u)`` with a dense matrix M, which may be singular: a differential-algebraic equation of index 1.

Derivation
----------
Let Q be a matrix with ``Q M = 0`` and of the rank that M lacks. What remains of ``M u' = f`` where M says nothing are
the algebraic equations ``Q f(t, u) = 0``. They hold for all times, so that ``Q (f_u u' + f_t) = 0``, and with M::

    (M + Q f_u) u' = f - Q f_t           slope of a state on the algebraic equations

The index is 1 if and only if ``B = M + Q f_u`` is regular: then the algebraic equations determine what M does not.
Otherwise they must be differentiated again, which nobody does here.

Q is the projector on the left null space of M, each row and column of M divided by its largest number, so that units do
not decide about its rank.

References
----------
E. Hairer and G. Wanner, "Solving Ordinary Differential Equations II", VI.1, 1996, doi:10.1007/978-3-642-05221-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from sparsead.errors import NonFiniteError, ShapeError
from sparsead.transient.equations.field import Field
from sparsead.transient.equations.systems import Coefficients, DenseSystem
from sparsead.transient.equations.traced import Data
from sparsead.transient.options import concrete


@dataclass(frozen=True)
class MassSystem(DenseSystem):
    """``M v - f(t, u) = 0``; M is the last of the data that move.

    Parameters
    ----------
    field : Field
        f on flat vectors.
    """

    def residual(self, data: Data, t: Any, u: Any, v: Any, a: Any) -> Any:
        """Return R, shape (n,)."""
        del a
        return data[0][-1] @ v - self.field(t, u, data)

    def matrix(self, data: Data, t: Any, u: Any, c: Coefficients) -> Any:
        """Return A, shape (n, n)."""
        return c[1] * data[0][-1] - c[0] * self.jacobian(data, t, u)

    @partial(jax.jit, static_argnums=0)
    def slope(self, data: Data, t: Any, u: Any) -> Any:
        """Return the slope of a state on the algebraic equations, shape (n,)."""
        mass = data[0][-1]
        annihilator = annihilator_of(mass)
        f, f_t = jax.jvp(lambda t: self.field(t, u, data), (t,), (jnp.ones_like(t),))
        return jnp.linalg.solve(self.index_matrix(data, annihilator, t, u), f - annihilator @ f_t)

    def index_matrix(self, data: Data, annihilator: Any, t: Any, u: Any) -> Any:
        """Return B, shape (n, n)."""
        return data[0][-1] + annihilator @ self.jacobian(data, t, u)


def annihilator_of(mass: Any) -> Any:
    """Return Q, shape (n, n): zero where M is regular."""
    rows, columns = (1.0 / jnp.where(size > 0, size, 1.0) for size in _sizes(lax.stop_gradient(mass)))
    scaled = rows[:, None] * mass * columns
    projector = jnp.eye(len(mass), dtype=mass.dtype) - scaled @ jnp.linalg.pinv(scaled)
    noise = 100 * jnp.finfo(mass.dtype).eps
    return jnp.where(jnp.abs(projector) > noise, projector, 0) * rows


def _sizes(mass: Any) -> tuple[Any, Any]:
    """The largest number of each row, and of each column once the rows have been divided."""
    rows = jnp.max(jnp.abs(mass), 1)
    return rows, jnp.max(jnp.abs(mass) / jnp.where(rows > 0, rows, 1.0)[:, None], 0)


def divided(field: Field) -> Field:
    """Return the slope ``M^-1 f`` for explicit methods; M^-1 is the last of the data that move."""
    return Field(lambda t, u, data: data[0][-1] @ field(t, u, data), ("divided by mass", field.key), field.reverse_only)


def mass_of(mass: Any, flat: Any, controlled: int) -> Any:
    """Return M as an array of the type of the state, shape (n, n), with ones for the integrals behind the state.

    Parameters
    ----------
    mass : array, shape (c, c) or (c,)
        M, or its diagonal.
    flat : array, shape (n,)
        Flat state.
    controlled : int
        Its length without integrals, c.

    Raises
    ------
    ShapeError, NonFiniteError
        If it has another shape, or a number of it is not finite.
    """
    known = concrete(mass)
    mass = jnp.asarray(mass)
    if mass.shape not in ((controlled,), (controlled, controlled)):
        raise ShapeError(
            "mass does not fit the state",
            expected=f"shape ({controlled}, {controlled}), or ({controlled},) for a diagonal: u0 has so many numbers",
            got=f"mass of shape {mass.shape}",
            fix="pass one row for each number of u0, in the order of jax.flatten_util.ravel_pytree(u0)",
        )
    if isinstance(known, np.ndarray) and not np.isfinite(known).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(known))[0])
        raise NonFiniteError(
            "mass is not finite",
            expected="finite numbers",
            got=f"mass[{', '.join(map(str, place))}] = {known[place]}",
            fix="pass a finite matrix",
            index=place[0],
        )
    whole = jnp.diag(mass) if mass.ndim == 1 else mass
    return jnp.eye(flat.size, dtype=flat.dtype).at[:controlled, :controlled].set(whole.astype(flat.dtype))
