r"""
A block of rubber under compression
===================================

A rubber bearing between two steel plates is pressed to three quarters of its height and sheared. Which force does that
take, and how does it change? Newton's method finds the state at finite strain; its derivative is that of the solution,
with the factorization of the last step. Without friction at the plates there is a closed form: with the stretches
:math:`\lambda` (prescribed) and :math:`a` (across, free of stress)

.. math::

    P = \mu (\lambda - 1 / \lambda) + \frac{\Lambda \ln J}{\lambda}, \qquad
    0 = \mu (a - 1 / a) + \frac{\Lambda \ln J}{a}, \qquad J = \lambda a^2.
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
# A block of 60 x 60 x 30 mm of neo-Hookean rubber; the upper plate moves.
side, height, young, poisson = 0.06, 0.03, 1.5e6, 0.45  # [m], [m], [Pa], 1
mesh = fem.box((5, 5, 4), size=(side, side, height))
space = fem.Space(mesh, components=3)
rubber = fem.elements.neo_hookean(space, young=young, poisson=poisson)
bottom = mesh.points_on(lambda x: x[:, 2] == 0)
top = mesh.points_on(lambda x: np.isclose(x[:, 2], height))
nothing = np.zeros(space.shape)

# %%
# Plates that let the rubber slide: the closed form.
planes = [fem.fix(space, mesh.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]
stretch = 0.75
free = fem.solve_nonlinear(rubber, nothing, [*planes, fem.prescribed(space, top, height * (stretch - 1), 2)])
lam, mu = young * poisson / ((1 + poisson) * (1 - 2 * poisson)), young / (2 * (1 + poisson))
a = brentq(lambda a: mu * (a - 1 / a) + lam * np.log(stretch * a**2) / a, 0.5, 2.0, xtol=1e-14)
pressure = mu * (stretch - 1 / stretch) + lam * np.log(stretch * a**2) / stretch
sliding = float(rubber.forces(free)[top, 2].sum())
print(f"sliding: {sliding:.4f} N, closed form {pressure * side**2:.4f} N")
assert np.isclose(sliding, pressure * side**2, rtol=1e-9)
assert np.isclose(free[:, 0].max() / side, a - 1, rtol=1e-9)


# %%
# Plates that hold the rubber, as it is vulcanized to them: pressed by t and sheared by 2 t, in parts of the height.
def reaction(t):
    """Return the force on the plate along x and z, shape (2,), and the displacement."""
    move = height * t * np.array([2.0, 0.0, -1.0])
    glued = [fem.fix(space, bottom), *(fem.prescribed(space, top, move[k], k) for k in range(3))]
    u = fem.solve_nonlinear(rubber, nothing, glued, steps=2)
    return rubber.forces(u)[top].sum(0)[jnp.array([0, 2])], u


# %%
# The curve of forces, and its slope at each point: the tangent stiffness of the bearing.
tangent = jax.jit(lambda t: jax.jvp(reaction, (t,), (1.0,), has_aux=True))
parts = np.linspace(0, 0.25, 6)
path = [tangent(t) for t in parts]
forces, slopes = (np.array([point[k] for point in path]) for k in (0, 1))
assert np.allclose(slopes[1:-1], (forces[2:] - forces[:-2]) / 0.1, rtol=0.03)
assert abs(forces[-1, 1]) > 1.2 * abs(sliding)  # rubber that cannot slide is stiffer
u = path[-1][2]
print(f"vulcanized: {forces[-1, 1]:.1f} N to press, {forces[-1, 0]:.1f} N to shear")

# %%
# The block, and forces with their tangents.
gradient = np.asarray(fields.gradient(space, u, at="points"))
volume = np.linalg.det(gradient + np.eye(3))
held = np.union1d(bottom, top)
style = {"scale": 1.0, "label": "local change of volume", "unit": "%", "supports": held}
output.plot_solid(mesh, 100 * (volume - 1), displacement=u, path="block_of_rubber.png", **style)
# sphinx_gallery_squares = {0: (170, 990, 615, -205)}
figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained", width_ratios=(1.2, 1))
axes[0].imshow(plt.imread("block_of_rubber.png")[150:])
axes[0].set_axis_off()
axes[0].set_title("pressed by a quarter of its height, sheared by half")
for column, name, color in ((1, "pressing", "C0"), (0, "shearing", "C1")):
    size = np.abs(forces[:, column]) / 1e3
    axes[1].plot(100 * parts, size, "o", color=color, label=name)
    for part, value, slope in zip(parts, size, slopes[:, column], strict=True):
        reach = np.array([-0.02, 0.02])
        axes[1].plot(100 * (part + reach), value + abs(slope) / 1e3 * reach, color=color, lw=2)
axes[1].plot(25, abs(sliding) / 1e3, "k*", ms=10, label="pressing, plates without friction")
axes[1].set(xlabel="pressed by [% of the height]", ylabel="force [kN]", title="forces and their derivatives")
axes[1].legend(frameon=False)
figure.savefig("hyperelastic_block.png", dpi=150)
