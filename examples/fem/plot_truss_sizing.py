r"""
Sizing of a truss and of a beam
===============================

How thick should each bar be, so that a structure of given volume is as stiff as it can be? The derivative of the
compliance in each section answers; sections grow where it is steep (an optimality criterion). Both answers are known:

* in the stiffest truss every bar that is left has the same stress, and :math:`c E V = (\sum |N| L)^2`, where the sum is
  the least possible among all equilibria, a linear program;
* a cantilever of rectangular sections, with a force at its tip, is as high as the root of the distance from the tip.
"""

from itertools import combinations
from math import gcd

import jax
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linprog

import fem

jax.config.update("jax_enable_x64", True)

# %%
# The truss: all bars between the points of a grid, held at the left, pulled down in the middle of the right.
young, force, volume = 210e9, 50e3, 0.02  # [Pa], [N], [m^3]
grid = np.array([(i, j) for i in range(5) for j in range(3)])
steps = [(a, b) for a, b in combinations(range(len(grid)), 2) if gcd(*abs(grid[b] - grid[a])) == 1]
bars = np.array([(a, b) for a, b in steps if grid[a, 0] + grid[b, 0] > 0])
truss = fem.Mesh(0.5 * grid, (fem.CellBlock("line2", bars),))
space = fem.Space(truss, components=2)
supports = fem.fix(space, truss.points_on(lambda x: x[:, 0] == 0))
tip = int(truss.points_on(lambda x: (x[:, 0] == 2.0) & (x[:, 1] == 0.5))[0])
load = np.zeros(space.shape)
load[tip, 1] = -force
ends = truss.points[bars]
lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)


def optimal(compliance, size, cost, floor, iterations, power):
    """Return sizes of given cost that make the compliance small, and the compliances on the way."""
    step, history = jax.jit(jax.value_and_grad(compliance)), []
    budget = cost @ size
    for _ in range(iterations):
        value, slope = step(size)
        history.append(float(value))
        size = size * (-np.asarray(slope) / cost) ** power
        size = np.maximum(size * budget / (cost @ size), floor)
    return size * budget / (cost @ size), history


def of_truss(areas):
    """Return the compliance of the truss [J]."""
    return (fem.solve(fem.elements.bar(space, young=young, area=areas), load, supports) * load).sum()


equal = np.full(len(bars), volume / lengths.sum())
areas, history = optimal(of_truss, equal, lengths, 1e-7 * equal, 150, 0.5)
u = fem.solve(fem.elements.bar(space, young=young, area=areas), load, supports)
forces = np.asarray(fem.elements.bar_forces(space, u, young=young, area=areas))

# %%
# The linear program: forces N in all bars that balance the load at free points, with the least sum of :math:`L |N|`.
tangents = (ends[:, 1] - ends[:, 0]) / lengths[:, None]
balance = np.zeros((*space.shape, len(bars)))
for bar, (a, b) in enumerate(bars):
    balance[a, :, bar], balance[b, :, bar] = -tangents[bar], tangents[bar]
free = truss.points[:, 0] > 0
rows = balance[free].reshape(-1, len(bars))
least = linprog(np.tile(lengths, 2), A_eq=np.hstack([rows, -rows]), b_eq=load[free].reshape(-1)).fun
print(f"truss of {len(bars)} bars: {history[0]:.2f} J -> {history[-1]:.2f} J; bound {least**2 / young / volume:.2f} J")
assert np.isclose(history[-1], least**2 / (young * volume), rtol=0.01)
stress = abs(forces / areas)
kept = areas > 1e-2 * areas.max()
assert np.ptp(stress[kept]) < 0.05 * stress.max()

# %%
# The beam, 2 m long and 0.05 m wide, in 40 pieces of constant height.
width, count = 0.05, 40
along = np.linspace(0, 2, count + 1)
line = np.stack([np.arange(count), np.arange(count) + 1], axis=1)
beam = fem.Mesh(np.stack([along, 0 * along], axis=1), (fem.CellBlock("line2", line),))
frame = fem.Space(beam, components=3)
end_load = np.zeros(frame.shape)
end_load[-1, 1] = -force


def of_beam(heights):
    """Return the compliance of the beam [J]."""
    section = {"area": width * heights, "inertia": width * heights**3 / 12}
    stiffness = fem.elements.euler_bernoulli(frame, young=young, **section)
    return (fem.solve(stiffness, end_load, fem.fix(frame, [0])) * end_load).sum()


heights, of_iterations = optimal(of_beam, np.full(count, 0.2), np.full(count, 2 / count), 1e-3, 30, 0.25)
middle = (along[:-1] + along[1:]) / 2
root = np.sqrt(2 - middle) * 0.2 / np.mean(np.sqrt(2 - middle))
print(f"beam: {of_iterations[0]:.2f} J -> {of_iterations[-1]:.2f} J")
assert np.allclose(heights[:-2], root[:-2], rtol=0.01)

# %%
# The truss, lines as wide as bars; the beam and its parabola.
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.2), layout="constrained")
shown = plt.matplotlib.collections.LineCollection(
    ends[kept], array=forces[kept] / areas[kept] / 1e6, linewidths=9 * np.sqrt(areas[kept] / areas.max()), cmap="RdBu_r"
)
axes[0].plot(*truss.points.T, ".", color="0.7", zorder=0)
figure.colorbar(axes[0].add_collection(shown), ax=axes[0], label="stress [MPa]", shrink=0.8)
axes[0].plot(*truss.points[~free].T, ">", color="k", ms=9)
axes[0].annotate("50 kN", (2, 0.5), (2, 0.1), ha="center", arrowprops={"arrowstyle": "<-", "color": "C1", "lw": 3})
axes[0].set(aspect="equal", xlabel="x [m]", ylabel="y [m]", title=f"stiffest truss of 20 dm³: {history[-1]:.1f} J")
axes[1].fill_between(middle, -heights / 2, heights / 2, step="mid", color="#c9d6e3", ec="k", lw=0.5)
for sign in (-0.5, 0.5):
    label = "root of the distance from the tip" if sign > 0 else None
    axes[1].plot(middle, sign * root, color="C3", label=label)
axes[1].set(
    xlabel="x [m]", ylabel="y [m]", ylim=(-0.3, 0.3), title=f"stiffest beam of 20 dm³: {of_iterations[-1]:.1f} J"
)
axes[1].annotate("50 kN", (2, 0), (2, -0.14), ha="center", arrowprops={"arrowstyle": "<-", "color": "C1", "lw": 3})
axes[1].plot([0, 0], [-0.18, 0.18], color="k", lw=3)
axes[1].legend(frameon=False)
figure.savefig("truss_sizing.png", dpi=150)
