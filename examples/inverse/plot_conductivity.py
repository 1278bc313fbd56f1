r"""
Conductivity from noisy temperatures
====================================

A plate is heated in four ways, and its temperature is measured with noise. Which conductivity does it have? The
gradient of the misfit in the conductivity of every cell takes one factorization for all four states and their adjoints.

.. math::

    -\nabla \cdot (k \nabla u) = q, \qquad
    \min_k \; \sum |u - u_{measured}|^2 / (2 \sigma^2) + \alpha \sum \sqrt{|\nabla \log k|^2 + \beta^2}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

import sparsead
import sparsead.jax as sp

jax.config.update("jax_enable_x64", True)

# %%
# A plate of 1 m, 40 x 40 cells, edges kept at 0 K. Flux between two cells by the harmonic mean of their conductivities.
m = 40
n, cell = m * m, np.arange(m * m).reshape(m, m)
first = np.r_[cell[:-1].ravel(), cell[:, :-1].ravel()]
second = np.r_[cell[1:].ravel(), cell[:, 1:].ravel()]
edge = np.r_[cell[0], cell[-1], cell[:, 0], cell[:, -1]]
rows, cols = np.r_[first, second, first, second, edge], np.r_[first, second, second, first, edge]
conduction = sp.triplets(rows, cols, (n, n), symmetric=True, positive_definite=True)
x, y = (np.arange(m)[:, None] + 0.5) / m, (np.arange(m) + 0.5) / m
spots = ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75))
heating = np.stack([2e3 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.02).ravel() / n for a, b in spots], axis=1)


def temperature(log_k):
    """Return the temperatures, shape (n, 4), for conductivities exp(log_k) in W/(m K)."""
    k = jnp.exp(log_k)
    between = 2.0 / (1.0 / k[first] + 1.0 / k[second])
    return sp.solve(conduction(jnp.concatenate([between, between, -between, -between, 2.0 * k[edge]])), heating)


# %%
# The truth, a hard disc and a soft bar, and data with noise of one percent of the largest temperature.
truth = np.where(np.hypot(x - 0.62, y - 0.6) < 0.2, np.log(4.0), 0.0)
truth = np.where((np.abs(x - 0.25) < 0.08) & (np.abs(y - 0.45) < 0.3), np.log(0.3), truth).ravel()
exact = np.asarray(temperature(truth))
sigma = 0.01 * exact.max()
data = exact + sigma * np.random.default_rng(0).standard_normal(exact.shape)


def objective(log_k, alpha=25.0, beta=0.05):
    """Return misfit over the variance of the noise, and total variation."""
    field = log_k.reshape(m, m)
    across, along = jnp.diff(field, axis=0)[:, :-1], jnp.diff(field, axis=1)[:-1]
    variation = jnp.sqrt(across**2 + along**2 + beta**2).sum()
    return ((temperature(log_k) - data) ** 2).sum() / (2.0 * sigma**2) + alpha * variation


# %%
# L-BFGS by SciPy. One factorization for each point that it visits, whatever the number of heatings and cells.
value_and_grad = jax.jit(jax.value_and_grad(objective))
sparsead.factor_cache.clear()
fit = minimize(value_and_grad, np.zeros(n), jac=True, method="L-BFGS-B")
stats = sparsead.factor_cache.stats()
misfit = np.sqrt(np.mean((temperature(fit.x) - data) ** 2)) / sigma
error, start = np.linalg.norm(fit.x - truth), np.linalg.norm(truth)
print(f"{fit.nfev} points: {stats.factorizations} factorizations, {stats.solves} solves of four right-hand sides")
print(f"misfit {misfit:.3f} of the noise; error in log k {error / start:.3f} of what it was")
assert stats.factorizations == fit.nfev
# The fit explains the data down to the noise and not below, and knows the field far better than the start did.
assert 0.95 < misfit < 1.05
assert error < 0.4 * start

# %%
# Truth, one of the four sets of data, fit. The crosses are where the plate is heated.
# sphinx_gallery_squares = {2: None}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained", sharey=True)
fields = [("true conductivity", np.exp(truth)), ("measured, heated at one cross", data[:, 2])]
fields.append(("fitted conductivity", np.exp(fit.x)))
for ax, (title, field) in zip(axes, fields, strict=True):
    style = {"cmap": "viridis", "norm": "log", "vmin": 0.25, "vmax": 4.5}
    label = "conductivity [W/(m K)]"
    if title.startswith("measured"):
        style, label = {"cmap": "inferno"}, "temperature [K]"
    image = ax.imshow(field.reshape(m, m).T, origin="lower", extent=(0, 1, 0, 1), **style)
    bar = figure.colorbar(image, ax=ax, label=label, shrink=0.75)
    if "norm" in style:
        bar.set_ticks([0.3, 0.5, 1, 2, 4], labels=["0.3", "0.5", "1", "2", "4"])
        bar.minorticks_off()
    ax.plot(*np.transpose(spots), "x", color="w")
    ax.set(title=title, xlabel="x [m]")
axes[0].set_ylabel("y [m]")
figure.savefig("conductivity.png", dpi=150)
