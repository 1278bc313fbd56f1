"""Semi-discrete systems: counts of factorizations and solves, exact derivatives in matrices, loads and states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.testing.differences import extrapolated_difference, relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
transient = require("sparsead.transient")
check_derivatives = require("tests.sparsead.transient.derivatives").check_derivatives

march = transient.march
N, H = 24, 1e-3
LINE = np.arange(N)
NEXT = LINE[:-1]
# A rod of cells in SI units: conductances or stiffnesses k, capacities or masses m.
PLACES = (np.r_[LINE, NEXT, NEXT + 1], np.r_[LINE, NEXT + 1, NEXT])
ASSEMBLE = sp.triplets(*PLACES, (N, N), positive_definite=True)
K0 = jnp.linspace(2e5, 3e5, N)
MASS = sp.diags([jnp.linspace(0.5, 0.8, N)]).declare(symmetric=True, positive_definite=True)
U0 = 1e-3 * jnp.sin(jnp.arange(N) * 0.3)


def stiffness(k: Any) -> Any:
    return ASSEMBLE(jnp.concatenate([k + jnp.concatenate([k[1:], jnp.ones(1)]), -k[1:], -k[1:]]))


def load(t: Any, p: Any) -> Any:
    return p["force"] * jnp.sin(300.0 * t) * jnp.ones(N)


def heat(k: Any, force: Any, steps: int = 12, **options: Any) -> Any:
    settings = {"h": H} | options
    return march(
        U0, [0.0, 4 * H, steps * H], {"force": force}, mass=1e3 * MASS, stiffness=stiffness(k), load=load, **settings
    )


def shaken(k: Any, force: Any, steps: int = 12, **options: Any) -> Any:
    return march(
        U0, [0.0, 4 * H, steps * H], {"force": force}, mass=MASS, stiffness=stiffness(k), load=load,
        damping=20.0 * MASS + 1e-5 * stiffness(k), v0=0.1 * jnp.ones(N), **({"h": H} | options),
    ).u  # fmt: skip


FIRST = ["backward_euler", "tr_bdf2", "bdf2", "rk4"]
SECOND = ["newmark", "hht", "generalized_alpha", "central_difference"]
CASES = [(heat, {"method": m}) for m in FIRST] + [(shaken, {"method": m}) for m in SECOND]
CASES += [(heat, {"method": "tr_bdf2", "rtol": 1e-3, "atol": 1e-6}), (heat, {"checkpoint": "sqrt"})]
CASES += [(shaken, {"checkpoint": transient.Binomial(3)}), (shaken, {"h": None, "rtol": 1e-3, "atol": 1e-6})]


@pytest.mark.parametrize(("run", "options"), CASES, ids=lambda x: getattr(x, "__name__", str(x)))
def test_tangent_is_the_difference_and_adjoint_its_transpose(run: Any, options: dict[str, Any]) -> None:
    check_derivatives(lambda k, f: run(k, f, **options), (K0, jnp.asarray(3.0)), differences="rtol" not in options)


@pytest.mark.parametrize("gradient", ["aca", "forward"])
def test_compiled_tangents_keep_no_states(gradient: str) -> None:
    """The record of a run to one time goes, since nothing else in the program needs it: tangents must not."""

    def last(k: Any) -> Any:
        return march(U0, [0.0, 1000 * H], mass=MASS, stiffness=stiffness(k), h=H, gradient=gradient)[-1]

    tangent = jax.jit(lambda k: jax.jvp(last, (k,), (k,))[1]).lower(K0).compile()
    assert tangent.memory_analysis().temp_size_in_bytes < 100 * U0.nbytes


@pytest.mark.parametrize(("run", "extra"), [(heat, 0), (shaken, 1)])
def test_gradient_is_one_factorization_and_one_solve_more_for_each_step(run: Any, extra: int) -> None:
    loss = lambda k: jnp.sum(run(k, 3.0)[-1] ** 2)  # noqa: E731
    jax.block_until_ready(loss(K0))
    first = sparsead.factor_cache.stats()
    assert (first.factorizations, first.solves) == (1 + extra, 12 + extra)
    sparsead.factor_cache.clear()
    jax.block_until_ready(jax.value_and_grad(loss)(K0))
    both = sparsead.factor_cache.stats()
    assert (both.factorizations, both.solves) == (1 + extra, 24 + 2 * extra)


@pytest.mark.parametrize("run", [heat, shaken])
def test_hessian_vector_product_is_the_difference_of_gradients(run: Any) -> None:
    gradient = jax.grad(lambda k: 1e6 * jnp.sum(run(k, 3.0, steps=6)[-1] ** 2))
    both = jax.jit(lambda k, v: jax.jvp(gradient, (k,), (v,)))  # one program: compiling is what this costs
    rng = np.random.default_rng(0)
    one, other = (np.asarray(K0) * rng.standard_normal(N) for _ in range(2))
    by_one, by_other = (np.asarray(both(K0, v)[1]) for v in (one, other))
    assert one @ by_other == pytest.approx(other @ by_one, rel=1e-10)
    difference = extrapolated_difference(lambda k: both(k, one)[0], (K0,), (one,), first_step=0.02)[0]
    assert relative_gap(by_one, difference) < 1e-6


def test_adaptive_steps_factorize_a_few_times_forward_and_never_back() -> None:
    def loss(k: Any) -> Any:
        states = march(U0, [0.0, 0.2], mass=1e3 * MASS, stiffness=stiffness(k), method="tr_bdf2", rtol=1e-5, atol=1e-9)
        return jnp.sum(states[-1] ** 2)

    jax.block_until_ready(loss(K0))
    forward = sparsead.factor_cache.stats().factorizations
    assert 3 <= forward <= 15
    sparsead.factor_cache.clear()
    jax.block_until_ready(jax.grad(loss)(K0))
    assert sparsead.factor_cache.stats().factorizations == forward


@pytest.mark.parametrize("method", ["newmark", transient.generalized_alpha(0.5), "central_difference"], ids=str)
def test_adaptive_motion_follows_the_tolerance_with_few_factorizations(method: Any) -> None:
    exact = shaken(K0, 3.0, steps=20, h=H / 100)
    for tolerance in (1e-3, 1e-5):
        motion, stats = march(
            U0, [0.0, 4 * H, 20 * H], {"force": 3.0}, mass=MASS, stiffness=stiffness(K0), v0=0.1 * jnp.ones(N),
            load=load, damping=20.0 * MASS + 1e-5 * stiffness(K0), method=method, rtol=tolerance,
            atol=1e-3 * tolerance, full_output=True,
        )  # fmt: skip
        assert relative_gap(motion.u, exact) < 30 * tolerance
        assert 2 <= int(stats.factorizations) <= 12 < int(stats.accepted)
        sparsead.factor_cache.clear()


def test_factorizations_are_counted_forward_in_compiled_programs_and_gradients_too() -> None:
    def run(k: Any) -> Any:
        motion, stats = shaken_with_counts(k)
        return jnp.sum(motion.u[-1] ** 2), stats

    assert int(run(K0)[1].factorizations) == 2
    assert int(run(K0)[1].factorizations) == 0  # both are in the store
    sparsead.factor_cache.clear()
    assert int(jax.jit(run)(K0)[1].factorizations) == 2
    sparsead.factor_cache.clear()
    _, stats = jax.jit(jax.grad(run, has_aux=True))(K0)
    assert int(stats.factorizations) == 2


def shaken_with_counts(k: Any) -> Any:
    return march(
        U0, [0.0, 12 * H], mass=MASS, stiffness=stiffness(k), v0=jnp.ones(N), h=H, full_output=True
    )  # fmt: skip


def test_newmark_keeps_energy_and_generalized_alpha_damps_the_highest_mode() -> None:
    k = stiffness(K0)

    def energy(motion: Any) -> Any:
        return [0.5 * float(v @ (MASS @ v) + u @ (k @ u)) for u, v in zip(motion.u, motion.v, strict=True)]

    zigzag = 1e-3 * (-1.0) ** jnp.arange(N)
    found = {}
    for method in ("newmark", transient.generalized_alpha(0.2)):
        motion = march(zigzag, [0.0, 0.5], mass=MASS, stiffness=k, v0=jnp.zeros(N), method=method, h=0.01)
        before, after = energy(motion)
        found[getattr(method, "name", method)] = after / before
    assert found["newmark"] == pytest.approx(1.0, abs=1e-10)
    assert found["generalized_alpha"] < 1e-3


def sprung(k: Any, c: Any) -> Any:
    """A rod on springs of cubic force."""
    return march(
        10 * U0, [0.0, 6 * H], c, mass=MASS, stiffness=stiffness(k), v0=jnp.zeros(N), h=H,
        internal=lambda t, u, c: c * u**3, tangent=lambda t, u, c: sp.diags([3 * c * u**2]),
    ).u[-1]  # fmt: skip


def test_nonlinear_force_newton_and_exact_derivatives() -> None:
    assert relative_gap(sprung(K0, 1e9), sprung(K0, 0.0)) > 1e-3
    check_derivatives(sprung, (K0, jnp.asarray(1e9)))


def test_gradient_of_a_nonlinear_march_uses_the_last_factorization_of_each_step() -> None:
    counts = []
    for f in (sprung, lambda k, c: jax.vjp(sprung, k, c)[1](jnp.ones(N))):
        sparsead.factor_cache.clear()
        jax.block_until_ready(f(K0, jnp.asarray(1e9)))
        counts.append(sparsead.factor_cache.stats().factorizations)
    assert counts[0] == counts[1] > 2 * 6


def test_prescribed_motion_is_that_of_a_very_stiff_spring() -> None:
    def base(t: Any, p: Any) -> Any:
        return p * jnp.sin(100.0 * t)[None]

    amplitude = jnp.asarray(1e-3)
    zero = jnp.zeros(N)
    moved = march(
        zero, [0.0, 0.02], amplitude, mass=MASS, stiffness=stiffness(K0), v0=zero, prescribed=([0], base), h=1e-4
    )
    assert float(moved.u[-1, 0]) == pytest.approx(1e-3 * np.sin(2.0), rel=1e-12)
    assert float(moved.v[-1, 0]) == pytest.approx(0.1 * np.cos(2.0), rel=1e-12)
    hard = 1e12
    stiff = stiffness(K0) + sp.diags([hard * (jnp.arange(N) == 0)])
    pulled = march(
        zero, [0.0, 0.02], amplitude, mass=MASS, stiffness=stiff, v0=zero.at[0].set(0.1), h=1e-4,
        method=transient.generalized_alpha(0.0), load=lambda t, p: hard * jnp.zeros(N).at[0].set(base(t, p)[0]),
    )  # fmt: skip
    assert relative_gap(pulled.u[-1], moved.u[-1]) < 2e-3

    def last(p: Any) -> Any:
        run = march(zero, [0.0, 0.02], p, mass=MASS, stiffness=stiffness(K0), v0=zero, prescribed=([0], base), h=1e-4)
        return run.u[-1, 3]

    slope = jax.grad(last)(amplitude)
    assert float(slope) == pytest.approx(float(moved.u[-1, 3]) / 1e-3, rel=1e-9)


def test_singular_mass_is_an_index_one_constraint_for_stiffly_accurate_methods() -> None:
    capacity = jnp.linspace(0.5, 0.8, N).at[5].set(0.0)
    k = stiffness(K0)
    states = march(U0, [0.0, 0.01], mass=1e3 * sp.diags([capacity]), stiffness=k, method="sdirk2", h=H)
    assert abs(float((k @ states[-1])[5])) < 1e-9 * float(jnp.abs(k @ states[-1]).max())


@pytest.mark.parametrize("method", ["crank_nicolson", "rk4", "newmark", "central_difference"])
def test_singular_mass_is_refused_where_its_inverse_is_needed(method: str) -> None:
    mass, k = sp.diags([jnp.ones(N).at[5].set(0.0)]), sp.diags([jnp.ones(N)])
    v0 = None if method in ("crank_nicolson", "rk4") else jnp.zeros(N)
    with pytest.raises(sparsead.errors.SingularMatrixError, match=r"got: .*5"):
        march(U0, [0.0, 0.01], mass=mass, stiffness=k, v0=v0, method=method, h=H)


@pytest.mark.parametrize("compiled", [False, True])
def test_load_that_is_not_finite_names_step_time_and_dof(compiled: bool) -> None:
    """The load is NaN on dof 5 from 3.5 ms on; the implicit step that ends at 4 ms is the first that needs it."""
    spike = jnp.zeros(N).at[5].set(1.0)

    def run(k: Any) -> Any:
        return march(
            U0, [0.0, 0.01], mass=MASS, stiffness=stiffness(k), h=H,
            load=lambda t, p: jnp.where(t > 3.5 * H, jnp.nan, 0.0) * spike,
        )  # fmt: skip

    kind = jax.errors.JaxRuntimeError if compiled else sparsead.errors.NonFiniteError
    with pytest.raises(kind, match=r"got: .*u\[\d+\] = nan at t = 0.004, step 4, h = 0.001"):
        jax.block_until_ready((jax.jit(run) if compiled else run)(K0))


def test_forces_that_no_iteration_balances_name_the_step() -> None:
    """A force of 1 / (1 - u) that drives u beyond the pole: no balance, and no endless iteration."""
    with pytest.raises(sparsead.errors.NonFiniteError, match=r"got: .*u\[\d+\] = nan at t = .*, step \d+"):
        march(
            jnp.zeros(N), [0.0, 10.0], mass=MASS, h=0.1, internal=lambda t, u, p: -jnp.sqrt(1.0 - u),
            tangent=lambda t, u, p: sp.diags([0.5 / jnp.sqrt(1.0 - u)]),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"internal": lambda t, u, p: u}, "internal without tangent"),
        ({"damping": MASS}, "damping without v0"),
        ({"load": jnp.ones(3)}, r"load of shape \(3,\)"),
        ({"load": lambda t, p: {"forces": jnp.ones(N)}}, r"load = .*'forces'"),
        ({"internal": lambda t, u, p: [u], "tangent": lambda t, u, p: MASS}, r"internal = .*\[\*\]"),
        ({"stiffness": np.eye(N)}, "stiffness of ndarray"),
        ({"stiffness": sp.eye(3)}, r"stiffness of shape \(3, 3\)"),
        ({"method": "newmark"}, "method='newmark'"),
        ({"method": "bdf3", "rtol": 1e-3}, "rtol=0.001"),
        ({"rtol": 1e-3}, "rtol=0.001"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], got: str) -> None:
    with pytest.raises(sparsead.errors.SparseADError, match=f"got: .*{got}"):
        march(U0, [0.0, 0.01], mass=MASS, **({"h": H} | options))


def test_load_that_is_not_finite_later_is_named_where_steps_are_chosen() -> None:
    """No step passes 5 ms: it is the load beyond that is to blame, not the tolerance."""
    load = lambda t, p: jnp.where(t > 5.0 * H, jnp.nan, 0.0) * jnp.zeros(N).at[7].set(1.0)  # noqa: E731
    with pytest.raises(sparsead.errors.NonFiniteError, match=r"got: .*u\[\d+\] = nan in the forces at t = 0.005"):
        march(
            U0, [0.0, 0.01], mass=1e3 * MASS, stiffness=stiffness(K0), method="tr_bdf2", rtol=1e-3, atol=1e-6, load=load
        )


def test_state_of_another_length_is_named() -> None:
    with pytest.raises(ValueError, match=r"got: .*u0 of shape \(3,\)"):
        march(jnp.ones(3), [0.0, 0.01], mass=MASS, h=H)


def test_matrices_of_other_places_are_another_program() -> None:
    """As many unknowns, triplets and stored entries, and the same text of operations: only the places differ."""
    found = []
    for places in ([1, 0, 2], [0, 2, 1]):
        k = sp.coo(np.r_[np.arange(3), places[0]], np.r_[np.arange(3), places[1]], jnp.ones(4), (3, 3))
        found.append(march(jnp.array([1.0, 2.0, 4.0]), [0.0, 1.0], mass=sp.eye(3), stiffness=k, h=1.0)[-1])
        dense = np.eye(3) + sp.to_dense(k)
        np.testing.assert_allclose(found[-1], np.linalg.solve(dense, [1.0, 2.0, 4.0]), rtol=1e-13)
    assert relative_gap(*found) > 0.1
