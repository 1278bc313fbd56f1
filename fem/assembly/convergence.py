"""Raise where an iteration inside a compiled program did not converge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from fem.errors import ConvergenceError
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING = 1e-3  # of the largest force: Newton's method squares what is left, so that it rarely ends here


def check_converged(u: Any, history: tuple[Any, Any, Any], tolerance: float) -> Any:
    """Return u, shape (n,); the program raises if a load step did not converge, on an accelerator gives NaN.

    Parameters
    ----------
    u : array, shape (n,)
        Result.
    history : tuple of array, shape (steps,)
        Imbalance, largest force and number of iterations of each load step.
    tolerance : float
        Fraction of the largest force that is accepted.
    """

    def on_host(u: Any, *history: Any) -> Any:
        out = jax.ShapeDtypeStruct(u.shape, u.dtype)
        call = partial(_check, tolerance)
        return buffer_callback(call, out, input_output_aliases={0: 0}, vmap_method="sequential")(u, *history)

    def on_device(u: Any, imbalance: Any, scale: Any, count: Any) -> Any:
        return jnp.where((imbalance <= tolerance * scale).all(), u, jnp.nan)

    return jax.lax.platform_dependent(u, *history, cpu=on_host, default=on_device)


def _check(tolerance: float, _: Any, out: Any, *buffers: Any) -> None:
    u, imbalance, scale, count = map(np.asarray, buffers)
    target = np.asarray(out)
    if target.ctypes.data != u.ctypes.data:
        np.copyto(target, u)
    fault = not_converged(imbalance, scale, count, tolerance)
    if fault is not None:
        remember(fault)
        raise fault


def not_converged(
    imbalance: NDArray[Any], scale: NDArray[Any], count: NDArray[Any], tolerance: float
) -> ConvergenceError | None:
    """Return the error of the first load step whose imbalance is too large, None if there is none."""
    failed = np.flatnonzero(~(imbalance <= tolerance * scale))
    if not len(failed):
        return None
    step = int(failed[0])
    nearly = imbalance[step] <= _ROUNDING * scale[step]
    return ConvergenceError(
        f"load step {step + 1} of {len(imbalance)} did not converge",
        expected=f"an imbalance of at most {tolerance:g} of the largest force, {scale[step]:.6g}",
        got=f"imbalance {imbalance[step]:.6g} after {int(count[step])} iterations",
        fix="if more iterations= do not help, it is rounding: write the form without differences of large terms"
        if nearly
        else "pass more steps=, or iterations=; look whether the structure buckles or turns a cell inside out",
        step=step,
    )
