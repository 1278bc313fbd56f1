r"""
A periodic cell: homogenized stiffness
======================================

How stiff is a material with a periodic structure? Opposite sides of one cell move alike but for a mean strain; the mean
stress of three such states is the stiffness of the whole, :math:`\bar\sigma = \bar C \bar\varepsilon`. For layers it is
known in closed form. The moduli of a cell of the mesh enter it linearly, in energy:

.. math::

    \bar C_{ij} = \frac{1}{V} \int \varepsilon_i : C : \varepsilon_j \, \mathrm{d}V, \qquad
    \sum_e E_e \frac{\partial \bar C}{\partial E_e} = \bar C
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# A square cell of unit side in plane strain; one corner is held.
poisson = 0.3
mesh = fem.rectangle((24, 24))
space = fem.Space(mesh, components=2)
held = fem.fix(space, mesh.points_on(lambda x: (x == 0).all(axis=1)))
strains = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.5], [0.5, 0.0]]])  # xx, yy, shear


def state(young, strain):
    """Return the displacement under a mean strain, shape (p, 2)."""
    body = fem.elements.elasticity(space, young=young, poisson=poisson, plane="strain")
    return fem.solve(body, np.zeros(space.shape), held + fem.periodic(space, gradient=strain))


def homogenized(young):
    """Return the stiffness in the notation of Voigt, shape (3, 3)."""
    body = fem.elements.elasticity(space, young=young, poisson=poisson, plane="strain")
    u = jnp.stack([state(young, strain) for strain in strains])
    return jnp.einsum("kpi,lpi->kl", u, jnp.stack([body @ one for one in u]))


def isotropic(young):
    """Return the stiffness of the material itself."""
    lam, mu = young * poisson / ((1 + poisson) * (1 - 2 * poisson)), young / (2 * (1 + poisson))
    return np.array([[lam + 2 * mu, lam, 0], [lam, lam + 2 * mu, 0], [0, 0, mu]])


# %%
# Layers of two materials, exact: stresses across them are those of springs in series.
soft, hard = 1.0, 10.0
layers = np.where(mesh.centers[:, 0] < 0.5, soft, hard)
stiffness = jax.jit(homogenized)
found = stiffness(layers)
one, two = isotropic(soft), isotropic(hard)
across = 2 / (1 / one[0, 0] + 1 / two[0, 0])
coupling = across * (one[0, 1] / one[0, 0] + two[0, 1] / two[0, 0]) / 2
shear = 2 / (1 / one[2, 2] + 1 / two[2, 2])
along = np.mean([c[1, 1] - c[0, 1] ** 2 / c[0, 0] for c in (one, two)]) + coupling**2 / across
exact = np.array([[across, coupling, 0], [coupling, along, 0], [0, 0, shear]])
print("layers:", np.round(found, 6).tolist())
assert np.allclose(found, exact, rtol=1e-9, atol=1e-9)

# %%
# Hard inclusions in a soft matrix, in a diagonal arrangement: between the bounds of Reuss and Voigt.
centers = np.array([[0.3, 0.3], [0.7, 0.7]])
inside = (np.linalg.norm(mesh.centers[:, None] - centers, axis=2) < 0.22).any(axis=1)
young = np.where(inside, hard, soft)
cell = np.asarray(stiffness(young))
share = inside.mean()
voigt = isotropic(share * hard + (1 - share) * soft)
reuss = isotropic(1 / (share / hard + (1 - share) / soft))
print("inclusions:", np.round(cell, 4).tolist())
assert np.allclose(cell, cell.T, atol=1e-10)
assert np.all(np.linalg.eigvalsh(voigt - cell) > 0)
assert np.all(np.linalg.eigvalsh(cell - reuss) > 0)

# %%
# The derivative in all moduli, forwards for the identity, backwards for the picture.
assert np.allclose(jax.jvp(stiffness, (young,), (young,))[1], cell, rtol=1e-9, atol=1e-9)
slope = np.asarray(jax.jit(jax.grad(lambda young: homogenized(young)[2, 2]))(young))
assert np.isclose(slope @ young, cell[2, 2], rtol=1e-9)

# %%
# The sheared cell; what each cell adds to the shear stiffness; the stiffness in all directions.
figure, axes = plt.subplots(1, 3, figsize=(14.5, 4.6), layout="constrained")
axes[2].remove()
polar = figure.add_subplot(1, 3, 3, projection="polar")
u = np.asarray(state(young, strains[2] / 5))
stress = fields.stress(space, u, young=young, poisson=poisson, plane="strain")
style = {"length_unit": "side", "axes": axes[0], "colormap": "magma"}
output.plot(
    mesh, np.asarray(stress)[:, 0, 1] * 5, displacement=u, scale=1.0, label="shear stress / shear strain", **style
)
axes[0].set_title("mean shear of 0.2")
style = {"length_unit": "side", "axes": axes[1], "edges": False}
output.plot(mesh, slope * young / cell[2, 2] * mesh.cell_count, label="relative to the mean", **style)
axes[1].set_title("what cells add to the shear stiffness")
angle = np.linspace(0, 2 * np.pi, 361)
direction = np.stack([np.cos(angle) ** 2, np.sin(angle) ** 2, np.sin(angle) * np.cos(angle)])
for c, name, color in ((voigt, "Voigt", "C0"), (cell, "this cell", "C3"), (reuss, "Reuss", "C2")):
    polar.plot(angle, 1 / np.einsum("ia,ij,ja->a", direction, np.linalg.inv(c), direction), color=color, label=name)
polar.set_rmax(1.15 * polar.get_rmax())
polar.set_title("modulus in tension, by direction")
polar.set_rlabel_position(67)
polar.legend(loc="lower right", bbox_to_anchor=(1.25, -0.1), frameon=False)
figure.savefig("unit_cell.png", dpi=150)
