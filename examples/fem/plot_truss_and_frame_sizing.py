r"""
Sizing of a truss and of a frame
================================

How thick should each bar be, so that a structure of given volume is as stiff as it can be? The derivative of the
compliance in each section answers; sections grow where it is steep (an optimality criterion). Statics checks both:

* in the stiffest truss every bar that is left has the same stress, and :math:`c E V = (\sum |N| L)^2`, where the sum is
  the least possible among all equilibria, a linear program;
* in the stiffest frame of rectangular sections, of height h, :math:`N^2 / h^2 + 36 M^2 / h^4` is everywhere the same:
  where bending rules, the height follows the root of the moment.
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
# The frame, 4 m by 3 m and 0.05 m thick, in 90 pieces of constant height; pushed at its corner, loaded in the middle.
width, corners = 0.05, np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 3.0], [4.0, 0.0]])
along = np.linspace(0, 3, 91)
axis = np.stack([np.interp(along, range(4), corners[:, k]) for k in range(2)], axis=1)
line = np.stack([np.arange(90), np.arange(90) + 1], axis=1)
frame = fem.Space(fem.Mesh(axis, (fem.CellBlock("line2", line),)), components=3)
clamps, pushed = fem.fix(frame, [0, 90]), np.zeros(frame.shape)
pushed[30, 0], pushed[45, 1] = 0.4 * force, -force
pieces = np.linalg.norm(np.diff(axis, axis=0), axis=1)


def bent(heights):
    """Return the operator of the frame, and its displacements."""
    section = {"area": width * heights, "inertia": width * heights**3 / 12}
    operator = fem.elements.euler_bernoulli(frame, young=young, **section)
    return operator, fem.solve(operator, pushed, clamps)


heights, of_iterations = optimal(lambda h: (bent(h)[1] * pushed).sum(), np.full(90, 0.2), pieces, 1e-3, 60, 0.25)
inner = np.asarray(fem.elements.beam_forces(*bent(heights)))
normal, (start, end) = inner[:, 0, 0], inner[..., 2].T
measure = (normal / heights) ** 2 + 12 * (start**2 + start * end + end**2) / heights**4  # M is linear along a piece
print(f"frame: {of_iterations[0]:.2f} J -> {of_iterations[-1]:.2f} J")
assert of_iterations[-1] < 0.8 * of_iterations[0]
assert np.ptp(measure) < 0.02 * measure.mean()

# %%
# The truss, lines as wide as bars; the frame, as high as it is, and its moments: the left column is but a strut.
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.2), layout="constrained")
shown = plt.matplotlib.collections.LineCollection(
    ends[kept], array=forces[kept] / areas[kept] / 1e6, linewidths=9 * np.sqrt(areas[kept] / areas.max()), cmap="RdBu_r"
)
axes[0].plot(*truss.points.T, ".", color="0.7", zorder=0)
figure.colorbar(axes[0].add_collection(shown), ax=axes[0], label="stress [MPa]", shrink=0.8)
axes[0].plot(*truss.points[~free].T, ">", color="k", ms=9)
axes[0].annotate("50 kN", (2, 0.5), (2, 0.1), ha="center", arrowprops={"arrowstyle": "<-", "color": "C1", "lw": 3})
axes[0].set(aspect="equal", xlabel="x [m]", ylabel="y [m]", title=f"stiffest truss of 20 dm³: {history[-1]:.1f} J")
across = np.diff(axis, axis=0)[:, ::-1] / pieces[:, None] * [-1, 1]
for (a, b), side, height in zip(axis[line], across, heights, strict=True):
    axes[1].fill(*np.array([a, b, b, a]).T + np.outer(side, [1, 1, -1, -1]) * height / 2, color="#8fa9c4", lw=1)
moment = axis[line] - across[:, None] * inner[..., 2, None] / 1e5
axes[1].plot(*moment.reshape(-1, 2).T, color="C3", lw=1, label="bending moment, on the side in tension")
style = {"ha": "center", "va": "center", "arrowprops": {"arrowstyle": "->", "color": "C1", "lw": 3}}
for place, away, name in ((30, (-1.3, 0.0), "20 kN"), (45, (0.0, 1.0), "50 kN")):
    axes[1].annotate(name, axis[place], axis[place] + away, **style)
axes[1].plot(*axis[[0, 90]].T, "ks", ms=9)
axes[1].set(aspect="equal", xlabel="x [m]", ylabel="y [m]", xlim=(-1.9, 5.2), ylim=(-0.9, 4.3))
axes[1].set_title(f"stiffest frame of 100 dm³: {of_iterations[-1]:.0f} J")
axes[1].legend(frameon=False, loc="lower center")
figure.savefig("truss_and_frame_sizing.png", dpi=150)
