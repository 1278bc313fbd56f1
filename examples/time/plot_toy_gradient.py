r"""
Three gradients of a toy
========================

The toy problem of the adaptive checkpoint adjoint, whose gradient is known:

.. math::

    \dot z = k z, \quad z(0) = z_0, \qquad L = z(T)^2, \qquad
    \frac{dL}{dz_0} = 2 z_0 e^{2kT}, \quad \frac{dL}{dk} = 2 T z_0^2 e^{2kT}

`"aca"` holds the accepted steps fixed, `"naive"` differentiates the search for them too, `"backsolve"` integrates state
and adjoint back in time. For growing solutions all three are as good as the tolerance, and their order means nothing.
For decaying ones the reversed trajectory leaves the true one; only there is the adjoint that keeps nothing much worse.
"""

import math

import jax
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import Backsolve, odesolve

jax.config.update("jax_enable_x64", True)
GRADIENTS = {"aca": "aca", "naive": "naive", "backsolve": Backsolve(math.inf)}  # however far it misses
ENDS = np.array([1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0])


def loss(z0, k, end, tolerance, gradient):
    """Return z(T)^2."""
    states = odesolve(
        lambda t, z, k: k * z, z0, [0.0, end], k, rtol=tolerance, atol=tolerance, gradient=gradient, max_steps=1000
    )
    return states[-1] ** 2


# %%
# The larger of the relative errors in both derivatives, for both signs of k.
errors = {}
for k in (1.0, -1.0):
    for tolerance in (1e-3, 1e-5, 1e-8):
        for name, gradient in GRADIENTS.items():
            for end in ENDS:
                found = jax.grad(loss, (0, 1))(1.0, k, end, tolerance, gradient)
                true = np.array([2.0, 2.0 * end]) * math.exp(2 * k * end)
                errors.setdefault((k, tolerance, name), []).append(np.max(np.abs(np.array(found) / true - 1)))

for (k, tolerance, name), row in errors.items():
    print(f"k = {k:+.0f}, tolerance {tolerance:.0e}, {name:9s}: " + " ".join(f"{e:.1e}" for e in row))

for tolerance in (1e-5, 1e-8):
    ours, theirs = (np.array(errors[1.0, tolerance, name]) for name in ("aca", "backsolve"))
    assert (ours < 10 * theirs).all()
    assert (theirs < 10 * ours).all()
    ours, theirs = (np.array(errors[-1.0, tolerance, name])[2:6] for name in ("aca", "backsolve"))
    assert (theirs > 2 * ours).all()

# %%
# Where z(T) itself is of the size of the tolerance, to the right of the dotted lines, nobody can know its gradient.
# sphinx_gallery_squares = {1: None}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for axis, k in zip(axes, (1.0, -1.0), strict=True):
    for tolerance, color in ((1e-3, "tab:orange"), (1e-5, "tab:blue"), (1e-8, "tab:green")):
        for name, style in (("aca", "-"), ("naive", "--"), ("backsolve", ":")):
            axis.semilogy(ENDS, errors[k, tolerance, name], style, color=color, label=f"{name}, {tolerance:.0e}")
        if k < 0:
            axis.axvline(-math.log(tolerance), color=color, linewidth=0.6, linestyle=(0, (1, 3)))
    axis.set(xlabel="T", title=f"k = {k:+.0f}", ylim=(1e-9, 1e3), xlim=(1.0, 20.0))
axes[0].set_ylabel("relative error of the gradient")
axes[0].legend(fontsize=7, ncols=3)
figure.savefig("toy_gradient.png", dpi=150)
