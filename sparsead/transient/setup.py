"""From the options of a run to its problem: scheme, grid, what is kept, controls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.errors import ShapeError
from sparsead.transient.checkpoints.disk import Disk
from sparsead.transient.options import check_count, check_tolerance, known
from sparsead.transient.steps.grid import Controls, FixedGrid
from sparsead.transient.steps.times import step_counts

_RTOL, _ATOL = 1e-6, 1e-9
_BYTES = 2**22
_FIXED_SEGMENT, _ADAPTIVE_SEGMENT = 512, 64


def grid_of(
    scheme: Any, times: Any, h: Any, tolerances: tuple[Any, Any], max_steps: int, controlled: int
) -> tuple[Any, Controls]:
    """Return the grid and its controls: fixed where only h is given, else adaptive.

    Raises
    ------
    ShapeError
        If the method cannot do what is asked, or an option is out of range.
    NoDerivativeError
        If the number of steps of a fixed grid is not known, because jit traces the times.
    """
    by_tolerance = h is None or tolerances != (None, None)
    if by_tolerance and not scheme.adaptive:
        raise ShapeError(
            f"{scheme.name} does not estimate its error",
            expected="a step size h, and no tolerances",
            got=f"h={h!r}, rtol={tolerances[0]!r}, atol={tolerances[1]!r}",
            fix=f"pass h alone, or an adaptive method: {scheme.instead}",
        )
    moving = isinstance(times, jax.core.Tracer)  # whatever differentiates traces
    if not by_tolerance:
        counts = step_counts(times, h)
        strides = np.diff(counts)
        stride = int(strides[0]) if (strides == strides[0]).all() else 0
        return FixedGrid(int(counts[-1]), stride, moving), _controls(times, counts, h, 0.0, 0.0)
    rtol, atol = (
        check_tolerance(name, default if value is None else value)
        for name, value, default in zip(("rtol", "atol"), tolerances, (_RTOL, _ATOL), strict=True)
    )
    grid = replace(scheme.grid(check_count("max_steps", max_steps), controlled), moving=moving)
    return grid, _controls(times, np.zeros(times.shape[0], np.int32), 0.0 if h is None else h, rtol, atol)


def _controls(times: Any, counts: Any, *numbers: Any) -> Controls:
    real = jnp.result_type(float)
    return Controls(jnp.asarray(times, real), jnp.asarray(counts), *(jnp.asarray(x, real) for x in numbers))


@dataclass(frozen=True)
class Binomial:
    """Keep this many states; walk again from them by the schedule that walks least (number of steps known).

    On an adaptive grid, where it is not known, the states are chosen while walking.

    Parameters
    ----------
    snapshots : int
        States kept, the first one counted.
    """

    snapshots: int


def kept(checkpoint: Any, grid: Any, z0: Any, *, matrices: bool) -> tuple[int, bool, int]:
    """Return the steps of a segment, whether all states are kept, and the number of snapshots if not.

    Parameters
    ----------
    checkpoint : {"all", "sqrt"}, Binomial or Disk
        Policy.
    grid : FixedGrid or AdaptiveGrid
        Where steps lie.
    z0 : array, shape (n,)
        A state.
    matrices : bool
        Whether the sweep makes the matrices of a segment.
    """
    n = z0.size
    # An adaptive run may be much shorter than its capacity: small segments waste less on steps that never were, and of
    # long states a few are work enough for one batch.
    longest = min(grid.capacity, min(_ADAPTIVE_SEGMENT, max(4, 4096 // n)) if grid.adaptive else _FIXED_SEGMENT)
    if isinstance(checkpoint, Disk):
        return check_count("steps", checkpoint.steps), False, 0
    if isinstance(checkpoint, Binomial):
        count = check_count("snapshots", checkpoint.snapshots)
        return max(1, min(longest, count, _BYTES // (8 * n))), False, min(count, grid.capacity)
    policy = known("checkpoint", checkpoint, ("all", "sqrt"))
    if policy == "sqrt":
        segment = max(1, int(np.sqrt(grid.capacity) / 2))
    else:
        segment = max(1, min(longest, 4096 // n**2 if matrices else _BYTES // (8 * n)))
    return segment if grid.adaptive else _even(grid.capacity, segment), policy == "all", 0


def _even(steps: int, longest: int) -> int:
    """The length of segments, at most `longest`: all the same if that costs no more than twice as many, else nearly."""
    divisors = [k for k in range(longest, longest // 2, -1) if steps % k == 0]
    return divisors[0] if divisors else -(-steps // -(-steps // longest))
