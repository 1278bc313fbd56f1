r"""
A rule of one's own: the logarithm of a determinant
===================================================

Springs in a heat bath at temperature T fluctuate, and the free energy of a network with stiffness K is
:math:`\tfrac12 k_B T \log\det K`. For :math:`\log|\det A|` the library has ``logdet``, which
reads the gradient in the factors; here is the same as a rule of one's own, by solves, as one writes it for an operation
that is missing.

.. math::

    y = \log|\det A|, \qquad dy = \mathrm{tr}(A^{-1} dA), \qquad \bar A_{ij} = \bar y\,(A^{-1})_{ji}

on the stored entries: with :math:`X = A^{-1}` (one solve, n right-hand sides) and the unit vectors U,
``values_bar = y_bar sddmm(U, X)``. Both are among the kernels, so that second derivatives come by themselves.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from scipy.linalg import lu

import sparsead.numpy as sp
from sparsead.rules import Rule, SolveOptions
from sparsead.testing import check_rule

# %%
# The rule. Values are (b, s): a batch of matrices on one pattern.


def inverse_on_pattern(kernels, values, pattern, options):
    """Return the entry (j, i) of the inverse for each stored entry (i, j), shape (b, s)."""
    unit = np.broadcast_to(np.eye(pattern.shape[0]), (values.shape[0], *pattern.shape))
    inverse = kernels.solve(values, unit, pattern=pattern, options=options, trans="N")
    return kernels.sddmm(unit, inverse, pattern=pattern)


def primal(kernels, values, *, pattern, options):
    """Return log |det A| of each matrix, shape (b,), from its factors."""
    matrices = (sp.SparseArray(v, pattern, options.structure) for v in values)
    return np.array([sp.factorize(matrix, backend=options.backend).log_abs_det() for matrix in matrices])


def jvp(kernels, primals, y, tangents, *, pattern, options):
    """Return the trace of the inverse times the tangent, shape (b,)."""
    return (inverse_on_pattern(kernels, primals[0], pattern, options) * tangents[0]).sum(1)


def vjp(kernels, primals, y, y_bar, wanted, *, pattern, options):
    """Return the cotangent of the stored values, shape (b, s)."""
    return (inverse_on_pattern(kernels, primals[0], pattern, options) * y_bar[:, None],)


RULE = Rule("log_abs_det", primal, jvp, vjp, linear=(False,))


def log_abs_det(A):
    """Return log |det A|; by SuperLU, which tells the determinant and is always there."""
    return sp.apply(RULE, A.values[None], pattern=A.pattern, options=SolveOptions(A.structure, "superlu"))[0]


# %%
# A net of springs: 13 x 13 points with a hole, every point joined to its neighbours, the left side held. Stiffness in
# units of the stiffest; energies in units of k_B T.
x, y = (axis.ravel() for axis in np.meshgrid(np.arange(13), np.arange(13), indexing="ij"))
there = np.hypot(x - 6, y - 6) > 2.5
x, y = x[there], y[there]
near = np.hypot(x[:, None] - x, y[:, None] - y) == 1
first, second = np.nonzero(np.triu(near & ((x[:, None] > 0) | (x > 0))))
spring = np.arange(first.size)
k = 0.1 + 0.9 * np.random.default_rng(0).random(first.size)
number = np.where(x > 0, np.cumsum(x > 0) - 1, -1)
n = number.max() + 1
rows, cols = number[np.r_[first, second, first, second]], number[np.r_[first, second, second, first]]
kept = np.flatnonzero((rows >= 0) & (cols >= 0))
stiffness = sp.triplets(rows[kept], cols[kept], (n, n), symmetric=True, positive_definite=True)
of_triplet, sign = np.tile(spring, 4)[kept], np.repeat([1.0, 1.0, -1.0, -1.0], spring.size)[kept]


def free_energy(k):
    """Return the free energy of the net."""
    return 0.5 * log_abs_det(stiffness(k[of_triplet] * sign))


# %%
# First the checker: value, tangent, cotangent, batches, second order and cost, against dense NumPy. The determinant is
# that of a matrix with free entries, symmetric or not.
K = stiffness(k[of_triplet] * sign)


def oracle(values):
    """Return log |det A| by LU of the full matrices; complex values keep their phase, for complex steps."""
    full = np.zeros((len(values), n, n), values.dtype)
    full[:, K.pattern.indices, K.pattern.cols] = values
    triangular = [lu(matrix)[2] for matrix in full]
    return np.array([np.log(np.diagonal(u) * np.sign(np.diagonal(u).real)).sum() for u in triangular])


check_rule(RULE, oracle, [K.values[None]], static={"pattern": K.pattern, "options": SolveOptions(backend="superlu")})

# %%
# Then the physics. Stiffness times force is the mean energy of a spring. A spring alone has k_B T / 2, by
# equipartition; in a net the springs share, and all of them together have k_B T / 2 for each free point.
energy, pullback = sp.vjp(free_energy, k)
share = k * pullback(1.0)[0]
print(f"free energy {energy:.6f} kT; {n} free points, energy of all springs {share.sum():.12f} kT")
assert np.isclose(share.sum(), n / 2, rtol=1e-12)
assert np.all((share > 0) & (share <= 0.5 + 1e-12))

# %%
# What each spring holds: stiff springs at edges share with few others.
figure, axes = plt.subplots(figsize=(6.4, 5.4), layout="constrained")
lines = LineCollection(np.stack([np.c_[x, y][first], np.c_[x, y][second]], axis=1), array=share, cmap="plasma")
lines.set_linewidth(1 + 5 * k)
axes.add_collection(lines)
axes.plot(x[x > 0], y[x > 0], ".", color="0.3", ms=4)
axes.plot(x[x == 0], y[x == 0], "s", color="k", ms=7, label="held")
axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.02), frameon=False)
figure.colorbar(lines, label="mean energy of a spring [kT]; line width: stiffness", shrink=0.85)
axes.set(aspect="equal", title=f"{first.size} springs share {share.sum():.1f} kT: kT / 2 for each of {n} free points")
axes.set_axis_off()
figure.savefig("own_rule.png", dpi=150)
