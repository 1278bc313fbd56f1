"""Bodies through time: the same digits as dense matrices, constraints of every kind, exact derivatives in SI units."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.testing.differences import relative_gap
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
import sparsead.transient as transient  # noqa: E402
from sparsead.iterative import amg, cg  # noqa: E402
from tests.sparsead.transient.derivatives import check_derivatives  # noqa: E402

# A steel strip of 0.2 m x 0.05 m, 10 mm thick, clamped at the left.
MESH = fem.rectangle((4, 2), size=(0.2, 0.05))
SPACE = fem.Space(MESH, 2)
LEFT, RIGHT = (MESH.points_on(lambda x, end=end: np.isclose(x[:, 0], end)) for end in (0.0, 0.2))
CLAMPED = fem.fix(SPACE, LEFT)
REST = np.zeros(SPACE.shape)
PULL = fem.traction(SPACE, MESH.facets_on(lambda x: np.isclose(x[:, 0], 0.2)), (0.0, -1e4))
THICKNESS = np.linspace(0.008, 0.012, 8)
H = 2e-5


def strip(thickness: Any, points: Any = None) -> tuple[Any, Any]:
    space = SPACE if points is None else SPACE.at(points)
    stiffness = fem.elements.elasticity(space, young=2.1e11, poisson=0.3, thickness=thickness, plane="stress")
    return fem.elements.mass(space, density=7850.0, thickness=thickness), stiffness


def blow(t: Any, force: Any) -> Any:
    return force * jnp.sin(jnp.pi * t / (5 * H)) * PULL


def struck(thickness: Any, force: Any, points: Any = None, **options: Any) -> Any:
    mass, stiffness = strip(thickness, points)
    settings = {"supports": CLAMPED, "h": H} | options
    return fem.march(
        REST, [0.0, 4 * H, 10 * H], force, mass=mass, stiffness=stiffness, damping=5.0 * mass + 1e-6 * stiffness,
        load=blow, v0=REST, **settings,
    )  # fmt: skip


def test_last_time_moves_the_last_step() -> None:
    """As a march of its own, of one step, which is longer or shorter."""
    mass, stiffness = strip(THICKNESS)

    def moved(times: Any, u: Any = REST, v: Any = REST, h: float = H) -> Any:
        return fem.march(
            u, times, 1.0, mass=mass, stiffness=stiffness, load=blow, v0=v, supports=CLAMPED, h=h
        )  # fmt: skip

    def run(end: Any) -> Any:
        return moved([0.0, 4 * H, end]).u

    @jax.jit
    def difference() -> Any:
        before = moved([0.0, 9 * H])
        longer, shorter = (
            moved([9 * H, 9 * H + step], before.u[1], before.v[1], step).u[1] for step in (1.001 * H, 0.999 * H)
        )
        return (longer - shorter) / (0.002 * H)

    bar = np.random.default_rng(0).normal(size=(3, *SPACE.shape))
    found, back = np.asarray(jax.jvp(run, (10 * H,), (1.0,))[1]), jax.vjp(run, 10 * H)[1](bar)[0]
    assert relative_gap(difference(), found[2]) < 1e-5
    assert np.all(found[:2] == 0)
    assert float(back) == pytest.approx(float(np.sum(bar * found)), rel=1e-12)


def test_newmark_has_the_digits_of_dense_matrices() -> None:
    motion = jax.jit(struck)(THICKNESS, 1.0)
    assert motion.u.shape == (3, *SPACE.shape)
    free = np.setdiff1d(np.arange(SPACE.count), SPACE.dofs(LEFT).ravel())
    m, k = (x.to_scipy().toarray()[np.ix_(free, free)] for x in strip(THICKNESS))
    c = 5.0 * m + 1e-6 * k
    u, v, a = (np.zeros(len(free)) for _ in range(3))
    for i in range(1, 11):
        ahead, faster = u + H * v + H**2 / 4 * a, v + H / 2 * a
        force = np.sin(np.pi * i / 5) * np.asarray(PULL).ravel()[free]
        a = np.linalg.solve(m + H / 2 * c + H**2 / 4 * k, force - c @ faster - k @ ahead)
        u, v = ahead + H**2 / 4 * a, faster + H / 2 * a
    for ours, theirs in zip(motion, (u, v, a), strict=True):
        np.testing.assert_allclose(ours[-1].ravel()[free], theirs, rtol=1e-9, atol=1e-12 * np.abs(theirs).max())
        assert not ours[:, LEFT].any()


def test_thickness_points_and_force_of_a_strip() -> None:
    run = jax.jit(lambda *p: struck(*p, method=transient.generalized_alpha(0.5)).u)
    check_derivatives(run, (THICKNESS, np.float64(1.0), MESH.points))


def test_one_factorization_and_one_solve_a_step_and_as_many_solves_back() -> None:
    loss = lambda thickness: 1e6 * jnp.sum(struck(thickness, 1.0).u[-1] ** 2)  # noqa: E731
    counts = []
    for f in (jax.jit(loss), jax.jit(jax.value_and_grad(loss))):
        sparsead.factor_cache.clear()
        jax.block_until_ready(f(THICKNESS))
        found = sparsead.factor_cache.stats()
        counts.append((found.factorizations, found.solves))
    assert counts == [(2, 11), (2, 22)]  # the mass alone, for the first acceleration


def test_supports_that_move_are_those_of_a_body_that_is_carried() -> None:
    """Carried with a constant acceleration, which Newmark's method integrates exactly: in its frame a force -M s''."""
    push, down, times = 2e4, np.array([0.0, 1.0]) + REST, H * np.arange(11)

    def options() -> dict[str, Any]:
        mass, stiffness = strip(THICKNESS)
        return {"mass": mass, "stiffness": stiffness, "damping": 1e-6 * stiffness, "v0": REST, "h": H}

    @jax.jit
    def carried() -> Any:
        own = options()
        return fem.march(REST, times, load=-push * (own["mass"] @ down), supports=CLAMPED, **own).u

    def moved(push: Any) -> Any:
        moving = lambda t, p: fem.prescribed(SPACE, LEFT, p * t**2 / 2, 1) + fem.fix(SPACE, LEFT, 0)  # noqa: E731
        u = fem.march(REST, times, push, supports=moving, **options()).u
        return u[-1, 7, 1], u

    (tip, u), slope = jax.jit(jax.value_and_grad(moved, has_aux=True))(push)
    shift = push * times[:, None, None] ** 2 / 2 * down
    assert relative_gap(u, carried() + shift) < 1e-10
    assert float(slope * push) == pytest.approx(float(tip), rel=1e-10)


