r"""
One factorization, many load cases
==================================

A membrane under tension T carries a load that moves over it, :math:`-T \Delta w = p`. The matrix is factorized once;
each further position of the load costs a triangular solve, one by one or many in one call.
"""

import timeit

import matplotlib.pyplot as plt
import numpy as np

import sparsead
import sparsead.numpy as sp

# %%
# A square membrane of side 1 m, held along its edge, 139 x 139 points inside. Tension 100 N/m.
m, tension = 139, 100.0
n, point = m * m, np.arange(m * m).reshape(m, m)
pairs = np.r_[np.c_[point[1:].ravel(), point[:-1].ravel()], np.c_[point[:, 1:].ravel(), point[:, :-1].ravel()]]
rows, cols = np.r_[point.ravel(), pairs[:, 0], pairs[:, 1]], np.r_[point.ravel(), pairs[:, 1], pairs[:, 0]]
values = tension * np.r_[np.full(n, 4.0), np.full(2 * len(pairs), -1.0)]
A = sp.coo(rows, cols, values, (n, n), symmetric=True, positive_definite=True)

# %%
# A factorization to hold. `solve` keeps factorizations by itself; hold one where you want to be sure of it.
sparsead.factor_cache.clear()
factorizing = timeit.timeit(lambda: sp.factorize(A), number=1)
F = sp.factorize(A)
print(F)

# %%
# Unit loads at 64 points of a line across the membrane, one by one and in one block of right-hand sides.
along = point[np.linspace(10, m - 11, 64).astype(int), m // 3]
loads = np.zeros((n, along.size))
loads[along, np.arange(along.size)] = 1.0
one_by_one = timeit.timeit(lambda: [F.solve(load) for load in loads.T], number=1)
in_one_block = timeit.timeit(lambda: F.solve(loads), number=1)
w = F.solve(loads)

stats = sparsead.factor_cache.stats()
print(f"{n} unknowns, backend {F.backend}: {stats.factorizations} factorization, {stats.right_hand_sides} solutions")
print(f"factorization {1e3 * factorizing:.0f} ms, one solution {1e3 * one_by_one / 64:.1f} ms,")
print(f"one of a block of 64 {1e3 * in_one_block / 64:.1f} ms")
assert stats.factorizations == 1
assert stats.right_hand_sides == 3 * 64

# %%
# Maxwell's reciprocity: what a load at i moves at j, the same load at j moves at i. And every unit load is carried by
# the edge as a whole.
influence = w[along]
assert np.allclose(influence, influence.T, rtol=1e-9)
assert w.min() >= 0.0
edge = [point[0], point[-1], point[:, 0], point[:, -1]]
assert np.allclose(tension * sum(w[side].sum(axis=0) for side in edge), 1.0)

# %%
# The deflection under four of the positions, and what it costs to go on.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
shown = 1e3 * w[:, [4, 24, 44, 60]].sum(axis=1).reshape(m, m).T
image = left.imshow(shown, cmap="viridis", extent=(0, 1, 0, 1), origin="lower")
figure.colorbar(image, ax=left, label="deflection [mm]")
left.contour(shown, 12, colors="w", linewidths=0.5, extent=(0, 1, 0, 1))
left.set(xlabel="x [m]", ylabel="y [m]", title="four loads of 1 N")
cases = np.arange(1, 65)
right.plot(cases, cases * (factorizing + one_by_one / 64), color="0.6", lw=2, label="factorize for each load")
right.plot(cases, factorizing + cases * one_by_one / 64, color="#1f4e79", lw=2, label="one factorization")
right.plot(64, factorizing + in_one_block, "o", color="#c0392b", label="all 64 loads in one call")
right.set(xlabel="positions of the load", ylabel="time [s]", xscale="log", yscale="log")
right.set_title(f"{n} unknowns, {F.backend}")
right.legend(frameon=False)
figure.savefig("reuse_factorization.png", dpi=150)
