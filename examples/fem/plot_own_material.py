r"""
A material of one's own
=======================

A rubber foam, written as its energy in four lines of ``jax.numpy``: the law of Blatz and Ko. Forces and tangent are its
derivatives; Newton's method finds the equilibrium, and the solution differentiates with the last factorization.

.. math::

    \psi(F) = \tfrac{\mu}{2} \left( \mathrm{tr}(F^T F)^{-1} + 2 \det F - 4 \right) \quad \text{(plane strain)}

Under tension in one direction it contracts by :math:`\lambda_2 = \lambda^{-1/3}` and resists with
:math:`P = \mu (\lambda^{-1/3} - \lambda^{-3})`.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import output

jax.config.update("jax_enable_x64", True)


def blatz_ko(value, gradient, mu):
    """Return the energy per volume at a point, in Pa, from the gradient of the displacement, shape (2, 2)."""
    f = gradient + jnp.eye(2)
    det = f[0, 0] * f[1, 1] - f[0, 1] * f[1, 0]
    return mu / 2 * ((f**2).sum() / det**2 + 2 * det - 4)


# %%
# A strip of foam, pulled to one and a half times its length, free to contract: against the closed form.
shear = 0.22e6  # [Pa]


def tension(mesh, length, stretch, grip, mu):
    """Return the force per thickness [N/m] that stretches a symmetric part of a body, and the displacement."""
    space = fem.Space(mesh, components=2)
    pulled = mesh.points_on(lambda x: np.isclose(x[:, 0], length))
    supports = fem.fix(space, mesh.points_on(lambda x: np.isclose(x[:, 0], 0)), 0)
    supports += fem.fix(space, mesh.points_on(lambda x: np.isclose(x[:, 1], 0)), 1)
    supports += fem.prescribed(space, pulled, length * (stretch - 1), 0)
    if grip:
        supports += fem.fix(space, pulled, 1)
    foam = fem.elements.energy(space, blatz_ko, mu=mu)
    u = fem.solve_nonlinear(foam, jnp.zeros(space.shape), supports, steps=4)
    return foam.forces(u)[pulled, 0].sum(), u


strip = fem.rectangle((6, 3), size=(0.1, 0.04), element="quad8")
force, u = tension(strip, 0.1, 1.5, False, shear)
exact = 0.04 * shear * (1.5 ** (-1 / 3) - 1.5**-3)
print(f"strip: force {force:.4f} N/m, closed form {exact:.4f} N/m")
assert np.isclose(force, exact, rtol=1e-9)
assert np.isclose(1 + u[:, 1].min() / 0.04, 1.5 ** (-1 / 3), rtol=1e-9)

# %%
# A square sheet with a hole, 0.1 m wide, between two grips: a quarter of it, rays from the hole to the edges.
grid = fem.rectangle((10, 16), element="quad8")
across, angle = grid.points[:, 0], grid.points[:, 1] * np.pi / 2
with np.errstate(divide="ignore"):
    edge = 0.05 * np.minimum(1.0, np.stack([1 / np.tan(angle), np.tan(angle)]))
hole = 0.02 * np.stack([np.cos(angle), np.sin(angle)])
sheet = grid.with_points(((1 - across) * hole + across * edge).T).check()
mu = jnp.full(sheet.cell_count, shear)
(pull, u), slope = jax.value_and_grad(lambda mu: tension(sheet, 0.05, 1.3, True, mu), has_aux=True)(mu)

# %%
# The law is linear in the modulus, so that the force is homogeneous of degree one in the moduli of all cells: each
# cell has a share of it, and the shares add up.
share = np.asarray(slope * mu / pull)
print(f"sheet: force {2 * pull:.2f} N/m at 30 % stretch; shares of the cells sum to {share.sum():.12f}")
assert np.isclose(share.sum(), 1.0, rtol=1e-8)

# %%
# Stretched by 30 %, the hole is an eye; the cells beside it carry the force, those before and behind it hang on.
figure, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
output.plot(
    sheet, 100 * share, displacement=u, scale=1.0, label="share of the force", unit="%", colormap="magma", axes=axes
)
axes.set_title(f"a quarter of a sheet of foam with a hole, stretched by 30 %: {2 * pull:.0f} N/m")
figure.savefig("own_material.png", dpi=150)
