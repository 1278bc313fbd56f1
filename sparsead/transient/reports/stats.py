"""What a run did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import jax

from sparsead.transient.checkpoints.binomial import advances


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class Stats:
    """Counts of a run and of its gradient, which may be traced.

    Parameters
    ----------
    accepted, rejected : int
        Steps.
    f_calls : int
        Evaluations of f, forward; of implicit methods stages, each with an evaluation for every Newton iteration.
    replay_f_calls : int
        Evaluations of f that a gradient makes again in sequence, to find states that were not kept; -1 where that
        shows only then (snapshots on an adaptive grid).
    vjps : int
        Pullbacks of f, or matrices of it, that a gradient makes: one for each stage of each accepted step and phase.
    stored_bytes : int
        States, times and steps kept for the gradient.
    factorizations : int
        Sparse matrices that the run factorized, forward; those that it found in the store are not counted. A gradient
        factorizes again what left the store since: of a linear system nothing. The dense matrices of implicit methods
        in `odesolve`, one for each Newton iteration, are not counted.
    method, gradient, checkpoint : str
        What was used.
    """

    accepted: Any
    rejected: Any
    f_calls: Any
    replay_f_calls: Any
    vjps: Any
    stored_bytes: Any
    factorizations: Any
    method: str
    gradient: str
    checkpoint: str

    def tree_flatten(self) -> tuple[list[Any], tuple[str, ...]]:
        """Counts are leaves, names are static."""
        values = [getattr(self, item.name) for item in fields(self)]
        return values[:-3], tuple(values[-3:])

    @classmethod
    def tree_unflatten(cls, names: tuple[str, ...], counts: Any) -> Stats:
        """Put counts and names together again."""
        return cls(*counts, *names)


def stats_of(problem: Any, end: Any, z0: Any, gradient: str, checkpoint: str) -> Stats:
    """Return the counts of a run from its end."""
    scheme, grid = problem.scheme, problem.grid
    rejected = end.rejected if grid.adaptive else 0
    stages = scheme.calls(end, adaptive=grid.adaptive)
    starts = end.accepted if problem.keeps_all else -(-end.accepted // problem.segment)
    starts = problem.snapshots or starts
    stored = starts * z0.size * z0.dtype.itemsize + (end.accepted * 16 if grid.adaptive else 0)
    replay = 0 if problem.keeps_all else scheme.needed * end.accepted
    if problem.snapshots:  # on an adaptive grid it depends on where the snapshots came to lie
        replay = (
            -1 if grid.adaptive else scheme.needed * (advances(grid.capacity, problem.snapshots) - grid.capacity + 1)
        )
    vjps = 2 * scheme.needed * end.accepted
    return Stats(end.accepted, rejected, stages, replay, vjps, stored, 0, scheme.name, gradient, checkpoint)
