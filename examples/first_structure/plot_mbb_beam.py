r"""
Sensitivity of the half MBB beam
================================

Where would a little more material stiffen this beam most? The compliance :math:`c(x) = f^T u`, with
:math:`K(x)\,u = f`, is differentiated in the density of each cell: one factorization, none more for the gradient.

60 x 20 bilinear cells of unit size in plane stress, :math:`E(x) = E_{min} + x^3 (E_0 - E_{min})`, uniform density 0.5;
forces, lengths and moduli without units, as in the literature of topology optimization.
"""

import importlib
import timeit

import jax
import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

import sparsead.jax
import sparsead.numpy as sp

jax.config.update("jax_enable_x64", True)

# %%
# Index maps: points and cells are numbered down the columns, from the upper left corner.
nx, ny, e_0, poisson, power = 60, 20, 1.0, 0.3, 3
upper_left = (np.arange(nx)[:, None] * (ny + 1) + np.arange(ny)).ravel()
cells = np.stack([upper_left + 1, upper_left + ny + 2, upper_left + ny + 1, upper_left], axis=1)  # counter-clockwise
element_dofs = (2 * cells[:, :, None] + [0, 1]).reshape(-1, 8)

# %%
# Element rule: the integral of :math:`B^T C B` over a unit square with E = 1, by two Gauss points in each direction.
elastic = np.array([[1, poisson, 0], [poisson, 1, 0], [0, 0, (1 - poisson) / 2]]) / (1 - poisson**2)
corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
element = np.zeros((8, 8))
for s, t in corners / np.sqrt(3):
    by_x, by_y = corners[:, 0] * (1 + t * corners[:, 1]) / 2, corners[:, 1] * (1 + s * corners[:, 0]) / 2
    strain = np.zeros((3, 8))
    strain[0, 0::2], strain[1, 1::2], strain[2, 0::2], strain[2, 1::2] = by_x, by_y, by_y, by_x
    element += strain.T @ elastic @ strain / 4

# %%
# The left side is the plane of symmetry, the lower right corner rests on a roller, a unit force presses on the upper
# left corner. Triplets of prescribed dofs are left out.
free = np.ones(2 * (nx + 1) * (ny + 1), bool)
free[0 : 2 * (ny + 1) : 2] = free[-1] = False
number, n = np.cumsum(free) - 1, int(free.sum())
rows, cols = np.repeat(element_dofs, 8, axis=1).ravel(), np.tile(element_dofs, 8).ravel()
kept = np.flatnonzero(free[rows] & free[cols])
rows, cols, cell, entry = number[rows[kept]], number[cols[kept]], kept // 64, element.ravel()[kept % 64]
f = np.where(np.arange(n) == number[1], -1.0, 0.0)


def triplet_values(x, e_min=1e-9):
    """Return what the cells add to the stiffness."""
    return (e_min + x**power * (e_0 - e_min))[cell] * entry


def structure(front_end, **limits):
    """Return stiffness and compliance as functions of the densities; every front-end has the same names."""
    make = front_end.triplets(rows, cols, (n, n), symmetric=True, positive_definite=True)
    return lambda x: make(triplet_values(x)), lambda x: f @ front_end.solve(make(triplet_values(x, **limits)), f)


def agree(name, found, reference):
    """Assert nine digits, of arrays relative to their largest entry."""
    assert np.all(np.abs(found - reference) <= 0.5e-9 * np.max(np.abs(reference))), (name, found, reference)


# %%
# Value and gradient. For c the cotangent of u is f again and K is symmetric: its adjoint solve is already done.
x, cache = np.full(nx * ny, 0.5), sparsead.factor_cache
cache.clear()
stiffness, compliance = structure(sp)
c, pullback = sp.vjp(compliance, x)
(gradient,), cost = pullback(1.0), cache.stats()
cache.clear()
norm, norm_gradient = sp.norm_solve_and_grad(lambda x: sp.vjp(stiffness, x), x, f)
for name, stats, solves in (("c", cost, 1), ("|K^-1 f|", cache.stats(), 2)):
    print(f"{name} and its gradient took {stats.factorizations} factorization, triangular solves: {stats.solves}")
    assert (stats.factorizations, stats.solves) == (1, solves)
