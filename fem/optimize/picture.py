"""The picture of a history: the only door to matplotlib here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.libraries import required

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_CURVES = 8  # constraints drawn one by one; of more the largest alone


def draw(value: Array, constraints: Array, change: Array, begins: NDArray[np.intp]) -> NDArray[np.object_]:
    """Draw objective, constraints and change over the iterations, one below the other.

    Parameters
    ----------
    value, change : float array, shape (k,)
        Of each iteration.
    constraints : float array, shape (k, m)
        Of each iteration; met where not positive.
    begins : int array, any length
        Iterations with which a further stage begins: lines are drawn before them.

    Returns
    -------
    array of matplotlib.axes.Axes, shape (3,), or (2,) without constraints

    Raises
    ------
    LibraryMissingError
        If matplotlib is not installed: ``pip install 'sparsead[plot]'``.
    """
    rows = 3 if constraints.size else 2
    axes: NDArray[np.object_] = _pyplot().subplots(rows, sharex=True, layout="constrained", figsize=(6.4, 2.2 * rows))[
        1
    ]
    axes[0].plot(value, color="C0")
    axes[0].set(ylabel="objective")
    if constraints.size:
        _draw_constraints(axes[1], constraints)
    axes[-1].semilogy(np.where(change > 0, change, np.nan), color="C2")
    axes[-1].set(ylabel="change", xlabel="iteration")
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    for ax in axes:
        for first in begins:
            ax.axvline(first - 0.5, color="0.6", lw=0.8, ls=":")
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    return axes


def _draw_constraints(ax: Any, constraints: Array) -> None:
    many = constraints.shape[1] > _CURVES
    shown = constraints.max(axis=1, keepdims=True) if many else constraints
    for i, curve in enumerate(shown.T):
        ax.plot(curve, color="C1" if shown.shape[1] == 1 else f"C{i}", label=f"{i}")
    ax.axhline(0.0, color="0.4", lw=0.8, ls="--")
    ax.set(ylabel=f"largest of {constraints.shape[1]} constraints" if many else "constraints")
    if shown.shape[1] > 1:
        ax.legend(ncols=4, fontsize="small")


def _pyplot() -> Any:
    with required("matplotlib", "a history is drawn by", "pip install 'sparsead[plot]'"):
        import matplotlib.pyplot
    return matplotlib.pyplot
