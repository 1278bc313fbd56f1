r"""
A cantilever against beam theory
================================

How far does the tip of a cantilever sink, and when does shear matter? A plane model is compared with the theory of
Timoshenko, for beams from stubby to slender; so is its derivative with respect to the length, which here is a change of
all coordinates of the mesh.

.. math::

    w = \frac{P L^3}{3 E I} + \frac{6 P L}{5 G A}, \qquad
    \frac{\mathrm{d} w}{\mathrm{d} L} = \frac{P L^2}{E I} + \frac{6 P}{5 G A}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# A steel beam, 0.1 m high and 0.05 m wide. One mesh does for all lengths: its points are moved.
height, width, force = 0.1, 0.05, 1e4  # [m], [m], [N]
material = {"young": 210e9, "poisson": 0.3}  # [Pa], 1
mesh = fem.rectangle((16, 4), size=(1.0, height), origin=(0.0, -height / 2), element="quad8")
space = fem.Space(mesh, components=2)
axis = mesh.points_on(lambda x: x[:, 1] == 0)

# %%
# The shear at both ends is the parabola of beam theory. The root may contract across, and rests on its middle.
root = mesh.points_on(lambda x: x[:, 0] == 0)
supports = fem.fix(space, root, 0) + fem.fix(space, np.intersect1d(root, axis), 1)


def parabola(x):
    """Return a traction along y with the resultant of the force, in [N/m]."""
    return 1.5 * force / height * (1 - (2 * x[:, 1:] / height) ** 2) * jnp.array([0.0, 1.0])


left, right = (mesh.facets_on(lambda x, end=end: x[:, 0] == end) for end in (0, 1))
load = fem.traction(space, left, parabola) - fem.traction(space, right, parabola)
assert np.isclose(load[load[:, 1] < 0, 1].sum(), -force)


def displacement(length):
    """Return the displacement of a beam of some length, shape (p, 2)."""
    where = space.at(mesh.points * jnp.array([1.0, 0.0]) * length + mesh.points * jnp.array([0.0, 1.0]))
    return fem.solve(fem.elements.elasticity(where, thickness=width, **material), load, supports)


def tip(length):
    """Return the deflection: the work of the load over the force."""
    return (displacement(length) * load).sum() / force


# %%
# Lengths from one to twenty heights, with one compiled program.
lengths = height * np.geomspace(1, 20, 12)
value_and_slope = jax.jit(jax.value_and_grad(tip))
found = np.array([value_and_slope(length) for length in lengths])
bending = material["young"] * width * height**3 / 12
shear = material["young"] / (2 * (1 + material["poisson"])) * width * height * 5 / 6
theory = force * np.stack([lengths**3 / (3 * bending) + lengths / shear, lengths**2 / bending + 1 / shear], axis=1)
error = found / theory - 1
for length, row in zip(lengths[::3], error[::3], strict=True):
    print(f"L = {length / height:4.1f} h: deflection {row[0]:+.3%}, its derivative {row[1]:+.3%} off beam theory")
assert np.all(np.abs(error) < [0.006, 2e-4])

# %%
# Bending stress of the beam of ten heights; deflection and derivative relative to bending alone.
long = 10 * height
u = displacement(long)
where = space.at(mesh.points * [long, 1.0])
stress = np.asarray(fields.stress(where, u, at="points", **material))[:, 0, 0] / 1e6
assert np.isclose(stress.max(), force * long * 6 / (width * height**2) / 1e6, rtol=0.02)

# sphinx_gallery_squares = {0: (0.7, 1.06, -0.23, 0.13)}
figure, axes = plt.subplots(2, 1, figsize=(8, 6.6), layout="constrained", height_ratios=(1, 1.3))
style = {
    "label": "bending stress",
    "unit": "MPa",
    "colormap": "RdBu_r",
    "supports": supports,
    "loads": np.minimum(load, 0.0),
}
output.plot(mesh.with_points(mesh.points * [long, 1.0]), stress, displacement=u, axes=axes[0], **style)
axes[0].set_title(f"{force / 1e3:.0f} kN at the tip of a beam of 1 m: deflection {1e3 * tip(long):.3f} mm")
only_bending = force * np.stack([lengths**3 / (3 * bending), lengths**2 / bending], axis=1)
fine = np.linspace(1, 20, 400)
shares = 3 * bending / shear / (height * fine) ** 2, bending / shear / (height * fine) ** 2
for column, name, color in ((0, "deflection $w$", "C0"), (1, r"derivative $\mathrm{d}w/\mathrm{d}L$", "C3")):
    axes[1].semilogx(fine, 1 + shares[column], color=color, label=f"{name}, theory")
    ratio = (found / only_bending)[:, column]
    axes[1].semilogx(lengths / height, ratio, "o", color=color, label=f"{name}, finite elements")
axes[1].set(xlabel="length / height", ylabel="relative to bending without shear")
axes[1].set_xticks([1, 2, 5, 10, 20], labels=["1", "2", "5", "10", "20"])
axes[1].minorticks_off()
axes[1].legend(frameon=False)
figure.savefig("cantilever.png", dpi=150)
