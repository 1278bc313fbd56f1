r"""
Trajectories that do not come back
==================================

The adjoint that keeps nothing integrates the state back in time. Two of the equations for which that fails, as in the
slides of the adaptive checkpoint adjoint: van der Pol's, and an image that flows by a convolution, here one that blurs.
Errors that die out forward grow backward. With the accepted steps kept there is nothing to integrate back.

.. math::

    \ddot y = (0.15 - y^2)\,\dot y - y, \qquad \dot u = \tfrac{1}{2} \tanh(w * u)
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.errors import ReverseMissError
from sparsead.transient import odesolve

jax.config.update("jax_enable_x64", True)
OPTIONS, END = {"rtol": 1e-3, "atol": 1e-6}, 4.0  # those of ode45; how long the image flows


def van_der_pol(t, u, damping):
    """Slopes of y and of its velocity."""
    return jnp.stack([u[1], (damping - u[0] ** 2) * u[1] - u[0]])


KERNEL = jnp.array([[0.5, 1.0, 0.5], [1.0, -6.0, 1.0], [0.5, 1.0, 0.5]])


def blurring(t, u, strength):
    """Slope of an image, shape (28, 28)."""
    return strength * jnp.tanh(jax.scipy.signal.convolve(u, KERNEL, mode="same"))


def there_and_back(f, start, times, p):
    """States at the times, and at the same times those that are integrated back from the last."""
    ahead = odesolve(f, start, times, p, **OPTIONS)
    return ahead, odesolve(lambda s, u, p: -f(-s, u, p), ahead[-1], -times[::-1], p, **OPTIONS)[::-1]


# %%
# What comes back, and what the gradient that relies on it says.
letter = np.zeros((28, 28))
letter[4:24, 6:10], letter[4:8, 6:22], letter[12:16, 6:19] = 1.0, 1.0, 1.0
circled, back = there_and_back(van_der_pol, jnp.array([2.0, 0.0]), np.linspace(0.0, 25.0, 51), 0.15)
blurred, sharpened = there_and_back(blurring, jnp.asarray(letter), np.array([0.0, END]), 0.5)
for name, f, start, end, p, miss in (
    ("van der Pol", van_der_pol, circled[0], 25.0, 0.15, jnp.abs(back[0] - circled[0]).max()),
    ("convolution", blurring, blurred[0], END, 0.5, jnp.abs(sharpened[0] - letter).max()),
):
    print(f"{name}: the first state is missed by {miss:.2g}")
    assert miss > 0.1

    def loss(p, gradient, f=f, start=start, end=end):
        """Return the sum of squares of the last state."""
        return jnp.sum(odesolve(f, start, [0.0, end], p, gradient=gradient, **OPTIONS)[-1] ** 2)

    slope, tangent = jax.grad(loss)(p, "aca"), jax.jvp(lambda p: loss(p, "aca"), (p,), (1.0,))[1]
    assert abs(slope / tangent - 1) < 1e-9
    try:
        jax.grad(loss)(p, "backsolve")
        raise SystemExit("backsolve came back")
    except ReverseMissError as error:
        print(error)

# %%
figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained", width_ratios=(1.6, 1, 1, 1))
smooth = odesolve(van_der_pol, circled[0], np.linspace(0.0, 25.0, 1001), 0.15, **OPTIONS)
axes[0].plot(*np.asarray(smooth).T, color="0.7", label="there")
axes[0].plot(*np.asarray(back).T, ".--", linewidth=0.7, markersize=4, label="and back")
axes[0].plot(*circled[0], "ko", markersize=4)
axes[0].set(xlabel="y", ylabel="velocity", title="van der Pol")
axes[0].legend(fontsize=7)
for axis, image, title in zip(axes[1:], (letter, blurred[-1], sharpened[0]), ("input", "output", "back"), strict=True):
    axis.imshow(image, cmap="gray_r", vmin=0.0, vmax=1.0)
    axis.set(xticks=[], yticks=[], title=title)
figure.savefig("reversed.png", dpi=150)
