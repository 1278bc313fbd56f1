r"""
Three rates, nine powers of ten: when is half of it gone?
=========================================================

Robertson's reaction turns A into C by way of B, which is so eager that there is never more than a trace of it. Its
rates differ by nine powers of ten, and it goes on for days. That nothing is lost is not integrated but demanded: the
third equation is algebraic, :math:`A + B + C = 1`, and the mass matrix has a zero there.

.. math::

    \dot A = -k_1 A + k_3 B C, \qquad \dot B = k_1 A - k_2 B^2 - k_3 B C, \qquad 0 = A + B + C - 1

The time at which half of A is gone is found by Newton's method in the last time, in which states have derivatives like
in any parameter. So it has a gradient in the rates by the theorem of implicit functions.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import odesolve

jax.config.update("jax_enable_x64", True)

rates = jnp.array([0.04, 3e7, 1e4])  # [1/s], [1/s] per share, twice
mass = np.array([1.0, 1.0, 0.0])  # the diagonal
start = jnp.array([1.0, 0.0, 0.0])


def reaction(t, y, k):
    """Slopes of A and B, and what is lost."""
    a, b, c = y
    return jnp.stack([-k[0] * a + k[2] * b * c, k[0] * a - k[1] * b**2 - k[2] * b * c, a + b + c - 1.0])


@jax.jit
def shares(times, k):
    """Shares of A, B and C at the times, shape (m, 3)."""
    return odesolve(reaction, start, times, k, mass=mass, method="esdirk4", rtol=1e-6, atol=1e-10)


# %%
# The numbers that every stiff solver is tried on.
times = np.r_[0.0, 4.0 * 10.0 ** np.arange(-5.0, 6.0, 0.25)]  # [s]
found = shares(times, rates)
known = {0.4: 0.98517, 4.0: 0.90552, 40.0: 0.71583, 400.0: 0.45052, 4000.0: 0.18320, 40000.0: 0.038983}
for time, a in known.items():
    assert np.isclose(found[np.argmin(abs(times - time)), 0], a, rtol=2e-5)
assert np.allclose(found.sum(1), 1.0, atol=1e-13)

# %%
# Newton's method for the time, on its logarithm: value and slope from one run, forward and back.
left = jax.jit(jax.value_and_grad(lambda end, k: shares(jnp.stack([0.0, end]), k)[-1, 0], (0, 1)))
half = 100.0
for _ in range(6):
    value, (slope, in_rates) = left(half, rates)
    half = half * np.exp((0.5 - value) / (slope * half))
gradient = -in_rates / slope
elasticity = gradient * rates / half
print(f"half of A is gone after {half:.1f} s; one percent more of each rate: {np.round(elasticity, 3)} percent")

# %%
# If all rates are twice as fast everything happens in half the time: the elasticities add up to -1.
assert np.isclose(elasticity.sum(), -1.0, atol=1e-5)
assert elasticity[0] < 0 < elasticity[2]  # the first rate uses A up, the third gives it back

# %%
# The shares, and what the rates do to A at each time.
in_time = jax.jacrev(lambda k: shares(times, k)[:, 0])(rates) * rates
figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.6), layout="constrained")
for number, (label, scale, color) in enumerate((("A", 1.0, "C0"), ("B, 10 000 times", 1e4, "C3"), ("C", 1.0, "C2"))):
    axes[0].semilogx(times[1:], scale * found[1:, number], color=color, lw=2.5, label=label)
axes[0].plot(half, 0.5, "o", color="C0", ms=8)
axes[0].set(xlabel="time [s]", ylabel="share", xlim=(times[1], times[-1]), ylim=(0, 1.02))
for number, color in enumerate(("C4", "C5", "C8")):
    axes[1].semilogx(times[1:], in_time[1:, number], color=color, lw=2.5, label=f"rate {number + 1}")
axes[1].axvline(half, color="0.8", lw=1)
axes[1].set(xlabel="time [s]", ylabel="change of A for each unit of ln k", xlim=(times[1], times[-1]))
for ax in axes:
    ax.legend(frameon=False)
figure.savefig("robertson.png", dpi=150)
