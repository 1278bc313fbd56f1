"""One line that says how a run goes, in a terminal or a notebook: the only door to tqdm."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fem.libraries import required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fem.optimize.history import History


@contextmanager
def line(wanted: bool, title: str, total: int) -> Iterator[Callable[[History], None]]:
    """Show a line, and hand out what renews it.

    Parameters
    ----------
    wanted : bool
        Whether there is one at all; in a pipe there is none in any case.
    title : str
        What runs.
    total : int
        Iterations at most.

    Yields
    ------
    callable
        Shows a history: how many iterations, and what the last one was.

    Raises
    ------
    LibraryMissingError
        If tqdm is not installed: ``pip install 'sparsead[progress]'``.
    """
    if not wanted:
        yield lambda history: None
        return
    # None: unless it is no terminal. The line of a notebook does not take that for an answer, and shows itself.
    with _tqdm()(desc=title, total=total, disable=None, unit=" iterations", dynamic_ncols=True) as bar:

        def show(history: History) -> None:
            if bar.n == 0:
                bar.initial = len(history) - 1  # what a checkpoint held took no time now
            bar.set_postfix_str(summary(history), refresh=False)
            bar.update(len(history) - bar.n)

        yield show


def summary(history: History) -> str:
    """Return what the last iteration was, in a few words.

    Examples
    --------
    >>> import numpy as np
    >>> from fem.optimize.history import History, Record
    >>> summary(History([Record(0, 216.81, np.array([-0.2, 1e-3]), 0.05, 0.1, 1.0, 1)]))
    'value 216.81, constraint +0.001, change 0.05'
    >>> summary(History([Record(40, 189.29, np.zeros(0), 0.05, 0.1, 1.0, 1, stage=2)]))
    'stage 2, value 189.29, change 0.05'
    """
    last = history[-1]
    stage = f"stage {last.stage}, " if last.stage else ""
    constraint = f"constraint {last.constraints.max():+.3g}, " if last.constraints.size else ""
    return f"{stage}value {last.value:.6g}, {constraint}change {last.change:.3g}"


def _tqdm() -> Any:
    with required("tqdm", "progress is shown by", "pip install 'sparsead[progress]', or leave progress=True out"):
        from tqdm.auto import tqdm
    return tqdm
