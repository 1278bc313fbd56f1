"""Problems through time that peers take too: right-hand sides in JAX or in PyTorch, the same method and tolerance.

What is computed is the sum of the final state, and its gradient in the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

H = 0.01
RATES = (0.32, 13, 4, 0.28, 40, 5, 0.128, 17, 18, 4, 40, 5, 0.032, 15, 5, 0.5, 10, 40, 50, 90, 65, -63.0, 1.0)
CONDUCTANCES = (70.0, 10.0, 0.05)
BINS = 100


@dataclass(frozen=True)
class TimeProblem:
    """A right-hand side, where it starts and ends, and how it is integrated.

    Parameters
    ----------
    title : str
        As the tables call it.
    method : str
        Name of the method, as `sparsead.transient` calls it.
    slope : callable
        ``slope(xp)`` returns ``f(t, u, params)`` in the functions of the module `xp`: `jax.numpy` or `torch`.
    start : array, shape (n,)
        Initial state.
    params : array, shape (p,)
        Parameters.
    end : float
        Final time; the initial one is zero.
    steps : int
        Number of fixed steps; zero where a tolerance chooses them.
    tolerance : float
        Relative and absolute, of an adaptive run.
    capacity : int
        Trials at most, of an adaptive run.
    error_floor : float
        Relative errors of gradients below this are rounding, and equal.
    """

    title: str
    method: str
    slope: Callable[[Any], Callable[..., Any]]
    start: NDArray[np.float64]
    params: NDArray[np.float64]
    end: float
    steps: int = 0
    tolerance: float = 0.0
    capacity: int = 0
    error_floor: float = 1e-10

    @property
    def h(self) -> float | None:
        """Size of a fixed step; None where a tolerance chooses."""
        return self.end / self.steps if self.steps else None

    def values(self, number: int) -> NDArray[np.float64]:
        """Return the parameters of call `number`, shape (p,)."""
        return self.params * (1 + 1e-7 * number)


def make(letter: str, *, quick: bool, steps: int = 0) -> TimeProblem:
    """Return a problem; with `steps`, that many of the fixed steps of the same size, from the same start."""
    problem = PROBLEMS[letter](quick)
    if steps and steps < problem.steps:
        return replace(problem, end=problem.end * steps / problem.steps, steps=steps)
    return problem


def _nerve_cell(quick: bool) -> TimeProblem:
    steps = 600 if quick else 60_000
    start, numbers = np.array([-59.0, 0.2, 0.9, 0.1]), np.array(CONDUCTANCES)

    def slope(xp: Any) -> Callable[..., Any]:
        return lambda t, u, p: _cell(xp, u, p, RATES, 1.0)

    return TimeProblem("nerve cell, Euler", "euler", slope, start, numbers, steps * H, steps)


def _nerve_cell_of_many(quick: bool) -> TimeProblem:
    """Rates are parameters too, and a current for each stretch of time."""
    few = _nerve_cell(quick)
    numbers = np.array([*CONDUCTANCES, *RATES, *[1.0] * BINS])

    def slope(xp: Any) -> Callable[..., Any]:
        def f(t: Any, u: Any, p: Any) -> Any:
            # Half a step off the ends of the stretches: there rounding of t would decide.
            place = xp.minimum(((t + H / 2) * (BINS / few.end)).astype(int), BINS - 1)
            return _cell(xp, u, p, p[3:26], p[26:][place])

        return f

    return replace(few, title="nerve cell of many parameters, Euler", slope=slope, params=numbers)


def _cell(xp: Any, u: Any, g: Any, c: Any, drive: Any) -> Any:
    e, m, h, n = u
    v = e - c[21]
    m_opens = -c[0] * (v - c[1]) / (xp.exp(-(v - c[1]) / c[2]) - 1)
    m_shuts = c[3] * (v - c[4]) / (xp.exp((v - c[4]) / c[5]) - 1)
    h_opens, h_shuts = c[6] * xp.exp(-(v - c[7]) / c[8]), c[9] / (1 + xp.exp(-(v - c[10]) / c[11]))
    n_opens = -c[12] * (v - c[13]) / (xp.exp(-(v - c[13]) / c[14]) - 1)
    n_shuts = c[15] * xp.exp(-(v - c[16]) / c[17])
    current = -(e + c[20]) * g[2] - (e + c[19]) * g[1] * n**4 - (e - c[18]) * g[0] * m**3 * h + c[22] * drive
    gates = [a * (1 - x) - b * x for x, a, b in ((m, m_opens, m_shuts), (h, h_opens, h_shuts), (n, n_opens, n_shuts))]
    return xp.stack([current, *gates])


def _predators(quick: bool) -> TimeProblem:
    def slope(xp: Any) -> Callable[..., Any]:
        def f(t: Any, u: Any, p: Any) -> Any:
            return xp.stack([u[0] * (p[0] - p[1] * u[1]), u[1] * (p[2] * u[0] - p[3])])

        return f

    start, numbers = np.array([1.0, 1.0]), np.array([1.5, 1.0, 1.0, 3.0])
    end = 2.0 if quick else 20.0
    return TimeProblem(
        "Lotka–Volterra, Dormand–Prince", "dormand_prince", slope, start, numbers, end, 0, 1e-8, 1024, 1e-12
    )


def _van_der_pol(quick: bool) -> TimeProblem:
    def slope(xp: Any) -> Callable[..., Any]:
        return lambda t, u, p: xp.stack([u[1], p[0] * (1 - p[1] * u[0] ** 2) * u[1] - p[2] * u[0]])

    start, numbers = np.array([2.0, 0.0]), np.array([100.0, 1.0, 1.0])
    end = 1.0 if quick else 60.0
    return TimeProblem("stiff van der Pol, ESDIRK", "esdirk4", slope, start, numbers, end, 0, 1e-6, 2048, 1e-12)


def _brusselator(quick: bool) -> TimeProblem:
    return _reaction(4 if quick else 16, "Brusselator, Dormand–Prince", "dormand_prince", tolerance=1e-8)


def _stiff_brusselator(quick: bool) -> TimeProblem:
    return _reaction(4 if quick else 8, "Brusselator, backward Euler", "backward_euler", steps=20 if quick else 100)


def _reaction(side: int, title: str, method: str, *, steps: int = 0, tolerance: float = 0.0) -> TimeProblem:
    """The Brusselator on a periodic square; parameters are A, the diffusion, and a field B."""

    def slope(xp: Any) -> Callable[..., Any]:
        axis = "axis" if xp.__name__.startswith("jax") else "dims"

        def spread(x: Any) -> Any:
            return sum(xp.roll(x, by, **{axis: a}) for by in (-1, 1) for a in (0, 1)) - 4.0 * x

        def f(t: Any, u: Any, p: Any) -> Any:
            x, y = u.reshape(2, side, side)
            b = p[2:].reshape(side, side)
            turned = x * x * y
            dx = p[0] + turned - (b + 1.0) * x + p[1] * side**2 * spread(x)
            dy = b * x - turned + p[1] * side**2 * spread(y)
            return xp.stack([dx, dy]).reshape(-1)

        return f

    at = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(at, at, indexing="ij")
    start = np.stack([1.0 + np.sin(2 * np.pi * x) ** 2 * y, 3.0 + np.cos(2 * np.pi * y)]).ravel()
    numbers = np.r_[1.0, 0.02, 3.4 + 0.2 * np.cos(2 * np.pi * (x + y)).ravel()]
    end = 1.0 if side == 4 else 5.0
    return TimeProblem(title, method, slope, start, numbers, end, steps, tolerance, 512)


PROBLEMS: dict[str, Callable[[bool], TimeProblem]] = {
    "n": _nerve_cell,
    "m": _nerve_cell_of_many,
    "l": _predators,
    "b": _brusselator,
    "s": _stiff_brusselator,
    "v": _van_der_pol,
}
