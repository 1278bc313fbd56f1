r"""
Digits through an ODE block
===========================

A stand-in for the image experiments of the adaptive checkpoint adjoint, small enough for seconds: drawn digits of 8 × 8
pixels, shifted and noisy, go through a layer, an ODE and a readout. Trained three times from the same start, with the
gradient that is exact on the accepted steps, with the naive one, and with the adjoint integrated back in time.

.. math::

    z(0) = \tanh(A x), \qquad \dot z = \tanh(W z + b), \qquad y = R\,z(1)

It says nothing about ResNets. What can be seen is that the three learn alike where the tolerance is loose and the time
short, and what a gradient costs.
"""

import math
import time

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import Backsolve, odesolve

WIDTH, BATCH, ROUNDS = 48, 100, 150
GRADIENTS = {"aca": "aca", "naive": "naive", "backsolve": Backsolve(math.inf)}

# %%
# Ten glyphs of 5 × 3 pixels, a hexadecimal digit for each row of three.
GLYPHS = ["75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717"]
PIXELS = np.array([[[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in glyph] for glyph in GLYPHS], float)


def drawn(count, rng):
    """Images, shape (count, 64), and their digits."""
    digits = rng.integers(0, 10, count)
    images = 0.2 * rng.standard_normal((count, 8, 8))
    for image, digit, down, right in zip(
        images, digits, rng.integers(1, 3, count), rng.integers(2, 4, count), strict=True
    ):
        image[down : down + 5, right : right + 3] += PIXELS[digit]
    return jnp.asarray(images.reshape(count, 64), jnp.float32), jnp.asarray(digits)


rng = np.random.default_rng(0)
images, digits = drawn(4000, rng)
unseen, answers = drawn(1000, rng)
start = {
    "into": rng.standard_normal((64, WIDTH)) / 8, "weight": rng.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5,
    "bias": np.zeros(WIDTH), "out": rng.standard_normal((WIDTH, 10)) / WIDTH**0.5,
}  # fmt: skip
start = {name: jnp.asarray(x, jnp.float32) for name, x in start.items()}


def scores(p, x, gradient):
    """Unnormalised logarithms of probabilities, shape (batch, 10)."""
    states = odesolve(
        lambda t, z, p: jnp.tanh(z @ p["weight"] + p["bias"]), jnp.tanh(x @ p["into"]), [0.0, 1.0], p,
        method="heun_euler", rtol=1e-2, atol=1e-2, gradient=gradient, max_steps=40,
    )  # fmt: skip
    return states[-1] @ p["out"]


def loss(p, x, digit, gradient):
    """Mean cross entropy."""
    return -jnp.mean(jax.nn.log_softmax(scores(p, x, gradient))[jnp.arange(len(digit)), digit])


def trained(gradient):
    """Parameters after Adam, the loss of each round, and the seconds of a round."""
    step = jax.jit(jax.value_and_grad(lambda p, x, digit: loss(p, x, digit, gradient)))
    p, first, second, history, seconds = start, jax.tree.map(jnp.zeros_like, start), None, [], []
    second = first
    for k in range(ROUNDS):
        part = slice(k * BATCH % len(images), k * BATCH % len(images) + BATCH)
        begin = time.perf_counter()
        value, bar = jax.block_until_ready(step(p, images[part], digits[part]))
        seconds.append(time.perf_counter() - begin)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, bar)
        second = jax.tree.map(lambda s, g: 0.99 * s + 0.01 * g**2, second, bar)
        rate = 0.02 * math.sqrt(1 - 0.99 ** (k + 1)) / (1 - 0.9 ** (k + 1))
        p = jax.tree.map(lambda x, m, s, rate=rate: x - rate * m / (jnp.sqrt(s) + 1e-8), p, first, second)
        history.append(float(value))
    return p, history, np.median(seconds)


# %%
# Error on images that were not shown, by guessing 90 %.
results = {}
for name, gradient in GRADIENTS.items():
    p, history, seconds = trained(gradient)
    wrong = float(jnp.mean(jnp.argmax(scores(p, unseen, "aca"), 1) != answers))
    results[name] = history, wrong
    print(f"{name:9s}: {100 * wrong:.1f} % of 1000 unseen digits wrong, {1e3 * seconds:.1f} ms for a gradient")
assert all(wrong < 0.3 for _, wrong in results.values())

# %%
# sphinx_gallery_squares = {0: (-0.5, 15.5, 15.5, -0.5)}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
axes[0].imshow(np.vstack(np.split(np.hstack(np.asarray(images[:20]).reshape(-1, 8, 8)), 2, 1)), cmap="gray_r")
axes[0].set(xticks=[], yticks=[], title="what is to be read")
for style, (name, (history, wrong)) in zip(("-", "--", ":"), results.items(), strict=True):
    axes[1].plot(history, style, label=f"{name}: {100 * wrong:.1f} % wrong", linewidth=1.2)
axes[1].set(xlabel="round", ylabel="cross entropy", ylim=(0.0, None))
axes[1].legend()
figure.savefig("digits_block.png", dpi=150)
