"""Members: Euler's load against the differential equation, edge stresses against integrals and beams by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigvalsh_tridiagonal

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
responses = require("fem.responses")

YOUNG = 2.1e11  # [Pa]
BAR = {"young": YOUNG, "inertia": 8e-6, "length": 4.0}


@pytest.mark.parametrize(("factor", "ends"), [(1.0, "hinged"), (2.0, "free")])
def test_euler_load_is_the_least_eigenvalue_of_the_bent_bar(factor: float, ends: str) -> None:
    # E I w'' + P w = 0 by differences: w = 0 at both hinges; of a free end w is measured from there, and w' = 0 at the
    # clamp, half a step behind the last point.
    n, length = 4000, 4.0
    diagonal, beside = np.full(n - 1, 2.0), np.full(n - 2, -1.0)
    if ends == "free":
        diagonal = np.append(diagonal, 1.0)
        beside = np.append(beside, -1.0)
    step = length / (n if ends == "hinged" else n + 0.5)
    least = eigvalsh_tridiagonal(diagonal, beside, select="i", select_range=(0, 0))[0] / step**2
    load = responses.euler_load(young=YOUNG, inertia=8e-6, length=factor * length)
    assert float(load) == pytest.approx(YOUNG * 8e-6 * least, rel=1e-5)


def test_bar_buckles_when_it_carries_its_euler_load() -> None:
    load = responses.euler_load(**BAR)
    np.testing.assert_allclose(responses.buckling([-load, 0.0, load], **BAR), [1.0, 0.0, -1.0], rtol=1e-15)


def test_hand_calculation_of_a_round_bar() -> None:
    # 20 mm of steel, 1 m long: I = pi d^4 / 64 = 7854 mm^4, P = pi^2 * 210000 * 7854 / 1000^2 = 16278 N
    share = responses.buckling([-10e3], young=210e3, inertia=np.pi * 20**4 / 64, length=1000.0)
    assert share[0] == pytest.approx(10e3 / 16278.4, rel=1e-5)


def test_stress_form_is_the_same_limit() -> None:
    area, force = 3e-3, -4e5
    critical = np.pi**2 * YOUNG * 8e-6 / (area * 4.0**2)
    assert responses.buckling([force], **BAR)[0] == pytest.approx(-force / area / critical, rel=1e-14)


def test_slope_is_the_same_on_both_sides_of_zero_force() -> None:
    slopes = [jax.grad(lambda n: responses.buckling(n[None], **BAR)[0])(force) for force in (-1e-9, 0.0, 1e-9)]
    assert slopes == [-1 / responses.euler_load(**BAR)] * 3


def test_derivatives_in_the_size_are_those_of_the_formula() -> None:
    # of similar sections I = c A^2: b = -N L^2 / (pi^2 E c A^2)
    share = lambda a: responses.buckling([-4e5], young=YOUNG, inertia=0.3 * a**2, length=4.0)[0]  # noqa: E731
    a = 5e-3
    assert jax.grad(share)(a) == pytest.approx(-2 * float(share(a)) / a, rel=1e-13)
    assert jax.grad(jax.grad(share))(a) == pytest.approx(6 * float(share(a)) / a**2, rel=1e-13)


def test_load_cases_are_in_front() -> None:
    force = np.array([[-1e5, 2e5], [3e5, -4e5], [0.0, 1.0]])
    inertia = np.array([8e-6, 2e-6])
    shares = responses.buckling(force, young=YOUNG, inertia=inertia, length=[4.0, 3.0])
    alone = [responses.buckling(one, young=YOUNG, inertia=inertia, length=[4.0, 3.0]) for one in force]
    np.testing.assert_allclose(shares, np.stack(alone), rtol=1e-15)


def frame(dimension: int) -> Any:
    points = [[0.0, 0.0, 0.0][:dimension], [2.0, 0.0, 0.0][:dimension]]
    mesh = fem.Mesh(points, (fem.CellBlock("line2", [[0, 1]]),))
    return fem.Space(mesh, components=3 if dimension == 2 else 6)


def test_upper_edge_of_a_cantilever_that_hangs_down_is_pulled() -> None:
    space = frame(2)
    section = {"area": 5e-3, "inertia": 0.05 * 0.1**3 / 12}
    load = np.array([[0.0, 0.0, 0.0], [0.0, -1e3, 0.0]])

    @jax.jit
    def stress() -> Any:
        operator = fem.elements.euler_bernoulli(space, young=YOUNG, **section)
        forces = fem.elements.beam_forces(operator, fem.solve(operator, load, fem.fix(space, [0])))
        return responses.fibre_stress(forces, area=5e-3, section_modulus=0.05 * 0.1**2 / 6)

    np.testing.assert_allclose(stress()[0], [[24e6, -24e6], [0.0, 0.0]], rtol=1e-9, atol=1e-2)


def test_corners_have_the_stress_that_the_forces_are_integrals_of() -> None:
    a, b, c, width, height = 3.0, 20.0, -50.0, 0.2, 0.3  # s = a + b y + c z
    y, z = (side * (np.arange(200) - 99.5) / 200 for side in (width, height))
    part = width * height / 200**2
    stress = a + b * y[:, None] + c * z
    forces = np.zeros((1, 2, 6))
    forces[0, :, 0] = stress.sum() * part
    forces[0, :, 4] = (z * stress).sum() * part
    forces[0, :, 5] = -(y[:, None] * stress).sum() * part
    moduli = (width * height**2 / 6, height * width**2 / 6)
    found = responses.fibre_stress(forces, area=width * height, section_modulus=moduli)
    corners = [a + b * sy * width / 2 + c * sz * height / 2 for sy, sz in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    np.testing.assert_allclose(found[0], [corners, corners], rtol=1e-4)  # of 200 strips


def test_a_beam_in_space_bends_about_both_axes() -> None:
    space = frame(3)
    about = {"inertia": (4e-5, 1e-5), "torsion": 1e-6, "shear": 8e10}
    load = np.zeros((2, 6))
    load[1, :3] = [5e3, 1e3, -2e3]

    @jax.jit
    def stress() -> Any:
        operator = fem.elements.euler_bernoulli(space, young=YOUNG, area=1e-2, **about)
        forces = fem.elements.beam_forces(operator, fem.solve(operator, load, fem.fix(space, [0])))
        return responses.fibre_stress(forces, area=1e-2, section_modulus=(4e-4, 2e-4))

    # at the wall: 0.5 MPa of the pull; the force of 2 kN down pulls +z by 4 kNm / 4e-4, that of 1 kN pulls -y by
    # 2 kNm / 2e-4
    np.testing.assert_allclose(stress()[0, 0], 1e6 * np.array([0.5 + 10 - 10, 0.5 + 10 + 10, 0.5 - 10 + 10, 0.5 - 20]))


def test_load_cases_of_beams_are_in_front_and_sizes_are_of_beams() -> None:
    forces = np.random.default_rng(0).normal(size=(4, 5, 2, 3))
    area, modulus = np.arange(1.0, 6.0), np.arange(2.0, 7.0)
    found = responses.fibre_stress(forces, area=area, section_modulus=modulus)
    assert found.shape == (4, 5, 2, 2)
    n, m = forces[3, 4, 1, 0] / 5.0, forces[3, 4, 1, 2] / 6.0
    np.testing.assert_allclose(found[3, 4, 1], [n - m, n + m])


def test_limits_of_a_truss_compile_and_differentiate() -> None:
    mesh = fem.Mesh([[0, 0], [4, 0], [0, 3.0]], (fem.CellBlock("line2", [[0, 1], [1, 2]]),))
    space = fem.Space(mesh, components=2)
    load = np.zeros(space.shape)
    load[1] = [0.0, -1e4]

    def shares(areas: Any) -> Any:
        u = fem.solve(fem.elements.bar(space, young=YOUNG, area=areas), load, fem.fix(space, [0, 2]))
        force = fem.elements.bar_forces(space, u, young=YOUNG, area=areas)
        return responses.buckling(force, young=YOUNG, inertia=areas**2 / (4 * np.pi), length=mesh.measures)

    areas = np.array([1e-3, 2e-3])
    # by hand: -N1 = 4/3 of the load, N2 = 5/3 of it, and lengths 4 and 5
    load_of = np.pi * YOUNG * areas**2 / (4 * np.array([16.0, 25.0]))
    found, slopes = jax.jit(lambda areas: (shares(areas), jax.jacobian(shares)(areas)))(areas)
    np.testing.assert_allclose(found, np.array([4e4 / 3, -5e4 / 3]) / load_of, rtol=1e-9)
    np.testing.assert_allclose(slopes, np.diag(-2 * found / areas), rtol=1e-8, atol=1e-9)


def euler(**other: Any) -> Any:
    return responses.euler_load(**(BAR | other))


def stress(shape: tuple[int, ...], **other: Any) -> Any:
    return responses.fibre_stress(np.ones(shape), **({"area": 1.0, "section_modulus": 1.0} | other))


@pytest.mark.parametrize(
    ("call", "kind", "got"),
    [
        (lambda: euler(inertia=[1.0, 0.0]), "MaterialError", "inertia = 0 of member 1"),
        (lambda: euler(length=-2.0), "MaterialError", "length = -2 of member 0"),
        (lambda: euler(young=np.nan), "MaterialError", "young = nan of member 0"),
        (lambda: euler(young=[1.0] * 2, length=[1.0] * 3), "MaterialError", r"young of shape \(2,\)"),
        (lambda: responses.buckling([1.0, 2.0], **BAR | {"inertia": [1.0] * 3}), "MaterialError", "inertia of shape"),
        (lambda: responses.buckling(1.0, **BAR), "SpaceError", r"of shape \(\)"),
        (lambda: responses.buckling([1j], **BAR), "DtypeError", "normal forces of type complex128"),
        (lambda: stress((2,)), "SpaceError", r"of shape \(2,\)"),
        (lambda: stress((3, 2, 4)), "SpaceError", r"shape \(3, 2, 4\)"),
        (lambda: stress((3, 2, 3), area=0.0), "MaterialError", "area = 0 of member 0"),
        (lambda: stress((3, 2, 3), section_modulus=[1.0, 1.0, -1.0]), "MaterialError", "= -1 of member 2"),
        (lambda: stress((3, 2, 6)), "MaterialError", r"section_modulus of shape \(\)"),
    ],
)
def test_bad_members_are_refused(call: Any, kind: str, got: str) -> None:
    with pytest.raises(getattr(fem.errors, kind, sparsead.errors.DtypeError), match=f"got: .*{got}"):
        call()
