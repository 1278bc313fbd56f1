r"""
First gradient: a hanging chain
===============================

Which spring of a hanging chain should be stiffer so that the chain stretches less? With the displacements
:math:`A(k)\,u = f`, the gradient of :math:`\|u\|` in all spring stiffnesses comes from one call.
"""

import matplotlib.pyplot as plt
import numpy as np

import sparsead
import sparsead.numpy as sp

# %%
# The chain: 40 masses, each hanging from a spring, the first spring from the ceiling. Stiffness in N/m, weights in N.
n = 40
mass = np.arange(n)
k = np.full(n, 200.0)
weight = np.full(n, 0.5)

# %%
# Spring i joins mass i - 1 to mass i: it adds k to two entries on the diagonal and -k to two beside it. Entries that
# are named twice add.
rows = np.r_[mass, mass[:-1], mass[1:], mass[:-1]]
cols = np.r_[mass, mass[:-1], mass[:-1], mass[1:]]
spring = np.r_[mass, mass[1:], mass[1:], mass[1:]]
sign = np.r_[np.ones(2 * n - 1), -np.ones(2 * n - 2)]
stiffness = sp.triplets(rows, cols, (n, n), symmetric=True, positive_definite=True)


def assemble(k):
    """Return the stiffness matrix of springs k."""
    return stiffness(k[spring] * sign)


# %%
# Value and gradient.
sparsead.factor_cache.clear()
norm, gradient = sp.norm_solve_and_grad(lambda k: sp.vjp(assemble, k), k, weight)
stats = sparsead.factor_cache.stats()
print(f"|u| = {norm:.4f} m; {stats.factorizations} factorization, {stats.solves} triangular solves")
assert (stats.factorizations, stats.solves) == (1, 2)

# %%
# Any other function of the displacements: the tip. What hangs below a spring stretches it by F / k, so the derivative
# of the tip is known: -F / k^2.
tip, pullback = sp.vjp(lambda k: sp.solve(assemble(k), weight)[n - 1], k)
(tip_gradient,) = pullback(1.0)
below = np.cumsum(weight[::-1])[::-1]
assert np.isclose(tip, np.sum(below / k), rtol=1e-12)
assert np.allclose(tip_gradient, -below / k**2, rtol=1e-10)
# Twice as stiff, half the displacement: the norm is homogeneous of degree -1.
assert np.isclose(k @ gradient, -norm, rtol=1e-12)

# %%
# The first springs carry the whole chain; the norm weighs them even more, for they move every mass.
# sphinx_gallery_squares = {1: None}
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
u = sp.solve(assemble(k), weight)
left.plot(mass + 1, u, "o-", ms=4, color="#1f4e79")
left.set(xlabel="mass, from the ceiling down", ylabel="displacement [m]", title=f"displacements, |u| = {norm:.3f} m")
right.bar(mass + 1, -1e3 * gradient, color="#c0392b", label="of the norm of all displacements")
right.step(mass + 1, -1e3 * tip_gradient, where="mid", color="k", label="of the displacement of the tip")
right.set(xlabel="spring, from the ceiling down", ylabel=r"$-\partial\,/\,\partial k$ [mm per N/m]")
right.set_title("decrease with the stiffness of one spring")
right.set_ylim(0, 1.25 * right.get_ylim()[1])
right.legend(frameon=False)
figure.savefig("first_gradient.png", dpi=150)
