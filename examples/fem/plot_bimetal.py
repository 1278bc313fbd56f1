r"""
Thermal strain: a strip of two metals
=====================================

A strip of brass on steel bends when it is heated: a thermometer. With t the thickness of a layer, m and n the ratios of
thickness and modulus (brass over steel), the curvature is that of Timoshenko (1925):

.. math::

    \kappa = \frac{6 (\alpha_b - \alpha_s) \Delta T (1 + m)^2}
                  {t \left( 3 (1 + m)^2 + (1 + m n) (m^2 + 1 / (m n)) \right)}

It is largest where :math:`E_b t_b^2 = E_s t_s^2`. The derivative in the place of the interface finds that point.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import brentq

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# A strip of 20 x 2 mm, steel below, brass above; it rests on the middle of its left end.
length, total, heating = 0.02, 0.002, 100.0  # [m], [m], [K]
steel, brass = {"E": 210e9, "alpha": 12e-6}, {"E": 100e9, "alpha": 19e-6}  # [Pa], [1/K]
mesh = fem.rectangle((20, 8), size=(length, 1.0), element="quad8")
space = fem.Space(mesh, components=2)
upper = mesh.centers[:, 1] > 0.5
material = {"young": np.where(upper, brass["E"], steel["E"]), "poisson": 0.3}
free_strain = heating * np.where(upper, brass["alpha"], steel["alpha"])
root = mesh.points_on(lambda x: x[:, 0] == 0)
supports = fem.fix(space, root, 0) + fem.fix(space, root[:1], 1)


def place(part):
    """Return the points, shape (p, 2), with the interface at a part of the thickness from below."""
    x, y = mesh.points.T
    below = 2 * y * part
    above = part + (2 * y - 1) * (1 - part)
    return jnp.stack([jnp.asarray(x), total * jnp.where(y <= 0.5, below, above)], axis=1)


def displacement(part):
    """Return the displacements of the heated strip."""
    where = space.at(place(part))
    load = fem.elements.thermal_strain(where, heating, expansion=free_strain / heating, **material)
    return fem.solve(fem.elements.elasticity(where, **material), load, supports)


half = mesh.points_on(lambda x: np.isclose(x[:, 0], length / 2))


def curvature(part):
    """Return the curvature, positive downwards: the turn of the section in the middle, over its distance [1/m]."""
    u, y = displacement(part)[half, 0], place(part)[half, 1]
    y = y - y.mean()
    return (u * y).sum() / (y * y).sum() / (length / 2)


def timoshenko(part):
    """Return the curvature of the theory."""
    m, n = (1 - part) / part, brass["E"] / steel["E"]
    turn = 6 * (brass["alpha"] - steel["alpha"]) * heating * (1 + m) ** 2
    return turn / (total * (3 * (1 + m) ** 2 + (1 + m * n) * (m**2 + 1 / (m * n))))


# %%
# Curvature against theory, and the interface where its derivative vanishes.
slope = jax.jit(jax.value_and_grad(curvature))
parts = np.linspace(0.1, 0.9, 9)
found = np.array([slope(part) for part in parts])
assert np.allclose(found[:, 0], timoshenko(parts), rtol=1e-5)
best = brentq(lambda part: float(slope(part)[1]), 0.2, 0.7, xtol=1e-6)
exact = 1 / (1 + np.sqrt(steel["E"] / brass["E"]))
print(f"best part of steel {best:.4f}, by theory {exact:.4f}; radius of curvature {1 / abs(slope(best)[0]):.4f} m")
assert abs(best - exact) < 2e-3

# %%
# The stress in the strip that bends most, and the curvature with its tangents.
u = displacement(best)
where = space.at(place(best))
stress = fields.stress(where, u, free_strain=free_strain, at="centers", **material)
# sphinx_gallery_squares = {0: (13.5, 21.0, -4.5, 3.0)}
figure, axes = plt.subplots(2, 1, figsize=(8.4, 6.6), layout="constrained", height_ratios=(1, 1.3))
shown = mesh.with_points(np.asarray(1e3 * place(best)))
style = {"label": "stress along the strip", "unit": "MPa", "colormap": "RdBu_r", "length_unit": "mm", "axes": axes[0]}
along = np.asarray(stress)[:, 0, 0] / 1e6
most = abs(along).max()
output.plot(shown, along, limits=(-most, most), displacement=1e3 * u, supports=supports, **style)
axes[0].set_title(f"the best interface, heated by {heating:.0f} K")
fine = np.linspace(0.05, 0.95, 200)
axes[1].plot(fine, timoshenko(fine), color="0.6", label="Timoshenko")
axes[1].plot(parts, found[:, 0], "o", label="finite elements")
for part, (value, rate) in zip(parts, found, strict=True):
    axes[1].plot(part + np.array([-0.03, 0.03]), value + rate * np.array([-0.03, 0.03]), color="C3", lw=2, zorder=1)
axes[1].plot([], [], color="C3", lw=2, label="derivative in the place of the interface")
axes[1].axvline(best, ymin=0.3, color="k", ls=":", lw=1, label="where the derivative is zero")
axes[1].set(xlabel="steel / total thickness", ylabel="curvature [1/m]", ylim=(0, None))
axes[1].legend(frameon=False, loc="lower center")
figure.savefig("bimetal.png", dpi=150)
