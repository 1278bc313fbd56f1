"""Raise where modes below zero would be missed: the pairs nearest to zero are the lowest only where none is below.

With a prestress beyond the first buckling load K has negative eigenvalues, the more the higher it is. By Sylvester's
law of inertia pivots count them, with one factorization that is not kept; where no library tells its pivots, only those
that were found are seen. A stiffness declared positive definite has none, which its own factorization sees.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from sparsead.eigen.largest import pencil_of
from sparsead.errors import NotPositiveDefiniteError
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


def check_lowest(found: Any, matrices: tuple[Any, Any], *, patterns: tuple[Pattern, Pattern], options: Any) -> Any:
    """Return eigenvalues found, shape (k,); the program raises if there are others below the shift.

    Parameters
    ----------
    found : array, shape (k,)
        Eigenvalues.
    matrices : tuple of array, shape (s,)
        Stored values of K and M; the diagonal of K is positive where M is zero.
    patterns : tuple of Pattern
        Theirs.
    options : EigenOptions
        Shift and backend.
    """

    def on_host(*arrays: Any) -> Any:
        call = partial(_check, patterns, options)
        return buffer_callback(call, jax.ShapeDtypeStruct((), found.dtype), vmap_method="sequential")(*arrays)

    known = map(jax.lax.stop_gradient, (found, *matrices))
    return found + jax.lax.platform_dependent(*known, cpu=on_host, default=lambda *_: jnp.zeros((), found.dtype))


def _check(patterns: tuple[Pattern, Pattern], options: EigenOptions, _: Any, out: Any, *buffers: Any) -> None:
    """Write zero, or raise."""
    np.asarray(out)[...] = 0.0
    found, stiffness, mass = map(np.asarray, buffers)
    pencil = pencil_of(stiffness, mass, patterns, options)
    counted = pencil.below(pencil.sigma)
    below = int((found < pencil.sigma).sum()) if counted is None else counted
    if below:
        number = f"at least {below}" if counted is None else f"{below}"
        fault = NotPositiveDefiniteError(
            "a structure that is unstable, as under too large a prestress",
            expected="no eigenvalue below zero, so that the lowest are those nearest to it",
            got=f"{number} eigenvalue{'s' * (below > 1)} of K v = lambda M v below zero",
            fix="lower the prestress below the first factor of fem.buckling, or pass a sigma below them for the modes",
        )
        remember(fault)
        raise fault
