"""What happened in each iteration, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fem.errors import OptimizationError
from fem.optimize.archive import write_archive
from fem.optimize.picture import draw

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray


class Record(NamedTuple):
    """One iteration.

    Attributes
    ----------
    iteration : int
        Its number, from 0 on; a run that is resumed counts on.
    value : float
        Objective.
    constraints : float array, shape (m,)
        Constraints; met where not positive.
    change : float
        Largest change of a variable that is proposed next; of a run handed over to another library, that led to the
        design, and NaN for the first.
    residual : float
        KKT residual: how far the design is from one that no first-order step improves; 0 at a solution.
    seconds : float
        Wall time of the iteration. Unit: [s].
    factorizations : int
        Matrices factorized in it.
    stage : int
        Its stage, from 0 on; 0 in a run without stages.
    step : float
        Which part of the change proposed before led to this design; less than 1 where a guard cut it back.
    """

    iteration: int
    value: float
    constraints: NDArray[np.float64]
    change: float
    residual: float
    seconds: float
    factorizations: int
    stage: int = 0
    step: float = 1.0


@dataclass
class History:
    """All iterations; each property is an array with one row for each.

    Parameters
    ----------
    records : list of Record
        Iterations, the first one first.
    """

    records: list[Record] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, i: int) -> Record:
        return self.records[i]

    @property
    def iteration(self) -> NDArray[np.int64]:
        """Numbers of the iterations, shape (k,)."""
        return self._column("iteration").astype(int)

    @property
    def value(self) -> NDArray[np.float64]:
        """Objective, shape (k,)."""
        return self._column("value")

    @property
    def constraints(self) -> NDArray[np.float64]:
        """Constraints, shape (k, m); met where not positive."""
        return self._column("constraints")

    @property
    def change(self) -> NDArray[np.float64]:
        """Largest change of a variable that was proposed, shape (k,)."""
        return self._column("change")

    @property
    def residual(self) -> NDArray[np.float64]:
        """KKT residual, shape (k,)."""
        return self._column("residual")

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Wall time, shape (k,). Unit: [s]."""
        return self._column("seconds")

    @property
    def factorizations(self) -> NDArray[np.int64]:
        """Matrices factorized, shape (k,)."""
        return self._column("factorizations").astype(int)

    @property
    def stage(self) -> NDArray[np.int64]:
        """Stages, shape (k,)."""
        return self._column("stage").astype(int)

    @property
    def step(self) -> NDArray[np.float64]:
        """Which part of the change that was proposed before led to each design, shape (k,)."""
        return self._column("step")

    def plot(self) -> NDArray[np.object_]:
        """Draw objective, constraints and change over the iterations, one below the other; lines where stages begin.

        Returns
        -------
        array of matplotlib.axes.Axes, shape (3,), or (2,) without constraints

        Raises
        ------
        LibraryMissingError
            If matplotlib is not installed: ``pip install 'sparsead[plot]'``.
        OptimizationError
            If there is no iteration.
        """
        if not self.records:
            raise OptimizationError(
                "there is nothing to draw", expected="at least one iteration", got="0 iterations",
                fix="draw the history of a run that began",
            )  # fmt: skip
        return draw(self.value, self.constraints, self.change, 1 + np.flatnonzero(np.diff(self.stage)))

    def _column(self, name: str) -> NDArray[Any]:
        return np.array([getattr(record, name) for record in self.records])


@dataclass(frozen=True)
class Result:
    """What an optimizer returns.

    Attributes
    ----------
    x : float array, shape of x0
        The last design that was evaluated.
    value : float
        Its objective.
    constraints : float array, shape (m,)
        Its constraints; met where not positive.
    converged : bool
        Whether a tolerance was met, and not only the budget spent.
    reason : str
        Why it stopped, in words.
    history : History
        All iterations.
    """

    x: NDArray[np.float64]
    value: float
    constraints: NDArray[np.float64]
    converged: bool
    reason: str
    history: History

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to an ``.npz`` file, for `numpy.load`.

        Parameters
        ----------
        path : path
            File, replaced in one step: ``x``, ``value``, ``constraints``, ``converged``, ``reason``, and a column of
            each property of the history, ``history_value``, ``history_change``, ...

        Raises
        ------
        OSError
            If it cannot be written; a file that was there stays.

        Examples
        --------
        >>> import jax, fem, numpy, tempfile
        >>> jax.config.update("jax_enable_x64", True)
        >>> found = fem.optimize.mma(lambda x: ((x - 0.5) ** 2).sum(), [0.2, 0.9], lower=0.0, upper=1.0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.save(f"{folder}/design.npz")
        ...     with numpy.load(f"{folder}/design.npz") as kept:
        ...         print(kept["x"].round(2), kept["history_value"].shape == (len(found.history),))
        [0.5 0.5] True
        """
        arrays = {
            name: np.asarray(getattr(self, name)) for name in ("x", "value", "constraints", "converged", "reason")
        }
        write_archive(path, arrays | {f"history_{name}": getattr(self.history, name) for name in Record._fields})
