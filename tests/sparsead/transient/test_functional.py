"""Integrals over time beside a march: order of the method, exact derivatives, nothing kept beyond the checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
transient = require("sparsead.transient")
check_derivatives = require("tests.sparsead.transient.derivatives").check_derivatives
rods = require("tests.sparsead.transient.test_march")

march = transient.march
RATES = jnp.array([100.0, 250.0])
START = jnp.array([1.0, 2.0])
END = 0.01


def both(t: Any, u: Any, p: Any) -> Any:
    return {"both": p * t * u[0] * u[1]}


def kinetic(t: Any, motion: Any, p: Any) -> Any:
    return motion.v @ motion.v / 2


def decay(method: str, **options: Any) -> Any:
    """Integral of ``t * u_0 u_1`` along two decays, whose value is known."""
    mass = sp.diags([jnp.ones(2)]).declare(symmetric=True, positive_definite=True)
    return march(
        START, [0.0, END / 2, END], 3.0, mass=mass, stiffness=sp.diags([RATES]), method=method,
        functional=both, **options,
    )  # fmt: skip


def exact(t: float) -> float:
    rate = float(RATES.sum())
    return 3.0 * 2.0 * (1 - np.exp(-rate * t) * (1 + rate * t)) / rate**2


ORDERS = {"backward_euler": 1, "crank_nicolson": 2, "sdirk2": 2, "tr_bdf2": 2, "sdirk4": 4, "esdirk4": 4, "rk4": 4}


@pytest.mark.parametrize("method", ORDERS)
def test_integral_has_the_order_of_its_method(method: str) -> None:
    errors = [np.asarray(decay(method, h=END / n)[1]["both"])[1:] - [exact(END / 2), exact(END)] for n in (16, 32)]
    np.testing.assert_allclose(np.log2(np.abs(errors[0] / errors[1])), ORDERS[method], atol=0.35)


def swinging(method: Any, steps: int) -> float:
    """Kinetic energy over time of one mass on a spring: half of the total, on average."""
    one = jnp.ones(1)
    mass = sp.diags([one]).declare(symmetric=True, positive_definite=True)
    _, integral = march(
        one, [0.0, 1.0], mass=mass, stiffness=4.0 * mass, v0=0 * one, method=method, h=1.0 / steps,
        functional=kinetic,
    )  # fmt: skip
    return float(integral[-1])


@pytest.mark.parametrize("method", ["newmark", "generalized_alpha", "central_difference"])
def test_integral_along_a_motion_is_of_second_order(method: str) -> None:
    value = 1.0 - np.sin(4.0) / 4.0
    errors = [swinging(method, steps) - value for steps in (32, 64)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


def work(second: bool, k: Any, force: Any, **options: Any) -> Any:
    """What the load does, of a rod that is warmed or shaken."""
    stiffness, h = rods.stiffness(k), rods.H
    more = {"mass": 1e3 * rods.MASS}
    if second:
        more = {"mass": rods.MASS, "damping": 1e-5 * stiffness, "v0": 0.1 * jnp.ones(rods.N)}
    return march(
        rods.U0, [0.0, 4 * h, 12 * h], {"force": force}, stiffness=stiffness, load=rods.load, **more,
        functional=lambda t, u, p: rods.load(t, p) @ (u.v if second else u), **({"h": h} | options),
    )  # fmt: skip


CASES = [(False, {"method": "sdirk2"}), (False, {"method": "tr_bdf2", "rtol": 1e-3, "atol": 1e-6})]
CASES += [(True, {"checkpoint": "sqrt"}), (True, {"checkpoint": transient.Binomial(3)})]


@pytest.mark.parametrize(("second", "options"), CASES, ids=str)
def test_tangent_is_the_difference_and_adjoint_its_transpose(second: bool, options: dict[str, Any]) -> None:
    primals = (rods.K0, jnp.asarray(3.0))
    check_derivatives(lambda k, f: work(second, k, f, **options)[1][1:], primals, differences="rtol" not in options)


def test_integral_of_the_power_is_the_change_of_energy() -> None:
    """Newmark's method has the balance of energy of the mean forces: trapezoidal sums of the power, to second order."""
    gaps = []
    for h in (rods.H / 10, rods.H / 20):
        motion, done = work(True, rods.K0, 300.0, h=h)
        k = rods.stiffness(rods.K0)
        energy = [0.5 * float(v @ (rods.MASS @ v) + u @ (k @ u)) for u, v in zip(motion.u, motion.v, strict=True)]
        lost = march(
            rods.U0, [0.0, 12 * rods.H], {"force": 300.0}, mass=rods.MASS, stiffness=k, damping=1e-5 * k, h=h,
            v0=0.1 * jnp.ones(rods.N), load=rods.load, functional=lambda t, m, p, k=k: 1e-5 * (m.v @ (k @ m.v)),
        )[1]  # fmt: skip
        gaps.append(abs(energy[-1] - energy[0] - float(done[-1]) + float(lost[-1])) / abs(float(done[-1])))
    assert gaps[0] < 0.02
    assert gaps[1] < 0.3 * gaps[0]


def test_it_takes_no_part_in_the_steps_and_keeps_few_numbers() -> None:
    plain = march(
        rods.U0, [0.0, 0.05], mass=1e3 * rods.MASS, stiffness=rods.stiffness(rods.K0), method="tr_bdf2", rtol=1e-4,
        full_output=True,
    )  # fmt: skip
    _, _, stats = both = march(
        rods.U0, [0.0, 0.05], mass=1e3 * rods.MASS, stiffness=rods.stiffness(rods.K0), method="tr_bdf2", rtol=1e-4,
        full_output=True, functional=lambda t, u, p: 1e6 * jnp.sin(1e5 * t),
    )  # fmt: skip
    np.testing.assert_array_equal(plain[0], both[0])
    assert int(stats.accepted) == int(plain[1].accepted)
    assert int(stats.stored_bytes - plain[1].stored_bytes) == 8 * 3 * int(stats.accepted)  # q and two integrands


def test_integral_with_supports_that_move_sees_all_dofs() -> None:
    base = lambda t, p: p * t[None]  # noqa: E731
    _, integral = march(
        jnp.zeros(rods.N), [0.0, 0.01], 2.0, mass=rods.MASS, stiffness=rods.stiffness(rods.K0), v0=jnp.zeros(rods.N),
        prescribed=([3], base), h=rods.H, functional=lambda t, motion, p: (motion.u[3], motion.v[3]),
    )  # fmt: skip
    np.testing.assert_allclose(np.stack(integral)[:, -1], [1e-4, 2e-2], rtol=1e-12)


@pytest.mark.parametrize(("options", "place"), [({"h": 1e-3}, "t = 0.006"), ({"method": "tr_bdf2", "rtol": 1e-2}, "")])
def test_integrand_that_is_not_finite_is_named(options: dict[str, Any], place: str) -> None:
    with pytest.raises(sparsead.errors.NonFiniteError, match=rf"got: .*functional, component 1 = nan.*{place}"):
        march(
            START, [0.0, 0.01], mass=sp.eye(2), stiffness=sp.diags([RATES]), **options,
            functional=lambda t, u, p: (t, jnp.sqrt(0.0055 - t)),
        )  # fmt: skip


def test_multistep_methods_are_refused() -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=r"got: .*method=\"bdf3\""):
        decay("bdf3", h=1e-3)
