"""Free vibration: closed forms of string, beam, membrane and plate; rigid motions; identities of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.backends.registry import get, installed
from sparsead.errors import NoDerivativeError, NotPositiveDefiniteError, ShapeError
from tests.conftest import require

jax = require("jax")
jnp = jax.numpy

import fem  # noqa: E402
from tests.fem.elements.structures import straight  # noqa: E402

YOUNG, DENSITY, AREA, INERTIA, LENGTH = 2.1e11, 7850.0, 2e-3, 1.5e-6, 3.0  # [Pa], [kg/m^3], [m^2], [m^4], [m]


def of_linear_cells(n: int, count: int) -> Any:
    """Eigenvalues of ``-u'' = lambda u`` on (0, 1), held at both ends, with n cells and consistent mass, exactly."""
    c = np.cos(np.pi * np.arange(1, count + 1) / n)
    return 6 * n**2 * (1 - c) / (2 + c)


def test_string() -> None:
    space = fem.Space(fem.interval(40))
    held = fem.fix(space, [0, 40])
    modes = fem.modal(fem.elements.diffusion(space, 4.0), fem.elements.mass(space, 1.0), held, k=3)
    np.testing.assert_allclose(modes.eigenvalues, 4 * of_linear_cells(40, 3), rtol=1e-12)
    np.testing.assert_allclose(modes.frequencies, np.sqrt(modes.eigenvalues) / (2 * np.pi), rtol=1e-14)
    s = np.sin(np.pi * np.outer(np.arange(1, 4), np.linspace(0, 1, 41)))
    shapes = np.asarray(modes.shapes)[:, :, 0]
    np.testing.assert_allclose(np.abs(shapes / np.abs(shapes).max(1, keepdims=True)), np.abs(s), atol=1e-2)
    np.testing.assert_allclose(shapes[:, [0, 40]], 0.0, atol=0.0)


def test_simply_supported_beam() -> None:
    """Of Euler and Bernoulli: ``f_j = pi j^2 / (2 L^2) sqrt(E I / rho A)``, in the skew plane of the beam."""
    mesh = straight(16, ([0, 0], [LENGTH, 0]))
    space = fem.Space(mesh, components=3)
    K = fem.elements.euler_bernoulli(space, young=YOUNG, area=AREA, inertia=INERTIA)
    M = fem.elements.frame_mass(space, DENSITY, area=AREA)
    modes = fem.modal(K, M, [fem.fix(space, [0, 16], 1), fem.fix(space, [0], 0)], k=3)
    exact = np.pi * np.arange(1, 4) ** 2 / (2 * LENGTH**2) * np.sqrt(YOUNG * INERTIA / (DENSITY * AREA))
    np.testing.assert_allclose(modes.frequencies, exact, rtol=2e-4)


@pytest.fixture(scope="module")
def membrane() -> Any:
    """Modes of a square membrane of 8 x 8 cells, as a function of tension and density of each cell."""
    mesh = fem.rectangle((8, 8))
    space = fem.Space(mesh)
    held = fem.fix(space, mesh.points_on(lambda x: (x == 0).any(1) | (x == 1).any(1)))

    def modes(material: Any, k: int = 4) -> Any:
        stiffness, mass = fem.elements.diffusion(space, material[0]), fem.elements.mass(space, material[1])
        return fem.modal(stiffness, mass, held, k=k)

    return modes


def test_square_membrane_has_its_repeated_modes(membrane: Any) -> None:
    one = of_linear_cells(8, 3)
    exact = np.sort(np.add.outer(one, one).ravel())[:4]
    np.testing.assert_allclose(membrane(np.ones((2, 64))).eigenvalues, exact, rtol=1e-12)


def test_gradients_of_the_square_membrane(membrane: Any) -> None:
    """Eigenvalues are homogeneous, of degree 1 in the tension and -1 in the density; a pair counts as one."""

    @jax.jit
    def slopes(material: Any) -> Any:
        values, pullback = jax.vjp(lambda material: membrane(material).eigenvalues, material)
        weights = jnp.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
        return weights @ values, jax.vmap(pullback)(weights)[0]

    values, gradients = slopes(jnp.ones((2, 64)))
    np.testing.assert_allclose(gradients.sum(-1), np.outer(values, [1.0, -1.0]), rtol=1e-11)
    # that of the sum of the pair has all symmetries of the square
    field = np.asarray(gradients[1, 0]).reshape(8, 8)
    np.testing.assert_allclose(field, field.T, rtol=1e-10)
    np.testing.assert_allclose(field, field[::-1], rtol=1e-10)


def test_gradient_of_the_span_of_a_pair(membrane: Any) -> None:
    """What both shapes of the pair have at two points, which sees their span and not the shapes."""

    @jax.jit
    def both(material: Any) -> Any:
        def shared(material: Any) -> Any:
            pair = membrane(material).shapes[1:3, :, 0]
            return pair[:, 20] @ pair[:, 47]

        return jax.value_and_grad(shared)(material)

    direction = jnp.asarray(np.random.default_rng(0).standard_normal((2, 64)))
    h = 1e-4
    at = [both(1.0 + step * direction)[0] for step in (-2 * h, -h, h, 2 * h)]
    expected = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h)
    np.testing.assert_allclose((both(jnp.ones((2, 64)))[1] * direction).sum(), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("k", "member", "got"),
    [(4, 1, r"got: +eigenvalues 1 and 2: 51\.5\d+ and 51\.5\d+, apart by"), (2, 0, r"got: .* 51\.5\d+, kept, and 51")],
)
def test_one_of_a_pair_and_a_pair_cut_in_two_are_refused(membrane: Any, k: int, member: int, got: str) -> None:
    with pytest.raises((NoDerivativeError, jax.errors.JaxRuntimeError), match=got):
        jax.grad(lambda material: membrane(material, k).eigenvalues[member])(jnp.ones((2, 64)))


def test_simply_supported_plate_has_its_repeated_modes() -> None:
    """Of Kirchhoff: ``f = pi (i^2 + j^2) / (2 a^2) sqrt(D / rho h)`` in a square of side a."""
    thickness, poisson = 0.01, 0.3
    mesh = fem.rectangle((16, 16))
    space = fem.Space(mesh, components=3)
    K = fem.elements.plate(space, young=YOUNG, poisson=poisson, thickness=thickness)
    M = fem.elements.plate_mass(space, DENSITY, thickness=thickness)
    held = fem.fix(space, mesh.points_on(lambda x: (x == 0).any(1) | (x == 1).any(1)), 0)
    modes = fem.modal(K, M, held, k=4)
    D = YOUNG * thickness**3 / (12 * (1 - poisson**2))
    exact = np.pi / 2 * np.array([2, 5, 5, 8]) * np.sqrt(D / (DENSITY * thickness))
    np.testing.assert_allclose(modes.frequencies, exact, rtol=2e-2)
    np.testing.assert_allclose(modes.frequencies[1], modes.frequencies[2], rtol=1e-9)


def test_a_free_plate_has_its_rigid_motions() -> None:
    mesh = fem.rectangle((6, 3), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)

    def frequencies(young: Any) -> Any:
        K, M = fem.elements.elasticity(space, young=young, poisson=0.3), fem.elements.mass(space, DENSITY)
        modes = fem.modal(K, M, k=5)
        return modes.frequencies, modes

    (found, modes), slopes = jax.jit(lambda y: (frequencies(y), jax.jacrev(lambda y: frequencies(y)[0])(y)))(YOUNG)
    np.testing.assert_allclose(found[:3], 0.0, atol=0.0)
    assert found[3] > 100
    np.testing.assert_allclose(slopes, found / (2 * YOUNG), rtol=1e-9)
    rigid, bent = np.asarray(modes.shapes[0]), np.asarray(modes.shapes[3])
    energy = [float(np.vdot(u, fem.elements.elasticity(space, young=YOUNG, poisson=0.3) @ u)) for u in (rigid, bent)]
    assert energy[0] < 1e-12 * energy[1]


def test_a_part_that_nothing_holds_has_a_zero() -> None:
    mesh = fem.Mesh([[0.0], [1.0], [2.0], [3.0]], (fem.CellBlock("line2", [[0, 1], [2, 3]]),))
    space = fem.Space(mesh)
    K, M = fem.elements.diffusion(space, 1.0), fem.elements.mass(space, 1.0)
    modes = fem.modal(K, M, fem.fix(space, [0]), k=3)
    np.testing.assert_allclose(modes.eigenvalues, [0.0, 3.0, 12.0], atol=1e-12)


def test_curvature_of_frequency_and_shape() -> None:
    mesh = fem.rectangle((3, 1), size=(3.0, 1.0))
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    rng = np.random.default_rng(0)
    start, direction = jnp.asarray(0.5 + rng.random(3)), jnp.asarray(rng.standard_normal(3))

    def objective(density: Any) -> Any:
        K = fem.elements.elasticity(space, young=density**3, poisson=0.3)
        modes = fem.modal(K, fem.elements.mass(space, density), held, k=2)
        return modes.frequencies[0] + (modes.shapes[1, -1] ** 2).sum()

    both = jax.jit(lambda x: jax.jvp(jax.value_and_grad(objective), (x,), (direction,)))
    (_, gradient), (slope, curvature) = both(start)
    np.testing.assert_allclose(gradient @ direction, slope, rtol=1e-11)
    h = 1e-4
    at = [both(start + step * direction)[0] for step in (-2 * h, -h, h, 2 * h)]
    for found, part in ((slope, 0), (curvature, 1)):
        expected = (8 * (at[2][part] - at[1][part]) - (at[3][part] - at[0][part])) / (12 * h)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_does_not_fit_is_said() -> None:
    space, other = fem.Space(fem.interval(3)), fem.Space(fem.interval(3))
    K, M = fem.elements.diffusion(space, 1.0), fem.elements.mass(other, 1.0)
    with pytest.raises(fem.errors.SpaceError, match=r"got: +one on another space, Space"):
        fem.modal(K, M, k=1)
    with pytest.raises(fem.errors.SpaceError, match=r"got: +ndarray"):
        fem.modal(np.eye(3), M)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"1 <= k <= 3.*\n  got: +k=4"):
        fem.modal(K, fem.elements.mass(space, 1.0), fem.fix(space, [0]), k=4)


def test_forward_and_reverse_derivatives_agree_for_many_tangents_at_once() -> None:
    """Tangents of cell matrices have no margins, an empty axis that `vmap` has to keep."""
    space = fem.Space(fem.interval(4))
    held = fem.fix(space, [0])

    def lowest(material: Any) -> Any:
        K, M = fem.elements.diffusion(space, material[0]), fem.elements.mass(space, material[1])
        return fem.modal(K, M, held, k=2).eigenvalues

    start = jnp.linspace(1.0, 2.0, 8).reshape(2, 4)
    np.testing.assert_allclose(jax.jacfwd(lowest)(start), jax.jacrev(lowest)(start), rtol=1e-11)
    curvature = jax.hessian(lambda material: lowest(material)[0])(start).reshape(8, 8)
    np.testing.assert_allclose(curvature, curvature.T, rtol=1e-9, atol=1e-10)


@pytest.fixture(scope="module")
def string_on_soft_ground() -> Any:
    """A string held at its ends with ``K - 60 M``: eigenvalues ``of_linear_cells`` less 60, two of them below zero."""
    space = fem.Space(fem.interval(60))
    K, M = fem.elements.diffusion(space, 1.0), fem.elements.mass(space, 1.0)
    return K - 60.0 * M, M, fem.fix(space, [0, 60])


def test_modes_below_zero_are_an_error_and_not_passed_over(string_on_soft_ground: Any) -> None:
    """The nearest to zero is the second, -20; the third and the first are at 29 and -50."""
    counted = any(get(name).tells_inertia for name in installed())
    number = "2 eigenvalues" if counted else "at least 1 eigenvalue"
    with pytest.raises(NotPositiveDefiniteError, match=rf"got: +{number} of .* below zero\n"):
        fem.modal(*string_on_soft_ground, k=1)


def test_frequencies_of_modes_below_zero_are_negative(string_on_soft_ground: Any) -> None:
    modes = fem.modal(*string_on_soft_ground, k=3, sigma=-60.0)
    expected = of_linear_cells(60, 3) - 60
    np.testing.assert_allclose(modes.eigenvalues, expected, rtol=1e-11)
    np.testing.assert_allclose(
        modes.frequencies, np.sign(expected) * np.sqrt(np.abs(expected)) / (2 * np.pi), rtol=1e-11
    )


def test_rigid_motions_alone_are_at_rest() -> None:
    """Beside no eigenvalue that is not rounding; the zero has no derivative, and zero is returned."""
    space = fem.Space(fem.box((2, 2, 2)), components=3)

    def frequencies(young: Any) -> Any:
        return fem.modal(
            fem.elements.elasticity(space, young=young, poisson=0.3), fem.elements.mass(space, 1.0)
        ).frequencies

    found, pullback = jax.vjp(frequencies, 1.0)
    np.testing.assert_array_equal(found, np.zeros(6))
    np.testing.assert_array_equal(pullback(jnp.arange(6.0))[0], 0.0)


def test_single_modes_beside_a_very_stiff_member_have_gradients() -> None:
    """Rounding in the stiff member does not blur modes that hardly move it."""
    mesh = straight(12, ([0, 0], [LENGTH, 0]))
    space = fem.Space(mesh, components=3)
    stiff = np.where(np.arange(12) == 0, 1e13, 1.0)
    M = fem.elements.frame_mass(space, DENSITY, area=AREA)

    @jax.jit
    def both(young: Any) -> Any:
        def lowest(young: Any) -> Any:
            K = fem.elements.euler_bernoulli(space, young=young, area=AREA, inertia=INERTIA)
            return fem.modal(K, M, fem.fix(space, [0]), k=3, count=False).eigenvalues[0]

        return jax.value_and_grad(lowest)(young)

    value, gradient = both(YOUNG * stiff)
    np.testing.assert_allclose(gradient @ (YOUNG * stiff), value, rtol=1e-6)
