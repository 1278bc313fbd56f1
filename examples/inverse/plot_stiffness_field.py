r"""
Stiffness from measured displacements
=====================================

A sheet of rubber hides a hard disc and a soft bar. It is pulled and sheared by known forces, and a camera sees how its
surface moves, with noise. Which Young's modulus has each cell? The gradient of the misfit takes one factorization for
all load cases and their adjoints.

.. math::

    \min_m \; \sum |u(e^m) - u_{measured}|^2 / (2 \sigma^2) + \alpha \sum \sqrt{|\nabla m|^2 + \beta^2}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# A sheet of 100 x 100 mm, 2 mm thick, held at its lower edge; pulled at its top, sheared there, pressed from the side.
n, size, thickness = 30, 100.0, 2.0  # 1, [mm], [mm]
mesh = fem.rectangle((n, n), size=(size, size))
space = fem.Space(mesh, components=2)
held = fem.fix(space, mesh.points_on(lambda p: p[:, 1] == 0))
top, side = (mesh.facets_on(lambda p, k=k: p[:, k] == size) for k in (1, 0))
pulls = ((top, (0.0, 0.005)), (top, (0.002, 0.0)), (side, (-0.003, 0.0)))  # [N/mm^2]
loads = jnp.stack([fem.traction(space, where, np.multiply(pull, thickness)) for where, pull in pulls])


def displacement(m):
    """Displacements [mm], shape (3, points, 2), for moduli exp(m) in MPa."""
    sheet = {"poisson": 0.45, "plane": "stress", "thickness": thickness}
    return fem.solve(fem.elements.elasticity(space, young=jnp.exp(m), **sheet), loads, held)


# %%
# The truth, and what the camera sees: noise of half a percent of the largest displacement.
x, y = mesh.centers.T / size
truth = np.where(np.hypot(x - 0.66, y - 0.62) < 0.18, np.log(4.0), 0.0)
truth = np.where((np.abs(x - 0.25) < 0.08) & (np.abs(y - 0.45) < 0.27), np.log(0.4), truth)
exact = np.asarray(displacement(truth))
sigma = 0.005 * np.abs(exact).max()
free = mesh.points[:, 1] > 0
measured = exact + sigma * np.random.default_rng(0).standard_normal(exact.shape) * free[:, None]


def objective(m, alpha=3.0, beta=0.05):
    """Return misfit over the variance of the noise, and total variation."""
    field = m.reshape(n, n)
    across, along = jnp.diff(field, axis=0)[:, :-1], jnp.diff(field, axis=1)[:-1]
    variation = jnp.sqrt(across**2 + along**2 + beta**2).sum()
    return ((displacement(m) - measured) ** 2).sum() / (2.0 * sigma**2) + alpha * variation


# %%
# What a gradient costs: one factorization, a solve for the three states and one for their adjoints.
start = np.zeros(mesh.cell_count)
sparsead.factor_cache.clear()
jax.block_until_ready(jax.jit(jax.value_and_grad(objective))(start))
stats = sparsead.factor_cache.stats()
assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 2, 6)

# %%
# From a sheet of one modulus, by L-BFGS of SciPy.
fit = fem.optimize.scipy(objective, start, method="L-BFGS-B", max_iterations=150)
misfit = np.sqrt(((displacement(fit.x) - measured)[:, free] ** 2).mean()) / sigma
error = np.linalg.norm(fit.x - truth) / np.linalg.norm(truth)
disc, bar = (np.median(np.exp(fit.x[truth == value])) for value in (np.log(4.0), np.log(0.4)))
print(f"{len(fit.history)} iterations, {fit.history.factorizations.sum()} factorizations: {fit.reason}")
print(f"misfit {misfit:.3f} of the noise, error {error:.3f}; disc {disc:.2f} MPa, bar {bar:.2f} MPa")
# The fit explains the data down to the noise and not below, and finds both bodies with their moduli.
assert 0.95 < misfit < 1.05
assert error < 0.3
assert abs(disc / 4.0 - 1) < 0.15
assert abs(bar / 0.4 - 1) < 0.15

# %%
# Truth, the sheet as the camera sees it while it is sheared, enlarged, and the fit.
# sphinx_gallery_squares = {2: None}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
for ax, m, title in ((axes[0], truth, "true modulus"), (axes[2], fit.x, "modulus from the displacements")):
    style = {"cmap": "viridis", "norm": "log", "vmin": 0.3, "vmax": 4.5}
    image = ax.imshow(np.exp(m).reshape(n, n).T, origin="lower", extent=(0, size, 0, size), **style)
    bar_of = figure.colorbar(image, ax=ax, label="Young's modulus [MPa]", shrink=0.8)
    bar_of.set_ticks([0.4, 1, 2, 4], labels=["0.4", "1", "2", "4"])
    bar_of.minorticks_off()
    ax.set(title=title, xlabel="x [mm]", ylabel="y [mm]")
dots = axes[1].scatter(*(mesh.points + 10 * measured[1]).T, c=np.hypot(*measured[1].T), s=4, cmap="inferno")
figure.colorbar(dots, ax=axes[1], label="displacement [mm]", shrink=0.8)
axes[1].set(aspect="equal", title="measured while sheared (× 10)", xlabel="x [mm]")
figure.savefig("stiffness_field.png", dpi=150)
