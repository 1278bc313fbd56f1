"""Raise where linear buckling has no answer: a body that is free to move, no prestress, or none that makes it buckle.

The host checks numbers of a compiled program; on an accelerator factors say it, which are infinite or not numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from fem.errors import ConstraintError, MaterialError
from sparsead.errors import ConvergenceError
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sparsead.errors import SparseADError

_RESISTED = 1e-10  # of the stiffness of single dofs: rounding leaves 1e-15


def check_held(values: Any, energies: Any, sizes: Any) -> Any:
    """Return stored values of K; the program raises if it does not resist all rigid motions that supports leave.

    Parameters
    ----------
    values : array, shape (s,)
        Stored values.
    energies : array, shape (m, m)
        ``u_i K u_j`` of these motions.
    sizes : array, shape (m,)
        The same with the diagonal of K alone, of which each energy is made.
    """

    def fault(energies: NDArray[Any], sizes: NDArray[Any]) -> SparseADError | None:
        roots = np.sqrt(np.where(sizes > 0, sizes, 1.0))
        resisted = np.linalg.eigvalsh(energies / roots / roots[:, None])
        free = int((resisted < _RESISTED).sum())
        return None if not free else _free(free)

    return values + _checked(fault, values.dtype, energies, sizes)


def check_prestressed(values: Any) -> Any:
    """Return stored values of G, shape (s,); the program raises if all are zero."""

    def fault(largest: NDArray[Any]) -> SparseADError | None:
        return None if largest != 0 else _unstressed()

    return values + _checked(fault, values.dtype, jnp.abs(values).max(initial=0.0))


def check_any(mu: Any, positive: Any) -> Any:
    """Return eigenvalues, shape (k,); the program raises if none is positive."""

    def fault(any_positive: NDArray[Any]) -> SparseADError | None:
        return None if any_positive else _nothing_buckles()

    return mu + _checked(fault, mu.dtype, positive.any())


def _checked(fault: Callable[..., SparseADError | None], dtype: Any, *numbers: Any) -> Any:
    """Zero, by a call of the host that raises the fault of some numbers."""

    def call(_: Any, out: Any, *buffers: Any) -> None:
        np.asarray(out)[...] = 0.0
        error = fault(*map(np.asarray, buffers))
        if error is not None:
            remember(error)
            raise error

    def on_host(*arrays: Any) -> Any:
        return buffer_callback(call, jax.ShapeDtypeStruct((), dtype), vmap_method="sequential")(*arrays)

    known = map(jax.lax.stop_gradient, numbers)
    return jax.lax.platform_dependent(*known, cpu=on_host, default=lambda *_: jnp.zeros((), dtype))


def _free(count: int) -> SparseADError:
    return ConstraintError(
        "a structure that is free to move does not buckle",
        expected="supports, or springs, that resist every rigid motion",
        got=f"{count} rigid motion{'s' * (count > 1)} without resistance",
        fix="prescribe supports: fem.fix(space, points)",
    )


def _unstressed() -> SparseADError:
    return MaterialError(
        "no prestress, so nothing buckles",
        expected="a geometric stiffness that is not zero",
        got="a geometric stiffness of zeros",
        fix="pass the stress of a load, of fem.fields.stress",
    )


def _nothing_buckles() -> SparseADError:
    return ConvergenceError(
        "no positive load factor, as of a structure in tension",
        expected="a prestress that presses somewhere",
        got="no motion from which the prestress takes stiffness",
        fix="reverse the load, if it should press",
    )
