r"""
Hyperparameters of a Gaussian field
===================================

A field is measured at some points of a grid, with noise. How far does it correlate, how strong is it, how large is the
noise? The likelihood of the measurements has two determinants of sparse matrices; their gradients are selected
inverses, from the factorizations that the value takes. The same in dense matrices is the check.

The field is that of Whittle and Matern on a grid with Laplacian G: its precision is sparse,

.. math::

    Q = \frac{(\kappa^2 I + G)^2}{4 \pi \kappa^2 s^2}, \qquad \rho = \sqrt{8} / \kappa

with standard deviation s and range :math:`\rho` (Lindgren, Rue, Lindstrom, "An explicit link between Gaussian fields
and Gaussian Markov random fields", J. R. Stat. Soc. B 73, 2011, doi:10.1111/j.1467-9868.2011.00777.x).
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import scipy.sparse as ss
from scipy.optimize import minimize

import sparsead
import sparsead.jax as sp

jax.config.update("jax_enable_x64", True)

# %%
# The precision of the field, a sum of three constant matrices.
side = 24
n = side**2
line = ss.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side)).tolil()
line[0, 0] = line[-1, -1] = 1.0  # no flux through the edge
laplacian = ss.csc_array(ss.kron(line, ss.eye_array(side)) + ss.kron(ss.eye_array(side), line))
constant = ss.eye_array(n, format="csc"), laplacian, ss.csc_array(laplacian @ laplacian)
sparse = [sp.from_scipy(matrix, positive_definite=True) for matrix in constant]
dense = [matrix.toarray() for matrix in constant]
library = {"backend": "superlu"}  # shows its factors; "cholmod" does too, and is faster


def precision(s, rho, matrices):
    """Return Q, sparse or dense as the matrices are."""
    eye, g, g2 = matrices
    kappa2 = 8.0 / rho**2
    return (kappa2**2 * eye + 2.0 * kappa2 * g + g2) * (1.0 / (4.0 * jnp.pi * kappa2 * s**2))


# %%
# A field drawn from the model, measured at half of the points.
true = np.array([2.0, 8.0, 0.5])  # standard deviation, range in cells, noise
rng = np.random.default_rng(2)
factor = np.linalg.cholesky(np.asarray(precision(true[0], true[1], dense)))
field = np.linalg.solve(factor.T, rng.standard_normal(n))
measured = rng.random(n) < 1 / 2
y = np.where(measured, field + true[2] * rng.standard_normal(n), 0.0)


# %%
# Minus the logarithm of the likelihood: with D, the precision of the measurements, :math:`p(y) = p(x) p(y|x) / p(x|y)`
# at the mean :math:`x = (Q + D)^{-1} D y`, a solve that shares the factorization of its determinant.
def misfit(theta):
    """Return -log p(y), for the logarithms of (s, rho, noise)."""
    s, rho, noise = jnp.exp(theta)
    Q = precision(s, rho, sparse)
    d = measured / noise**2
    posterior = (Q + sp.diags([d])).declare(positive_definite=True)
    mean = sp.solve(posterior, d * y, **library)
    evidence = sp.logdet(Q, **library) + jnp.log(2 * jnp.pi * noise**2) * -measured.sum()
    return -0.5 * (evidence - sp.logdet(posterior, **library) - (d * y) @ (y - mean))


def dense_misfit(theta):
    """Return the same from the covariance of the measurements, dense; takes complex numbers."""
    s, rho, noise = np.exp(theta)
    covariance = np.linalg.inv(precision(s, rho, dense))[measured][:, measured]
    covariance += noise**2 * np.eye(measured.sum())
    phase, size = np.linalg.slogdet(2 * np.pi * covariance)
    return 0.5 * (size + np.log(phase) + y[measured] @ np.linalg.solve(covariance, y[measured]))


start = np.log([1.0, 4.0, 1.0])
value_and_grad = jax.jit(jax.value_and_grad(misfit))
sparsead.factor_cache.clear()
value, gradient = map(np.asarray, value_and_grad(start))
assert sparsead.factor_cache.stats().factorizations == 2  # one for each matrix
expected, step = dense_misfit(start), 1e-30j  # a complex step: exact to rounding
slope = [dense_misfit(start + step * unit).imag / abs(step) for unit in np.eye(3)]
assert np.isclose(value, expected, rtol=1e-10)
assert np.allclose(gradient, slope, rtol=1e-8)

# %%
# The fit, and the field that it makes of the measurements: mean and standard deviation at each point.
fit = minimize(value_and_grad, start, jac=True, method="L-BFGS-B")
s, rho, noise = np.exp(fit.x)
print(f"{fit.nfev} evaluations: s = {s:.2f}, range {rho:.1f}, noise {noise:.3f}; true {true}")


@jax.jit
def conclusion(s, rho, noise):
    """Return mean and standard deviation of the field, given the measurements."""
    d = measured / noise**2
    posterior = (precision(s, rho, sparse) + sp.diags([d])).declare(positive_definite=True)
    return sp.solve(posterior, d * y, **library), jnp.sqrt(sp.marginal_variances(posterior, **library))


mean, deviation = map(np.asarray, conclusion(s, rho, noise))
score = (field - mean) / deviation
assert np.allclose([s, rho, noise], true, rtol=0.35)
assert 0.9 < np.sqrt((score**2).mean()) < 1.1  # the model knows how wrong it is
assert deviation[~measured].min() > deviation[measured].max() / 2

# %%
# sphinx_gallery_squares = {1: None}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
shown = np.where(measured, y, np.nan)
for ax, image, title in zip(axes, (shown, mean, deviation), ("measured", "mean", "standard deviation"), strict=True):
    limits = {} if image is deviation else {"vmin": field.min(), "vmax": field.max()}
    drawn = ax.imshow(image.reshape(side, side), cmap="viridis", **limits)
    figure.colorbar(drawn, ax=ax, shrink=0.8)
    ax.set(title=title, xticks=[], yticks=[])
figure.savefig("gaussian_field.png", dpi=150)