def test_periodic_supports_in_time_are_those_of_the_closed_form() -> None:
    """A wave of heat on a ring: decays like exp(-k w^2 t), by backward Euler and the eigenvalue of the elements."""
    cells, h = 16, 1e-3
    mesh = fem.interval(cells)
    space = fem.Space(mesh)
    ring = fem.periodic(space)
    wave = np.cos(2 * np.pi * mesh.points)

    @jax.jit
    def run() -> Any:
        mass, stiffness = fem.elements.mass(space), fem.elements.diffusion(space, 1.0)
        return fem.march(wave, [0.0, 10 * h], mass=mass, stiffness=stiffness, supports=ring, h=h)

    states = run()
    angle, length = 2 * np.pi / cells, 1 / cells
    eigenvalue = 6 / length**2 * (1 - np.cos(angle)) / (2 + np.cos(angle))
    np.testing.assert_allclose(states[-1], wave / (1 + h * eigenvalue) ** 10, atol=1e-12)


def test_constant_supports_of_heat_and_their_derivative() -> None:
    space = fem.Space(fem.rectangle((3, 3), size=(0.03, 0.03)))
    low, high = (space.mesh.points_on(lambda x, e=e: np.isclose(x[:, 0], e)) for e in (0.0, 0.03))

    def run(conductivity: Any, capacity: Any, hot: Any, method: str = "crank_nicolson") -> Any:
        mass = capacity * fem.elements.mass(space)
        supports = [fem.fix(space, low), fem.prescribed(space, high, hot)]
        stiffness = fem.elements.diffusion(space, conductivity)
        return fem.march(
            np.zeros(space.shape), [0.0, 0.5, 5.0], mass=mass, stiffness=stiffness, supports=supports,
            method=method, h=0.1,
        )  # fmt: skip

    run = jax.jit(run, static_argnames="method")
    conductivity = np.linspace(20.0, 80.0, 9)
    known = np.float64(3.5e6), np.float64(100.0)
    states = np.asarray(run(conductivity, *known))
    np.testing.assert_allclose(states[:, high, 0], 100.0)
    final = fem.solve(
        fem.elements.diffusion(space, conductivity), np.zeros(space.shape),
        [fem.fix(space, low), fem.prescribed(space, high, 100.0)],
    )  # fmt: skip
    late = run(conductivity, 3.5e3, 100.0, method="backward_euler")[-1]
    assert relative_gap(late, final) < 1e-9
    check_derivatives(run, (conductivity, *known))


