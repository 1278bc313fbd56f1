r"""
Waves, where iteration fails
============================

A loudspeaker in a square room at whose walls the pressure vanishes: Helmholtz's equation with a little damping,

.. math::

    -\Delta p - (1 + i \eta)\, k^2 p = q .

Its matrix is complex symmetric, and indefinite as soon as half a wave fits into the room. GMRES with incomplete LU
needs more iterations with each wave, then no longer converges: the error says so and carries the residuals. The direct
solver does not care. The damping takes up all the power that the loudspeaker gives.
"""

import matplotlib.pyplot as plt
import numpy as np

import sparsead
import sparsead.numpy as sp
from sparsead.errors import ConvergenceError
from sparsead.iterative import gmres, ilu

# %%
# The room, 1 m wide: five-point differences on m x m points.
m, damping = 80, 0.02
n, h, point = m * m, 1 / (m + 1), np.arange(m * m).reshape(m, m)
pairs = np.r_[np.c_[point[1:].ravel(), point[:-1].ravel()], np.c_[point[:, 1:].ravel(), point[:, :-1].ravel()]]
rows = np.r_[point.ravel(), pairs[:, 0], pairs[:, 1]]
cols = np.r_[point.ravel(), pairs[:, 1], pairs[:, 0]]
source = np.zeros(n)
source[point[m // 3, m // 4]] = 1.0


def room(waves):
    """Return the matrix, times h squared, for so many waves along a wall."""
    shift = (1 + 1j * damping) * (2 * np.pi * waves * h) ** 2
    return sp.coo(rows, cols, np.r_[np.full(n, 4 - shift), np.full(2 * len(pairs), -1.0)], (n, n), symmetric=True)


# %%
# The same method for all frequencies; where it fails, the error has the history.
method = gmres(ilu(drop=1e-2, fill=4), rtol=1e-8, max_iterations=600)
frequencies, taken, histories = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0], [], {}
for waves in frequencies:
    A = room(waves)
    sparsead.factor_cache.clear()
    try:
        p = sp.solve(A, source, method=method)
        taken.append(sparsead.factor_cache.stats().iterations)
        assert np.linalg.norm(source - A @ p) <= 1e-8 * np.linalg.norm(source)
        assert np.allclose(p, sp.solve(A, source), rtol=0, atol=1e-5 * np.abs(p).max())
    except ConvergenceError as error:
        taken.append(None)
        histories[waves] = error.residuals
        print(f"{waves} waves: {error}\n")
solved = [waves for waves, count in zip(frequencies, taken, strict=True) if count]
counts = [count for count in taken if count]
print("iterations:", dict(zip(solved, counts, strict=True)))
assert solved == frequencies[: len(solved)] and counts == sorted(counts) and histories

# %%
# What must hold, for the direct solution of the highest frequency: the power of the source is what the damping takes.
waves = frequencies[-1]
p = sp.solve(room(waves), source)
given, taken_up = np.vdot(source, p).imag, damping * (2 * np.pi * waves * h) ** 2 * np.linalg.norm(p) ** 2
print(f"power given {given:.6f}, taken up by damping {taken_up:.6f}")
assert np.isclose(given, taken_up, rtol=1e-9)

# %%
# The wave; iterations by frequency; and the residuals where there is no convergence.
figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
pressure, most = p.real.reshape(m, m), np.percentile(np.abs(p.real), 99)
axes[0].imshow(pressure.T, cmap="RdBu_r", vmin=-most, vmax=most, origin="lower", extent=(0, 1, 0, 1))
axes[0].set(title=f"pressure, {waves:g} waves along a wall: by the direct solver", xlabel="x [m]", ylabel="y [m]")
axes[1].plot(solved, counts, "o-", color="#1f4e79", label="converged")
axes[1].plot(list(histories), [600] * len(histories), "x", color="#c0392b", label="not within 600")
axes[1].set(xlabel="waves along a wall", ylabel="iterations", title="GMRES with incomplete LU", xscale="log")
axes[1].set_xticks(frequencies, [f"{waves:g}" for waves in frequencies])
axes[1].tick_params(axis="x", which="minor", labelbottom=False)
axes[1].legend(frameon=False)
for waves, residuals in histories.items():
    axes[2].semilogy(residuals, label=f"{waves:g} waves")
axes[2].axhline(1e-8, color="0.5", ls=":")
axes[2].set(xlabel="iteration", ylabel="|b - A x| / |b|", title="residuals that the error carries")
axes[2].legend(frameon=False)
figure.savefig("helmholtz.png", dpi=150)
