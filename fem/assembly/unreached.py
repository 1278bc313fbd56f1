"""Raise where a path cannot be followed, with what the last tangent tells of the reason.

At a limit point the tangent is singular, and beyond it an eigenvalue is negative. Its inertia says so where a library
tells it; the sign of the determinant, whether their number is odd, always. A tangent that is singular because supports
leave a rigid motion, or cells have no stiffness, is no limit point, and its error is that of `fem.solve`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from fem.errors import ConstraintError, ConvergenceError, MaterialError
from sparsead.errors import SparseADError
from sparsead.factors.inertia import inertia_of
from sparsead.factors.options import SolveOptions
from sparsead.factors.selected import log_det
from sparsead.jax.raised import remember

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.reduction import Reduction

_FIX = {
    True: "past a limit point no more load is carried: fem.arc_length goes through it",
    False: "pass steps that are closer together, or more iterations=",
}


class Reached(NamedTuple):
    """How far a step came; numbers.

    Attributes
    ----------
    number : int
        Of the step.
    part : float
        That was done; one is all.
    factor, goal : float
        Load factor reached, and where to.
    imbalance, scale : float
        Of the last iteration, and of what it is measured.
    count : int
        Its iterations.
    """

    number: Any
    part: Any
    factor: Any
    goal: Any
    imbalance: Any
    scale: Any
    count: Any


def check_reached(
    u: Any, reached: Reached, tangent: Any, reduction: Reduction, options: SolveOptions, words: str
) -> Any:
    """Return u, shape (n,); the program raises if a step was not done, on an accelerator gives NaN.

    Parameters
    ----------
    u : array, shape (n,)
        State.
    reached : Reached
        How far the step came.
    tangent : array, shape (s,), or ()
        Stored values that were factorized last.
    reduction : Reduction
        Index maps of the tangent.
    options : SolveOptions
        Its structure, and what says errors in words of the mesh.
    words : str
        What the goal is.
    """

    def on_host(u: Any, *numbers: Any) -> Any:
        out = jax.ShapeDtypeStruct(u.shape, u.dtype)
        call = partial(_check, reduction, options, words)
        return buffer_callback(call, out, input_output_aliases={0: 0}, vmap_method="sequential")(u, *numbers)

    def on_device(u: Any, number: Any, part: Any, *_: Any) -> Any:
        return jnp.where(part < 1.0, jnp.nan, u)

    known = map(jax.lax.stop_gradient, (*reached, *([] if isinstance(tangent, tuple) else [tangent])))
    return jax.lax.platform_dependent(u, *known, cpu=on_host, default=on_device)


def _check(reduction: Reduction, options: SolveOptions, words: str, _: Any, out: Any, *buffers: Any) -> None:
    u, *numbers = map(np.asarray, buffers)
    target = np.asarray(out)
    if target.ctypes.data != u.ctypes.data:
        np.copyto(target, u)
    reached = Reached(*(number.item() for number in numbers[: len(Reached._fields)]))
    if reached.part == 1.0:
        return
    values = numbers[len(Reached._fields) :]
    fault: SparseADError
    try:
        fault = not_reached(reached, words, negative_part(reduction, values[0], options) if values else None)
    except (ConstraintError, MaterialError) as of_structure:
        fault = of_structure
    remember(fault)
    raise fault


def not_reached(reached: Reached, words: str, sign: tuple[str, bool] | None) -> ConvergenceError:
    """Return the error of a step that was not done.

    Parameters
    ----------
    reached : Reached
        How far it came.
    words : str
        What the goal is.
    sign : tuple of str and bool, or None
        Of the last tangent, and whether it says that a limit point was passed.
    """
    said, beyond = ("", False) if sign is None else sign
    return ConvergenceError(
        f"step {reached.number + 1} of a path did not converge",
        expected=f"equilibrium at {words} {reached.goal:.6g}",
        got=f"equilibrium up to load factor {reached.factor:.6g}, {reached.part:.0%} of the step; after it an "
        f"imbalance of {reached.imbalance:.3g}, largest force {reached.scale:.3g}, in iteration {reached.count}{said}",
        fix=_FIX[beyond],
        step=reached.number,
    )


def negative_part(reduction: Reduction, values: NDArray[Any], options: SolveOptions) -> tuple[str, bool]:
    """Return in words what is known of negative eigenvalues of a reduced matrix, and whether there are some, or a zero.

    Parameters
    ----------
    reduction : Reduction
        Index maps.
    values : array, shape (s,)
        Stored values.
    options : SolveOptions
        What may be relied on, and what says errors in words of the mesh.

    Raises
    ------
    ConstraintError, MaterialError
        If it is singular because of supports, or of cells without stiffness.
    """
    pattern = reduction.maps.system.pattern
    if not np.isfinite(values).all():
        return ", its tangent not finite", False
    values = np.array(values)
    values[reduction.maps.kept] = np.abs(values[reduction.maps.kept])  # constrained dofs stand alone
    try:
        if options.structure.symmetric:
            _, negative, _ = inertia_of(pattern, values, options)
            return f", its tangent with {negative} negative pivot{'s' * (negative != 1)}", negative > 0
    except SparseADError:  # no library tells, or it is singular
        pass
    try:
        sign = log_det(pattern, values, options)[0]
    except SparseADError as error:
        cause = error if options.explain is None else options.explain(error, pattern, values)
        if isinstance(cause, ConstraintError | MaterialError):
            raise cause from None
        return ", its tangent singular", True
    return f", the determinant of its tangent {'negative' if sign.real < 0 else 'positive'}", sign.real < 0