# A block of rubber, 20 mm x 10 mm, thrown against a wall.
SHEET = fem.rectangle((3, 2), size=(0.02, 0.01))
PLANE = fem.Space(SHEET, 2)
FOOT = fem.fix(PLANE, SHEET.points_on(lambda x: x[:, 0] == 0))
YOUNG = np.linspace(1.0e6, 2.0e6, 6)


def rubber(young: Any, speed: Any, **options: Any) -> Any:
    body = fem.elements.neo_hookean(PLANE, young=young, poisson=0.45)
    mass = fem.elements.mass(PLANE, density=1100.0)
    still = np.zeros(PLANE.shape)
    flying = still - speed * np.array([1.0, 0.0])
    settings = {"v0": flying, "h": 5e-5} | options
    return fem.march(still, [0.0, 2e-4, 5e-4], mass=mass, stiffness=body, supports=FOOT, **settings)


def test_hyperelastic_block_after_an_impact() -> None:
    run = jax.jit(lambda young, speed: rubber(young, speed, method=transient.generalized_alpha(0.6)).u)
    squeezed, gentle = (np.asarray(run(YOUNG, np.float64(speed))) for speed in (8.0, 8e-3))
    assert 0.05 < -squeezed[-1, :, 0].min() / 0.02 < 0.5
    assert relative_gap(squeezed, 1e3 * gentle) > 0.01  # far from linear
    check_derivatives(run, (YOUNG, np.float64(8.0)))


def test_slow_rubber_in_a_first_order_march() -> None:
    """Viscous: a drag times the velocity balances the forces; backward Euler, nonlinear."""
    end = SHEET.points_on(lambda x: np.isclose(x[:, 0], 0.02))
    rest = np.zeros(PLANE.shape)

    @jax.jit
    def ends() -> Any:
        body = fem.elements.neo_hookean(PLANE, young=YOUNG, poisson=0.45)
        mass = 1e3 * fem.elements.mass(PLANE)
        pull = lambda t, p: fem.prescribed(PLANE, end, 0.01 * t, 0) + FOOT  # noqa: E731
        slow = fem.march(rest, [0.0, 0.5, 1.0], mass=mass, stiffness=body, supports=pull, h=0.25)
        return slow[-1], fem.solve_nonlinear(body, rest, [FOOT, fem.prescribed(PLANE, end, 0.01, 0)], steps=4)

    assert relative_gap(*ends()) < 1e-6


