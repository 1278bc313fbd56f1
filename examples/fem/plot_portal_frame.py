r"""
A portal frame from a catalogue
===============================

Two columns and a beam of rolled steel carry a roof, two machines on the columns, and the wind. Which sections of the
catalogue are enough? First areas are variables, and all else of a section follows from its area, by a power law through
the catalogue. Then the sections around those are tried, with their own numbers, and the lightest that hold are bought.

Three kinds of limits: the stress at the edges of all sections, the buckling of columns about their weak axis, and how
far the frame sways.
"""

from itertools import product

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem

jax.config.update("jax_enable_x64", True)

# %%
# The sections IPE 200 to 600: area [cm²], second moments about strong and weak axis [cm⁴], section modulus [cm³].
names = (200, 220, 240, 270, 300, 330, 360, 400, 450, 500, 550, 600)
catalogue = {
    "area": 1e-4 * np.array([28.5, 33.4, 39.1, 45.9, 53.8, 62.6, 72.7, 84.5, 98.8, 116, 134, 156]),
    "inertia": 1e-8 * np.array([1943, 2772, 3892, 5790, 8356, 11770, 16270, 23130, 33740, 48200, 67120, 92080]),
    "weak": 1e-8 * np.array([142, 205, 284, 420, 604, 788, 1043, 1318, 1676, 2142, 2668, 3387]),
    "modulus": 1e-6 * np.array([194, 252, 324, 429, 557, 713, 904, 1156, 1500, 1928, 2441, 3069]),
}
laws = {name: np.polyfit(np.log(catalogue["area"]), np.log(values), 1) for name, values in catalogue.items()}

# %%
# The frame, 12 m wide and 5 m high, its feet clamped; three sizes: columns, the outer quarters of the beam, its middle.
width, height, young, density = 12.0, 5.0, 210e9, 7850.0  # [m], [m], [Pa], [kg/m^3]
strength, sway, safety = 160e6, height / 600, 3.0  # [Pa], [m], 1
roof, machine, wind = 10e3, 600e3, 60e3  # [N/m], [N], [N]
along = np.concatenate([np.linspace(0, 1, 5), 1 + np.linspace(0, 1, 13)[1:], 2 + np.linspace(0, 1, 5)[1:]])
corners = np.array([[0.0, 0.0], [0.0, height], [width, height], [width, 0.0]])
points = np.stack([np.interp(along, range(4), axis) for axis in corners.T], axis=1)
cells = np.stack([np.arange(20), np.arange(1, 21)], axis=1)
mesh = fem.Mesh(points, (fem.CellBlock("line2", cells),))
space = fem.Space(mesh, components=3)
feet = fem.fix(space, [0, 20])
group = np.repeat([0, 1, 2, 1, 0], [4, 3, 6, 3, 4])
beam = np.where((group > 0)[:, None], (0.0, -roof), 0.0)
loads = np.stack([fem.elements.line_load(space, beam)] * 2)
loads[:, [4, 16], 1] -= machine
loads[1, 4, 0] += wind  # from the left; from the right it is the mirror image


def state(sections):
    """Displacements, and forces in the sections, under both loads."""
    own = {name: values[group] for name, values in sections.items()}
    frame = fem.elements.euler_bernoulli(space, young=young, area=own["area"], inertia=own["inertia"])
    u = fem.solve(frame, loads, feet)
    return own, u, fem.elements.beam_forces(frame, u, line_force=beam)


def limits(sections):
    """Stress, buckling and sway, as parts of what is allowed, less one."""
    own, u, forces = state(sections)
    stress = fem.responses.fibre_stress(forces, area=own["area"], section_modulus=own["modulus"]) / strength
    share = fem.responses.buckling(forces[..., 0, 0], young=young, inertia=own["weak"], length=height)
    return jnp.concatenate([stress.ravel() ** 2, safety * share[:, group == 0].ravel(), u[1:, 4, 0] / sway]) - 1


# %%
# The lightest frame of such sections: three variables, SLSQP. All three kinds of limits shape it.
kilograms = density * np.bincount(group, mesh.measures)  # of an area of 1 m^2 in each group
by_laws = [lambda a: limits({name: jnp.exp(c) * a**b for name, (b, c) in laws.items()})]
bounds = {"lower": catalogue["area"][0], "upper": catalogue["area"][-1]}
found = fem.optimize.scipy(lambda a: kilograms @ a, np.full(3, 1.5e-2), by_laws, method="SLSQP", **bounds)
used = [part.max() + 1 for part in np.split(found.constraints, [2 * 20 * 4, -1])]
print(f"{found.value:.0f} kg; of stress (squared), buckling and sway it uses", np.round(used, 6))
assert np.allclose(used, 1.0, atol=1e-5)

# %%
# Sections that can be bought, up to two sizes smaller or larger, for each of the three: all are tried.
hold = jax.jit(limits)
around = [range(max(i - 2, 0), min(i + 3, len(names))) for i in np.searchsorted(catalogue["area"], found.x)]
tried = [({name: values[list(i)] for name, values in catalogue.items()}, i) for i in product(*around)]
weight, chosen, bought = min((kilograms @ s["area"], i, s) for s, i in tried if hold(s).max() <= 0)
assert found.value < weight < 1.1 * found.value  # what it costs that there are twelve sizes and no others

# %%
# Statics, which knows nothing of stiffness: corner and middle of the beam share the moment of a beam on two supports.
own, u, forces = state(bought)
moment = np.asarray(forces[..., 2])
assert np.isclose(moment[0, 9, 1] - (moment[0, 4, 0] + moment[0, 15, 1]) / 2, roof * width**2 / 8, rtol=1e-9)

# %%
# What the worse of both loads uses of the strength, and how the frame moves and is bent in wind.
stress = fem.responses.fibre_stress(forces, area=own["area"], section_modulus=own["modulus"])
used = np.abs(stress).max((0, 2, 3)) / strength
depth = np.array([names[i] for i in chosen])[group] / 25
side = np.diff(points, axis=0)[:, ::-1] * [-1, 1] / mesh.measures[:, None]
ends = points[cells] - side[:, None] * moment[1, :, :, None] / 2e5
figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
bars = plt.matplotlib.collections.LineCollection(points[cells], array=used, linewidths=depth, clim=(0, 1))
figure.colorbar(ax.add_collection(bars), label="used of the strength", shrink=0.8)
ax.plot(*(points + 100 * np.asarray(u)[1, :, :2]).T, "k--", lw=1, label="in wind, × 100")
ax.plot(*ends.reshape(-1, 2).T, color="C3", lw=1, label="moment in wind, on the side in tension")
arrow = {"ha": "center", "va": "center", "arrowprops": {"arrowstyle": "->", "color": "C1", "lw": 3}}
for name, x, away in (("60 kN", 0.0, (-2, 0)), ("600 kN", 0.0, (0, 1.6)), ("600 kN", width, (0, 1.6))):
    ax.annotate(name, (x, height), (x + away[0], height + away[1]), **arrow)
ax.plot([0, width], [0, 0], "ks", ms=10)
ax.set(aspect="equal", xlim=(-3.0, 14.4), ylim=(-0.4, 7.2), xlabel="x [m]", ylabel="y [m]")
ax.set_title(f"IPE {names[chosen[0]]}, {names[chosen[1]]} and {names[chosen[2]]}: {weight:.0f} kg")
ax.legend(frameon=False, loc="lower center")
figure.savefig("portal_frame.png", dpi=150)
