r"""
Michell's truss, and its volume of 1904
=======================================

A load 2 P half-way between two pins, 2 L apart, bars of strength :math:`\sigma`: no truss above the pins is lighter
than :math:`V = 2 (1 + \pi/2) P L / \sigma`. Bars at 45° carry :math:`\sqrt 2 P` to an arc of radius
:math:`L / \sqrt 2` about the load, which spokes hold: each half has P L in its bar, :math:`\pi/4` of that in its arc
and in its spokes. And displacements exist that vanish at the pins, strain nothing by more than one and move the load
by :math:`(1 + \pi/2) L`: whatever forces q balance it, :math:`\sigma V \geq \sum |q_i| l_i` is at least its work.

The stiffest truss of a volume is the lightest, :math:`\sigma V = \sqrt{c E V}` with its compliance c. So optimality
criteria find the areas of all bars between the points of a grid; the finer it is, the nearer they come to A. G. M.
Michell, "The limits of economy of material in frame-structures", 1904, doi:10.1080/14786440409463229.
"""

import jax
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linprog

import fem

jax.config.update("jax_enable_x64", True)

michell = 1 + np.pi / 2  # of the right half, in P L / sigma


def displacements(points):
    """Return those of Michell, by L, about the load at (0, 0): principal strains are 1 and -1."""
    (x, y), turned = points.T, np.arctan2(*points.T)  # from the vertical
    fan, outside = (x - 2 * turned * y, y + 2 * turned * x), ((1 - np.pi / 2) * y, (1 + np.pi / 2) * x)
    return np.where(turned <= np.pi / 4, fan, outside).T


assert np.allclose(displacements(np.array([[0.0, 0.0], [1.0, 0.0]])), [[0, 0], [0, michell]])  # the load, a pin


# %%
# Half of the truss, on a grid of n cells along L, in units of P, L, E and sigma: all bars but those that are made of
# others. Points of the axis of symmetry move along it.
def designed(n):
    """Return the truss of a grid, its areas and forces, its volume, and the least by a linear program."""
    grid = np.stack(np.meshgrid(np.arange(n + 1), np.arange(3 * n // 4 + 1), indexing="ij"), -1).reshape(-1, 2)
    bars = np.stack(np.triu_indices(len(grid), 1), -1)
    bars = bars[np.gcd(*abs(grid[bars[:, 1]] - grid[bars[:, 0]]).T) == 1]
    truss = fem.Mesh(grid / n, (fem.CellBlock("line2", bars),))
    space, lengths = fem.Space(truss, components=2), truss.measures
    axis, pin = truss.points[:, 0] == 0, (truss.points == (1, 0)).all(axis=1)
    supports = [fem.fix(space, np.flatnonzero(axis), components=(0,)), fem.fix(space, np.flatnonzero(pin))]
    load = np.zeros(space.shape)
    load[0, 1] = -1.0
    fixed, size = np.stack([axis | pin, pin], axis=-1), lengths.sum()

    def solution(areas):
        return fem.solve(fem.elements.bar(space, young=1.0, area=areas), load, supports)

    problem = lambda x: (load * solution(x)).sum(), np.ones(len(bars)), lambda x: (lengths * x).sum() / size - 1
    steps = {"move": np.inf, "damping": 0.8, "rtol": 1e-6, "change": 0.0, "max_iterations": 200}
    found = fem.optimize.oc(*problem, lower=1e-6, upper=np.inf, **steps)
    forces = np.asarray(fem.elements.bar_forces(space, solution(found.x), young=1.0, area=found.x))

    # Michell's displacements strain no bar by more than one, so that no truss on this grid is lighter than his.
    along = np.diff(truss.points[bars], axis=1)[:, 0] / lengths[:, None]
    stretched = np.diff(displacements(truss.points)[bars], axis=1)[:, 0]
    assert (abs((stretched * along).sum(axis=1)) <= (1 + 1e-12) * lengths).all()

    pull = np.zeros((*space.shape, len(bars)))  # of each bar on its ends
    for bar, (a, b) in enumerate(bars):
        pull[a, :, bar], pull[b, :, bar] = along[bar], -along[bar]
    balance = np.hstack([pull[~fixed], -pull[~fixed]])
    least = linprog(np.tile(lengths, 2), A_eq=balance, b_eq=-load[~fixed]).fun
    return truss.points[bars], found.x, forces, np.sqrt(found.value * size), least


# %%
# From above, nearer with each grid, and within half a percent of the least that the grid allows.
cells = (4, 8, 16)
trusses = [designed(n) for n in cells]
volumes, least = (np.array([truss[i] for truss in trusses]) for i in (3, 4))
for n, volume in zip(cells, volumes, strict=True):
    print(f"{n:2} cells: {volume:.4f} P L / sigma, Michell {michell:.4f}, {100 * (volume / michell - 1):.2f} % more")
assert ((michell < least) & (least < volumes) & (volumes < 1.005 * least)).all()
assert volumes[2] < volumes[1] < volumes[0] and volumes[2] < 1.01 * michell

# %%
# sphinx_gallery_squares = {2: (-0.72, 0.72, -0.4, 1.04)}
figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained", sharey=True)
for ax, n, (ends, areas, forces, volume, _) in zip(axes, cells, trusses, strict=True):
    kept = areas > 1e-3 * areas.max()
    style = {"linewidths": 5 * np.sqrt(areas / areas.max())[kept], "colors": np.where(forces > 0, "C0", "C3")[kept]}
    for sign in (1, -1):
        ax.add_collection(plt.matplotlib.collections.LineCollection(ends[kept] * [sign, 1], **style))
    arc = np.linspace(np.pi, 3 * np.pi, 21) / 4
    ax.plot([1, *np.cos(arc) / 2**0.5, -1], [0, *np.sin(arc) / 2**0.5, 0], "k--", lw=0.8)
    ax.plot([-1, 1], [0, 0], "^", color="0.4", clip_on=False)
    ax.annotate("2 P", (0.05, -0.25))
    ax.annotate("", (0, -0.3), (0, 0), arrowprops={"color": "C2", "width": 2, "headlength": 8})
    title = f"{n} cells: {100 * (volume / michell - 1):.1f} % more than Michell (dashed)"
    ax.set(aspect="equal", xlim=(-1.05, 1.05), ylim=(-0.32, 0.8), xlabel="x / L", title=title)
figure.savefig("michell_truss.png", dpi=150)