def test_energy_of_a_hyperelastic_block_falls_by_its_numerical_damping_only() -> None:
    """What the internal forces store is their work: an integral over time along the run."""

    @partial(jax.jit, static_argnums=(0, 1))
    def energy(method: Any, h: float) -> Any:
        body = fem.elements.neo_hookean(PLANE, young=YOUNG, poisson=0.45)
        mass = fem.elements.mass(PLANE, density=1100.0)
        power = lambda t, motion, p: jnp.sum(body.forces(motion.u) * motion.v)  # noqa: E731
        motion, stored = rubber(YOUNG, 2.0, method=method, h=h, functional=power)
        return stored + 0.5 * jnp.sum(motion.v * (mass @ motion.v), (1, 2))

    newmark, damped = (np.asarray(energy(*a)) for a in (("newmark", 1e-5), (transient.generalized_alpha(0.0), 5e-5)))
    assert np.abs(newmark / newmark[0] - 1).max() < 2e-3
    assert damped[-1] < 0.95 * newmark[-1]


@pytest.mark.parametrize(
    ("options", "error", "got"),
    [
        ({"supports": fem.fix(SPACE, LEFT), "load": np.zeros((2, *SPACE.shape))}, fem.errors.SpaceError, "2 vectors"),
        ({"load": np.zeros(3)}, fem.errors.SpaceError, r"shape \(3,\)"),
        ({"damping": fem.elements.mass(PLANE)}, fem.errors.SpaceError, "L2 on 6 cells"),
        ({"method": "newmarc"}, sparsead.errors.ShapeError, "newmarc"),
        ({"mass": fem.elements.mass(PLANE).matrix()}, fem.errors.SpaceError, "mass of"),
        ({"mass": None}, fem.errors.SpaceError, "mass of NoneType"),
        ({"stiffness": 3.0}, fem.errors.SpaceError, "stiffness of float"),
    ],
)
def test_bad_input_is_named(options: dict[str, Any], error: type, got: str) -> None:
    mass, stiffness = strip(THICKNESS)
    with pytest.raises(error, match=f"got: .*{got}"):
        fem.march(REST, [0.0, H], v0=REST, **({"mass": mass, "stiffness": stiffness, "h": H} | options))


def test_inverted_cell_is_named_by_a_program_that_ran_before_too() -> None:
    points = np.array(MESH.points)
    for _ in range(2):
        struck(THICKNESS, 1.0, points)
    points[0, 0] = 0.3
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cell 0"):
        struck(THICKNESS, 1.0, points)


def test_blow_that_turns_a_cell_inside_out_names_the_step() -> None:
    with pytest.raises(sparsead.errors.NonFiniteError, match=r"got: .*nan at t = .*, step \d+"):
        rubber(YOUNG, 4000.0)


def test_iterations_march_as_factorizations_do() -> None:
    require("pyamg")
    last = lambda solver: jax.value_and_grad(lambda t: 1e6 * jnp.sum(struck(t, 1.0, solver=solver).u[-1] ** 2))  # noqa: E731
    (one, bars), (other, found) = (last(solver)(THICKNESS) for solver in (None, cg(amg(), rtol=1e-12)))
    assert relative_gap(other, one) < 1e-10 and relative_gap(found, bars) < 1e-8
    stats = sparsead.factor_cache.stats()
    assert stats.setups == stats.factorizations == 2


def test_iterations_are_told_the_rigid_motions_of_the_space(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(*_: Any, solver: Any, **__: Any) -> None:
        assert solver.preconditioner.block == 2
        assert solver.preconditioner.near_null.vectors().shape == (SPACE.count, 3)
        raise ZeroDivisionError

    monkeypatch.setattr(transient, "march", seen)
    with pytest.raises(ZeroDivisionError):
        struck(THICKNESS, 1.0, solver=cg(amg()))


def test_multigrid_has_no_cells_in_a_march() -> None:
    for name in ("solver", "method"):
        with pytest.raises(fem.errors.SpaceError, match=rf"got:      {name}=Multigrid\(rtol"):
            struck(THICKNESS, 1.0, **{name: fem.multigrid()})
