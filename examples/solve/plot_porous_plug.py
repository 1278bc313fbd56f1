r"""
Slow flow past a porous plug: a saddle point with a pressure
============================================================

Water creeps through a channel and around a porous plug. The velocity is the one that dissipates least among all that
conserve volume, and the pressure is the multiplier of that constraint:

.. math::

    \begin{bmatrix} H(\alpha) & B^T \\ B & 0 \end{bmatrix}
    \begin{bmatrix} u \\ p \end{bmatrix} = \begin{bmatrix} f \\ g \end{bmatrix}

with the resistance :math:`\alpha` of each cell in H (Brinkman's equation). ``solve_saddle`` factorizes the indefinite
matrix, and checks by the signs of its eigenvalues that the solution is a minimum.
"""

import matplotlib.pyplot as plt
import numpy as np

import sparsead
import sparsead.numpy as sp

# %%
# A channel of 2 x 1 mm, velocities on the faces of square cells, the pressure inside of them.
nx, ny = 24, 12
length, height = 2.0e-3, 1.0e-3  # [m]
viscosity, mean_velocity = 1.0e-3, 1.0e-3  # [Pa s], [m/s]: water at 1 mm/s
h = height / ny
assert np.isclose(h, length / nx)


def line(n, ends):
    """Return the second difference of n values; `ends` 2 where walls are a step away, 3 where half a step."""
    main = np.full(n, 2.0)
    main[[0, -1]] = ends
    return sp.diags([main, -np.ones(n - 1), -np.ones(n - 1)], [0, 1, -1], positive_definite=True)


def between(n, left, right):
    """Return the matrix, shape (n - 1, n), that combines neighbours."""
    return sp.diags([np.full(n - 1, left), np.full(n - 1, right)], [0, 1], (n - 1, n))


# %%
# Horizontal velocities stand on nx - 1 columns of faces, vertical ones on ny - 1 rows; those at walls, inlet and outlet
# are known. B takes the outflow of each cell from them. Since inflow and outflow are given, the pressure is known but
# for a constant: one is held at zero, without its row in B.
along_x = sp.kron(line(nx - 1, 2.0), sp.eye(ny)) + sp.kron(sp.eye(nx - 1), line(ny, 3.0))
along_y = sp.kron(line(nx, 3.0), sp.eye(ny - 1)) + sp.kron(sp.eye(nx), line(ny - 1, 2.0))
viscous = viscosity * sp.block([[along_x, None], [None, along_y]])  # [Pa s]
gradient = sp.block([[sp.kron(between(nx, -h, h), sp.eye(ny))], [sp.kron(sp.eye(nx), between(ny, -h, h))]])  # [m]
mean = sp.block([[sp.kron(between(nx, 0.5, 0.5), sp.eye(ny))], [sp.kron(sp.eye(nx), between(ny, 0.5, 0.5))]])
B = gradient.T[1:]

profile = sp.solve(line(ny, 3.0), np.ones(ny))
profile *= mean_velocity / profile.mean()
f, g = np.zeros(len(mean @ np.zeros(nx * ny))), np.zeros((nx, ny))
f[:ny] = f[(nx - 2) * ny : (nx - 1) * ny] = viscosity * profile  # drag of what enters and leaves
g[0], g[-1] = -h * profile, h * profile


def flow(alpha):
    """Return velocities [m/s] and pressures [Pa] for the resistances of the cells [Pa s/m^2]."""
    H = viscous + sp.diags([h**2 * (mean @ alpha)])
    return sp.solve_saddle(H, B, f, g.ravel()[1:])


# %%
# Without a plug the flow is Poiseuille's: the same in each column, with a pressure that falls evenly.
u, p = flow(np.zeros(nx * ny))
pressure = np.r_[0.0, p].reshape(nx, ny)
assert np.allclose(u[: (nx - 1) * ny].reshape(nx - 1, ny), profile, rtol=1e-9, atol=0.0)
fall = (pressure[0] - pressure[-1]).mean() * nx / (nx - 1)
print(f"pressure falls by {fall:.4f} Pa, {12 * viscosity * mean_velocity * length / height**2:.4f} in theory")
assert np.isclose(fall, 12 * viscosity * mean_velocity * length / height**2, rtol=0.02)

# %%
# A plug of permeability viscosity / resistance = 1e-10 m^2, and what one more unit of resistance in each cell costs in
# power. The flow minimizes the power, so that only its explicit dependence counts: the slope is the squared velocity.
x, y = (np.arange(nx) + 0.5) * h, (np.arange(ny) + 0.5) * h
inside = np.hypot(x[:, None] - 0.9e-3, y - 0.4e-3) < 0.22e-3
plug = 1.0e7 * inside.ravel()  # [Pa s/m^2]


def power(alpha):
    """Return the dissipated power, less what the ends contribute whatever is between [W/m]."""
    u, _ = flow(alpha)
    return u @ (viscous @ u) + (h**2 * (mean @ alpha) * u) @ u - 2.0 * (f @ u)


sparsead.factor_cache.clear()
value, pullback = sp.vjp(power, plug)
(slope,) = pullback(np.array(1.0))
assert sparsead.factor_cache.stats().factorizations == 1
u, p = flow(plug)
assert np.allclose(slope, h**2 * (mean.T @ u**2), rtol=1e-8, atol=1e-9 * slope.max())
direction = np.cos(np.arange(nx * ny))
step = 1e-5 * plug.max()
quotient = (power(plug + step * direction) - power(plug - step * direction)) / (2 * step)
print(f"slope along a direction {slope @ direction:.6e}, by differences {quotient:.6e} W/m per Pa s/m^2")
assert np.isclose(slope @ direction, quotient, rtol=1e-5, atol=0.0)

# %%
# Water goes around, faster in the wider gap, where resistance would cost most.
across = np.zeros((nx + 1, ny))
across[1:-1], across[[0, -1]] = u[: (nx - 1) * ny].reshape(nx - 1, ny), profile
up = np.zeros((nx, ny + 1))
up[:, 1:-1] = u[(nx - 1) * ny :].reshape(nx, ny - 1)
figure, axes = plt.subplots(2, 1, figsize=(7.0, 7.0), layout="constrained")
fields = (
    (1e3 * np.r_[0.0, p].reshape(nx, ny), "viridis", "pressure [mPa]"),
    (slope.reshape(nx, ny) / h**2 * 1e6, "magma", "cost of resistance: squared velocity [mm²/s²]"),
)
for ax, (field, colours, label) in zip(axes, fields, strict=True):
    image = ax.pcolormesh(1e3 * x, 1e3 * y, field.T, cmap=colours, shading="nearest")
    ax.streamplot(
        1e3 * x,
        1e3 * y,
        (across[1:] + across[:-1]).T,
        (up[:, 1:] + up[:, :-1]).T,
        color="w",
        linewidth=0.7,
        density=0.8,
    )
    ax.add_patch(plt.Circle((0.9, 0.4), 0.22, fill=False, color="w", lw=2.5))
    figure.colorbar(image, label=label)
    ax.set(aspect="equal", xlabel="x [mm]", ylabel="y [mm]")
axes[0].set_title("Slow flow past a porous plug")
figure.savefig("porous_plug.png", dpi=150)
