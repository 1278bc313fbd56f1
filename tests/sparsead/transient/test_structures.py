"""Heat flow and structures in SI units: design variables of each, against extrapolated differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.testing.differences import relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
transient = require("sparsead.transient")
check_derivatives = require("tests.sparsead.transient.derivatives").check_derivatives

march = transient.march

# A plate of 6 x 6 cells of 10 mm, 5 mm thick; conductivity [W/(m K)], density times heat capacity [J/(m^3 K)].
SIDE, CELL, DEPTH, CAPACITY = 6, 0.01, 0.005, 2.4e6
CELLS = SIDE * SIDE
GRID = np.arange(CELLS).reshape(SIDE, SIDE)
FIRST = np.r_[GRID[:, :-1].ravel(), GRID[:-1].ravel()]
SECOND = np.r_[GRID[:, 1:].ravel(), GRID[1:].ravel()]
EDGE = GRID[:, 0]
PLATE = sp.triplets(
    np.r_[FIRST, SECOND, FIRST, SECOND, EDGE], np.r_[FIRST, SECOND, SECOND, FIRST, EDGE], (CELLS, CELLS),
    positive_definite=True,
)  # fmt: skip
HEAT_CAPACITY = sp.diags([CAPACITY * CELL**2 * DEPTH * jnp.ones(CELLS)]).declare(symmetric=True, positive_definite=True)
CONDUCTIVITY = jnp.linspace(20.0, 200.0, CELLS)
AMBIENT = 293.15
SIGMA = 5.670374419e-8


def conduction(k: Any) -> Any:
    """Heat flow between neighbours by the harmonic mean of their conductivities, one edge held at zero. Unit: [W/K]."""
    between = DEPTH * 2.0 / (1.0 / k[FIRST] + 1.0 / k[SECOND])
    return PLATE(jnp.concatenate([between, between, -between, -between, 2.0 * DEPTH * k[EDGE]]))


def warm_up(k: Any, power: Any, **options: Any) -> Any:
    """Rise of temperature under a heater in the far corner. Unit: [K]."""
    heater = power * jnp.zeros(CELLS).at[-1].set(1.0)
    settings = {"h": 2.0} | options
    return march(
        jnp.zeros(CELLS), [0.0, 10.0, 40.0], mass=HEAT_CAPACITY, stiffness=conduction(k), load=heater, **settings
    )


@pytest.mark.parametrize("method", ["backward_euler", "crank_nicolson"])
def test_conductivity_field_of_a_plate(method: str) -> None:
    check_derivatives(lambda k, q: warm_up(k, q, method=method), (CONDUCTIVITY, jnp.asarray(50.0)))


def test_heat_that_came_in_is_stored_or_went_out() -> None:
    k, power, h = CONDUCTIVITY, 50.0, 2.0
    u = march(jnp.zeros(CELLS), h * np.arange(21), mass=HEAT_CAPACITY, stiffness=conduction(k),
              load=power * jnp.zeros(CELLS).at[-1].set(1.0), h=h)  # fmt: skip
    out = 2.0 * DEPTH * h * float(jnp.sum(k[EDGE] * u[1:, EDGE]))
    stored = float(jnp.sum(HEAT_CAPACITY @ u[-1]))
    assert stored + out == pytest.approx(power * 40.0, rel=1e-12)


def test_radiating_plate() -> None:
    """σ ε A (T^4 - T0^4) from both faces: Newton in every step, T absolute."""
    area = 2 * CELL**2

    def run(k: Any, emissivity: Any) -> Any:
        return march(
            900.0 * jnp.ones(CELLS), [0.0, 20.0, 60.0], emissivity, mass=HEAT_CAPACITY, stiffness=0.01 * conduction(k),
            internal=lambda t, u, e: SIGMA * e * area * (u**4 - AMBIENT**4),
            tangent=lambda t, u, e: sp.diags([4 * SIGMA * e * area * u**3]), method="sdirk2", h=10.0,
        )  # fmt: skip

    cooled = run(CONDUCTIVITY, jnp.asarray(0.8))
    assert AMBIENT < float(cooled[-1].max()) < 890.0
    check_derivatives(run, (CONDUCTIVITY, jnp.asarray(0.8)))


# A steel cantilever of six elements of 0.1 m, 20 mm wide; the heights [m] are designed.
ELEMENTS, LENGTH, WIDTH, STEEL, DENSITY = 6, 0.1, 0.02, 210e9, 7850.0
DOFS = 2 * ELEMENTS
_L = LENGTH
BENDING = np.array(
    [[12, 6 * _L, -12, 6 * _L], [6 * _L, 4 * _L**2, -6 * _L, 2 * _L**2],
     [-12, -6 * _L, 12, -6 * _L], [6 * _L, 2 * _L**2, -6 * _L, 4 * _L**2]]
) / _L**3  # fmt: skip
INERTIA = np.array(
    [[156, 22 * _L, 54, -13 * _L], [22 * _L, 4 * _L**2, 13 * _L, -3 * _L**2],
     [54, 13 * _L, 156, -22 * _L], [-13 * _L, -3 * _L**2, -22 * _L, 4 * _L**2]]
) * _L / 420  # fmt: skip
PLACES = 2 * np.arange(ELEMENTS)[:, None] + np.arange(-2, 2)  # the clamped end has the numbers -2 and -1
ROWS, COLS = (np.broadcast_to(x, (ELEMENTS, 4, 4)).ravel() for x in (PLACES[:, :, None], PLACES[:, None, :]))
FREE = (ROWS >= 0) & (COLS >= 0)
BEAM = sp.triplets(ROWS[FREE], COLS[FREE], (DOFS, DOFS), positive_definite=True)
HEIGHTS = jnp.linspace(0.03, 0.02, ELEMENTS)


def beam(height: Any) -> tuple[Any, Any]:
    """Consistent mass in kg and stiffness in N/m of displacements and rotations."""
    stiff, mass = STEEL * WIDTH * height**3 / 12, DENSITY * WIDTH * height
    return tuple(
        BEAM((factor[:, None, None] * matrix).ravel()[FREE]) for factor, matrix in ((mass, INERTIA), (stiff, BENDING))
    )


def hit(height: Any, force: Any, **options: Any) -> Any:
    """Motion after an impact of half a sine of 1 ms at the tip."""
    mass, stiffness = beam(height)

    def impact(t: Any, force: Any) -> Any:
        return jnp.zeros(DOFS).at[-2].set(jnp.where(t < 1e-3, force * jnp.sin(1e3 * np.pi * t), 0.0))

    return march(
        jnp.zeros(DOFS), [0.0, 1e-3, 3e-3], force, mass=mass, stiffness=stiffness, v0=jnp.zeros(DOFS),
        damping=5.0 * mass + 1e-6 * stiffness, load=impact, **({"h": 5e-5} | options),
    )  # fmt: skip


@pytest.mark.parametrize("method", ["newmark", transient.generalized_alpha(0.5)], ids=lambda m: getattr(m, "name", m))
def test_heights_of_a_cantilever_under_an_impact(method: Any) -> None:
    check_derivatives(lambda height, force: hit(height, force, method=method).u, (HEIGHTS, jnp.asarray(1e4)))


def test_cantilever_swings_with_its_first_frequency() -> None:
    """Bent like its first mode and let go: after a period of theory, 3.516 / L^2 sqrt(EI / ρA), it is back."""
    height = 0.02 * jnp.ones(ELEMENTS)
    mass, stiffness = beam(height)
    omega = 1.875104068711961**2 / (ELEMENTS * LENGTH) ** 2 * np.sqrt(STEEL * 0.02**2 / 12 / DENSITY)
    dense_m, dense_k = (np.asarray(sp.to_dense(x)) for x in (mass, stiffness))
    half = np.linalg.inv(np.linalg.cholesky(dense_m))
    squares, modes = np.linalg.eigh(half @ dense_k @ half.T)
    assert np.sqrt(squares[0]) == pytest.approx(omega, rel=1e-4)
    bent = jnp.asarray(half.T @ modes[:, 0])
    period = 2 * np.pi / omega
    motion = march(bent, [0.0, period], mass=mass, stiffness=stiffness, v0=jnp.zeros(DOFS), h=period / 400)
    assert relative_gap(motion.u[-1], bent) < 1e-3
