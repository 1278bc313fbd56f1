"""Sizing of the trusses of the literature: their published weights, in pounds, and every limit kept.

Sources: R. T. Haftka, Z. Gürdal, "Elements of structural optimization", 1992, pages 238 and 244, for ten bars (strength
alone, and with a limit of deflection); R. Sedaghati, "Benchmark case studies in structural design optimization using
the force method", International Journal of Solids and Structures 42, 2005, doi:10.1016/j.ijsolstr.2005.03.030, for 72.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")

if TYPE_CHECKING:
    from numpy.typing import NDArray

YOUNG, DENSITY, STRENGTH, LEAST = 1e7, 0.1, 25e3, 0.1  # [psi], [lb/in^3], [psi], [in^2]


class Truss(NamedTuple):
    """A problem: lengths in inches, forces in pounds."""

    mesh: Any
    held: list[int]
    loads: NDArray[np.float64]  # (cases, p, d)
    group: NDArray[np.int64]  # of each bar
    watched: list[int]  # points that may move so far
    far: float


def ten_bars(far: float) -> Truss:
    points = np.array([[720, 360], [720, 0], [360, 360], [360, 0], [0, 360], [0, 0]], float)
    bars = [(2, 4), (0, 2), (3, 5), (1, 3), (2, 3), (0, 1), (3, 4), (2, 5), (1, 2), (0, 3)]
    loads = np.zeros((1, 6, 2))
    loads[0, [1, 3], 1] = -1e5
    return Truss(fem.Mesh(points, (fem.CellBlock("line2", bars),)), [4, 5], loads, np.arange(10), [0, 1, 2, 3], far)


def tower() -> Truss:
    """Four storeys, each of four columns, eight diagonals, four beams and two ties across, which are alike."""
    corners = np.array([[0, 0], [120, 0], [120, 120], [0, 120]], float)
    points = np.concatenate([np.column_stack([corners, np.full(4, 60.0 * level)]) for level in range(5)])
    bars, group = [], []
    for storey in range(4):
        low, up = 4 * storey + np.arange(4), 4 * storey + 4 + np.arange(4)
        for i in range(4):
            j = (i + 1) % 4
            bars += [(low[i], up[i]), (low[i], up[j]), (low[j], up[i]), (up[i], up[j])]
            group += [4 * storey + kind for kind in (0, 1, 1, 2)]
        bars += [(up[0], up[2]), (up[1], up[3])]
        group += [4 * storey + 3] * 2
    loads = np.zeros((2, 20, 3))
    loads[0, 16], loads[1, 16:, 2] = [5e3, 5e3, -5e3], -5e3
    mesh = fem.Mesh(points, (fem.CellBlock("line2", bars),))
    return Truss(mesh, [0, 1, 2, 3], loads, np.array(group), [16, 17, 18, 19], 0.25)


@pytest.mark.filterwarnings("ignore:the start violates")
@pytest.mark.parametrize(
    ("truss", "start", "upper", "published"),
    [(ten_bars(1e3), 10.0, 50.0, 1593.2), (ten_bars(2.0), 10.0, 50.0, 5060.85), (tower(), 1.0, 5.0, 379.62)],
    ids=["10 bars, strength", "10 bars, deflection too", "72 bars"],
)
def test_published_weight_is_reached_and_every_limit_is_kept(
    truss: Truss, start: float, upper: float, published: float
) -> None:
    space = fem.Space(truss.mesh, components=truss.mesh.dimension)
    supports = fem.fix(space, truss.held)

    def weight(x: Any) -> Any:
        return DENSITY * jnp.sum(truss.mesh.measures * x[truss.group])

    def use(x: Any) -> Any:
        """Stresses in bars, tension and compression, and sideways displacements, as parts of their limits, less one."""
        areas, used = x[truss.group], []
        operator = fem.elements.bar(space, young=YOUNG, area=areas)
        for load in truss.loads:
            u = fem.solve(operator, load, supports)
            stress = fem.elements.bar_forces(space, u, young=YOUNG, area=areas) / areas / STRENGTH
            used += [stress, (u[np.array(truss.watched), :2] / truss.far).reshape(-1)]
        both = jnp.concatenate(used)
        return jnp.concatenate([both, -both]) - 1

    sparsead.factor_cache.clear()
    x0 = np.full(truss.group.max() + 1, start)
    found = fem.optimize.mma(weight, x0, [use], lower=LEAST, upper=upper, change=1e-6, max_iterations=100)
    assert found.converged
    assert found.value == pytest.approx(published, rel=1e-4)
    assert found.constraints.max() < 1e-6
    assert found.history.residual[-1] < 1e-5
    # All load cases and all derivatives share one matrix.
    assert set(found.history.factorizations) == {1}
