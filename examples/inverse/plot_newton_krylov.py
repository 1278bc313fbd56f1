r"""
Newton-Krylov: tune the hangers of a bridge
===========================================

A deck in tension hangs from 120 springs and must be level under its own weight. Newton's method solves for the
stiffness of all hangers, conjugate gradients solve each Newton step with Hessian-vector products, and all the products
of a step share one factorization.

.. math::

    J(m) = \tfrac12 \left| u(m) - d \right|^2 / d^2, \qquad (T + \mathrm{diag}(e^m))\,u = w
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from jax.scipy.sparse.linalg import cg

import sparsead
import sparsead.jax as sp

jax.config.update("jax_enable_x64", True)

# %%
# The deck: tension couples neighbouring hangers, 60 kN/m; weights in kN, heavier where a kiosk stands; wanted
# displacement 0.02 m.
n, tension, wanted = 120, 60.0, 0.02
position = np.linspace(0.0, 60.0, n)
weight = 1.0 + 2.5 * np.exp(-(((position - 38.0) / 6.0) ** 2))
along = np.arange(n)
rows, cols = np.r_[along, along[:-1], along[1:]], np.r_[along, along[1:], along[:-1]]
neighbours = np.where((along == 0) | (along == n - 1), 1.0, 2.0)
deck = sp.triplets(rows, cols, (n, n), symmetric=True, positive_definite=True)


def displacement(m):
    """Return the displacements of the deck for hangers of stiffness exp(m)."""
    return sp.solve(deck(jnp.concatenate([tension * neighbours + jnp.exp(m), np.full(2 * n - 2, -tension)])), weight)


def miss(m):
    """Return the objective J."""
    return 0.5 * jnp.sum((displacement(m) / wanted - 1.0) ** 2)


# %%
# One Newton step is one compiled program: gradient, linearized gradient, conjugate gradients.
@jax.jit
def newton_step(m):
    """Return the size of the gradient and the next point."""
    gradient, hessian_product = jax.linearize(jax.grad(miss), m)
    return jnp.linalg.norm(gradient), m + cg(hessian_product, -gradient, tol=1e-10, maxiter=400)[0]


m = jnp.full(n, np.log(weight.mean() / wanted))
start, sizes, solves = displacement(m), [], []
sparsead.factor_cache.clear()
for _ in range(12):
    before = sparsead.factor_cache.stats().solves
    size, m = newton_step(m)
    sizes.append(float(size))
    solves.append(sparsead.factor_cache.stats().solves - before)
    if size < 1e-11:
        break
stats = sparsead.factor_cache.stats()
print("gradient at each Newton point:", " ".join(f"{size:.1e}" for size in sizes))
print(f"{len(sizes)} Newton points: {stats.factorizations} factorizations, {stats.solves} triangular solves")
assert stats.factorizations == len(sizes)

# %%
# A level deck is straight, so the tension carries nothing and each hanger carries what is above it: k = w / d.
k = np.exp(m)
assert np.allclose(k, weight / wanted, rtol=1e-8)
# Newton's method converges quadratically: the last steps square the gradient, up to a constant.
assert sizes[-1] < 1e-9 and sizes[-2] < 1e-2 * sizes[-3]

# %%
# Before and after, and how it got there. Far from the solution a step needs more products with the Hessian; none of
# them needs a factorization.
layout = [["u", "size"], ["k", "solves"]]
figure, axes = plt.subplot_mosaic(layout, figsize=(10, 5.4), layout="constrained")
axes["u"].plot(position, 1e3 * start, color="0.6", lw=2, label="equal hangers")
axes["u"].plot(position, 1e3 * displacement(m), color="#1f4e79", lw=2, label="tuned hangers")
axes["u"].set(ylabel="displacement [mm]", title="the deck")
axes["u"].invert_yaxis()
axes["u"].legend(frameon=False, loc="lower left")
axes["k"].plot(position, np.full(n, weight.mean() / wanted), color="0.6", lw=2)
axes["k"].plot(position, k, color="#1f4e79", lw=2)
axes["k"].set(xlabel="position [m]", ylabel="stiffness [kN/m]", ylim=(0, None))
axes["size"].semilogy(sizes, "o-", color="#c0392b")
axes["size"].set(ylabel="size of the gradient", title="Newton's method")
axes["solves"].bar(np.arange(len(solves)), solves, color="#c0392b", label="triangular solves")
axes["solves"].plot(np.ones(len(solves)), "ks", ms=4, label="factorizations: one each")
axes["solves"].set(xlabel="Newton point", ylabel="what it took")
axes["solves"].legend(frameon=False, loc="upper right")
figure.savefig("newton_krylov.png", dpi=150)
