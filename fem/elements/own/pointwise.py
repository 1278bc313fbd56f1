"""Weak forms given point by point: a force and a flux from the value and the gradient of the unknown.

Derivation
----------
::

    r(u)[a i]        = int  f_i(u, grad u) N_a + P_ik(u, grad u) N_a,k
    dr[a i]/du[b j]  = int  (N_a, grad N_a) . D . (N_b, grad N_b)

with D the derivative of (f, P) in (u, grad u), taken at each point by automatic
differentiation. A material may remember: a vector h of each point, on which f and P depend too, and which a state
leaves as ``h' = update(u, grad u, h)``. It is the last of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.errors import SpaceError

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Pointwise:
    """A form given at a point.

    Parameters
    ----------
    flux : callable
        ``flux(value, gradient, **parameters)`` of shapes (i,) and (i, k) gives the force (i,) and the flux (i, k).
    names : tuple of str
        Names of its parameters, that of the history last.
    symmetric : bool
        Whether D is symmetric, as that of an energy is.
    definite : bool
        Whether the tangent is positive definite at a stable state.
    update : callable, optional
        ``update(value, gradient, **parameters)`` of a material that remembers gives its next history, shape (m,).
    """

    flux: Callable[..., tuple[Any, Any]]
    names: tuple[str, ...]
    symmetric: bool
    definite: bool
    update: Callable[..., Any] | None = None

    @property
    def tangent(self) -> Tangent:
        """The derivative."""
        return Tangent(self, self.symmetric, self.definite)

    def forces(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Forces of parameters and nodal values, shape (i, a, e)."""
        *parameters, u = numbers
        force, flux = self.at_points(cells, tuple(parameters), cells.value_of(u), cells.gradient_of(u))
        return cells.test_value(force) + cells.test_gradient(flux)

    def after(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """History that nodal values leave, shape (m, q, e)."""
        *parameters, u = numbers
        update: Any = self.update

        def one(value: Any, gradient: Any, *numbers: Any) -> Any:
            return update(value, gradient, **dict(zip(self.names, numbers, strict=True)))

        return over_points(one)(cells.value_of(u), cells.gradient_of(u), *_at_every_point(cells, parameters))

    def at_points(self, cells: Cells, parameters: tuple[Any, ...], value: Any, gradient: Any) -> tuple[Any, Any]:
        """Force (i, q, e) and flux (i, k, q, e) at all points."""

        def one(value: Any, gradient: Any, *numbers: Any) -> tuple[Any, Any]:
            force, flux = self.flux(value, gradient, **dict(zip(self.names, numbers, strict=True)))
            if jnp.shape(force) != value.shape or jnp.shape(flux) != gradient.shape:
                raise SpaceError(
                    "a force or a flux that does not fit the unknown",
                    expected=f"shapes {value.shape} and {gradient.shape}, those of the value and of the gradient",
                    got=f"shapes {jnp.shape(force)} and {jnp.shape(flux)}",
                    fix="return (force, flux); jnp.zeros_like(value) for no force",
                )
            return force, flux

        return over_points(one)(value, gradient, *_at_every_point(cells, parameters))


@dataclass(frozen=True)
class Tangent:
    """The derivative of a pointwise form at a state; its moduli are the parameters and the state (i, a, e)."""

    form: Pointwise
    symmetric: bool
    definite: bool
    depends_on_position: bool = True  # on the state of the cell, which differs from cell to cell

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Forces of a small displacement u, both of shape (i, a, e)."""
        *parameters, state = moduli
        return jax.jvp(lambda v: self.form.forces(cells, (*parameters, v)), (state,), (u,))[1]

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        *parameters, state = moduli
        value, slope = cells.value_of(state), cells.gradient_of(state)
        packed = jnp.concatenate([value[:, None], slope], 1)  # (i, 1 + k, q, e)

        def both(x: Any, *numbers: Any) -> Any:
            named = dict(zip(self.form.names, numbers, strict=True))
            force, flux = self.form.flux(x[:, 0], x[:, 1:], **named)
            return jnp.concatenate([force[:, None], flux], 1)

        d = over_points(jax.jacfwd(both))(packed, *_at_every_point(cells, parameters)) * cells.measure
        # (i, m, j, l, q, e)
        shape = jnp.broadcast_to(cells.shape[:, None, :, None], (len(cells.shape), 1, *cells.measure.shape))
        tests = jnp.concatenate([shape, cells.gradients], 1)  # (a, m, q, e)
        # explicit sums: these products are too small for a library
        left = sum(tests[:, None, m, None, None] * d[None, :, m] for m in range(tests.shape[1]))  # (a, i, j, l, q, e)
        matrix = jnp.einsum("aijlqe,blqe->aibje", left, tests)
        # Far from equilibrium rounding alone would break the symmetry that is declared.
        return (matrix + matrix.transpose(2, 3, 0, 1, 4)) / 2 if self.symmetric else matrix


def _at_every_point(cells: Cells, parameters: Any) -> list[Any]:
    """Parameters of shape (), (e,) or (q, e) as (q, e); a history is (m, q, e) already."""
    return [p if jnp.ndim(p) > 2 else jnp.broadcast_to(p, cells.measure.shape) for p in parameters]


def over_points(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of one point as one of all, with axes (q, e) at the end of every argument and result."""
    return jax.vmap(jax.vmap(function, -1, -1), -1, -1)