found = {"c": c, "|K^-1 f|": norm, "sum dc/dx": gradient.sum(), "dc/dx[0]": gradient[0]}
for name, reference in zip(found, (1007.022100723, 24752.181415931, -6042.132555958, -148.6937750144), strict=True):
    print(f"{name:10} {found[name]:18.9f}   reference {reference:18.9f}")
    agree(name, found[name], reference)

# %%
# From outside: a difference along an imaginary step by SciPy, and Euler's identity, for c is homogeneous if E_min = 0.
direction = np.random.default_rng(0).standard_normal(x.size)
difference = (f @ spsolve(csc_array((triplet_values(x + 1e-30j * direction), (rows, cols))), f + 0j)).imag / 1e-30
c_0, pullback_0 = sp.vjp(structure(sp, e_min=0.0)[1], x)
euler = x @ pullback_0(1.0)[0]
print(f"along a random direction {gradient @ direction:.6f}, by a difference {difference:.6f}")
print(f"with E_min = 0: sum of x dc/dx = {euler:.6f}, -p c = {-power * c_0:.6f}")
agree("difference", gradient @ direction, difference)
agree("identity", euler, -power * c_0)

# %%
# The same in JAX and in HIPS autograd.
for name in (others := ["jax", *filter(importlib.util.find_spec, ["autograd"])]):
    front_end, library = importlib.import_module(f"sparsead.{name}"), importlib.import_module(name)
    stiffness, compliance = structure(front_end)
    numbers = (*library.value_and_grad(compliance)(x), *front_end.norm_solve_and_grad(stiffness, x, f))
    for mine, reference in zip(numbers, (c, gradient, norm, norm_gradient), strict=True):
        agree(name, mine, reference)
print("same numbers from", *others, "" if "autograd" in others else "(autograd is not installed)")

# %%
# Time of a call, jitted, the best of 40; other densities at each call, so that no factorization is found again.
draw, compliance = np.random.default_rng(1).uniform, structure(sparsead.jax)[1]
functions = (jax.jit(compliance), jax.jit(jax.value_and_grad(compliance)))
calls = [lambda g=g: jax.block_until_ready(g(x * draw())) for g in functions]
alone, both = 1e3 * np.min([[timeit.timeit(call, number=1) for call in calls] for _ in range(40)], axis=0)
print(f"value {alone:.1f} ms, value and gradient {both:.1f} ms: {both / alone:.2f} times")

# %%
# What one unit of density more in a cell would save.
# sphinx_gallery_squares = {0: (-3.0, 28.0, -4.0, 27.0)}
figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")
image = axes.imshow(-gradient.reshape(nx, ny).T, norm="log", vmin=0.1, cmap="magma", extent=(0, nx, 0, ny))
figure.colorbar(image, label=r"$-\partial c / \partial x$, compliance saved per density", shrink=0.8, extend="min")
axes.plot(9 * [-0.8] + [nx - 1.3, nx, nx + 1.3], [*np.linspace(1, ny - 1, 9), *3 * [-0.8]], "o", color="k", mfc="w")
axes.plot([-1.6, -1.6, np.nan, nx - 2.5, nx + 2.5], [0, ny, np.nan, -1.6, -1.6], "k", lw=2.5)
axes.annotate("F = 1", (0, ny), (0, ny + 6), ha="center", size=13, arrowprops={"width": 3, "color": "C3"})
axes.set_title(f"half MBB beam: compliance {c:.4f}, sensitivities sum to {gradient.sum():.4f}", y=0.93)
axes.set(xlim=(-3, nx + 3), ylim=(-2.5, ny + 7.5), frame_on=False, xticks=[], yticks=[])
figure.savefig("mbb_beam.png", dpi=150)
print("picture: mbb_beam.png")
