"""Derivatives of every element rule and load in all it depends on, in SI units: first, reverse and second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from tests.fem.elements.structures import difference, lines  # noqa: E402

RNG = np.random.default_rng(11)


def skewed(mesh: fem.Mesh, amount: float = 0.05) -> fem.Mesh:
    """The mesh with every point moved a little, so that no two cells are alike."""
    return mesh.with_points(mesh.points + amount * RNG.uniform(-1, 1, mesh.points.shape))


SHEET = skewed(fem.rectangle((2, 1), (1.2, 0.7)))
RING = skewed(fem.rectangle((2, 1), (1.2, 0.7))).with_points(SHEET.points + np.array([0.4, 0.0]))
BODY = skewed(fem.box((2, 1, 1), (1.2, 0.7, 0.6)))
TRUSS = lines([[0, 0], [1.1, 0.1], [0.4, 0.9]], [[0, 1], [1, 2], [2, 0]])
FRAME = lines([[0, 0, 0], [1.1, 0.1, 0.3], [0.4, 0.9, -0.2]], [[0, 1], [1, 2]])
YOUNG = 2.1e11
LAMINA = np.array([[1.4e11, 4e9, 2e9], [4e9, 9e9, 1e9], [2e9, 1e9, 5e9]])


def around(value: Any, *shape: int) -> Any:
    """Numbers within a tenth of a value."""
    return np.asarray(value) * RNG.uniform(0.9, 1.1, (*shape, *(1,) * np.ndim(value)))


def reaction(value: Any, gradient: Any, *, stiffness: Any, growth: Any) -> tuple[Any, Any]:
    return growth * value**3, stiffness * (1.0 + value[0] ** 2) * gradient


def stored(value: Any, gradient: Any, *, stiffness: Any) -> Any:
    return stiffness * ((gradient**2).sum() / 2 + (gradient**4).sum() / 4)


def forces_in_beams(space: fem.Space, p: dict[str, Any]) -> Any:
    return fem.elements.beam_forces(fem.elements.euler_bernoulli(space, **p), state(space))


def forces_in_bars(space: fem.Space, p: dict[str, Any]) -> Any:
    return fem.elements.bar_forces(space, state(space), **p)


def state(space: fem.Space) -> Any:
    """Displacements that differ at all points, far from small."""
    return 0.1 * np.sin(np.arange(space.count) + 1.0).reshape(space.shape)


SECTION = {"young": around(YOUNG, 3), "area": around(1e-3, 3), "inertia": around(2e-6, 3)}
ELASTIC = {"young": around(YOUNG, 2, 4), "poisson": around(0.3, 2), "thickness": around(0.02, 2)}

# Mesh, components, what the rule depends on, and how to build it where a call by keyword is not enough.
CASES: dict[str, tuple[fem.Mesh, int, dict[str, Any], Callable[..., Any] | None]] = {
    "advection": (SHEET, 1, {"velocity": around([3.0, 1.0], 2, 4)}, None),
    "anisotropic": (SHEET, 2, {"stiffness": around(LAMINA, 2, 4), "thickness": around(0.02, 2)}, None),
    "axisymmetric": (RING, 2, {"young": around(YOUNG, 2, 4), "poisson": around(0.3, 2)}, None),
    "bar": (TRUSS, 2, {"young": around(YOUNG, 3), "area": around(1e-4, 3)}, None),
    "bar_forces": (
        TRUSS,
        2,
        {"young": around(YOUNG, 3), "area": around(1e-4, 3), "free_strain": around(1e-3, 3)},
        forces_in_bars,
    ),
    "beam_forces": (TRUSS, 3, SECTION, forces_in_beams),
    "body_load": (SHEET, 2, {"force": around([3e4, -7e4], 2)}, lambda s, p: fem.body_load(s, **p)),
    "diffusion": (SHEET, 1, {"conductivity": around(400.0, 2, 4), "thickness": around(0.02, 2)}, None),
    "diffusion, tensor": (SHEET, 1, {"conductivity": around([[400.0, 70.0], [70.0, 90.0]], 2, 4)}, None),
    "elasticity": (SHEET, 2, ELASTIC, None),
    "elasticity, solid": (BODY, 3, {"young": around(YOUNG, 2), "poisson": around(0.3, 2)}, None),
    "energy": (
        SHEET,
        2,
        {"stiffness": around(YOUNG, 2, 9)},
        lambda s, p: fem.elements.energy(s, stored, degree=4, **p),
    ),
    "euler_bernoulli": (TRUSS, 3, SECTION, None),
    "frame_geometric": (TRUSS, 3, {"force": around([-3e4, 1e4], 3)}, None),
    "frame_geometric, space": (FRAME, 6, {"force": around([-3e4, 1e4], 2), "gyration": around(0.05, 2)}, None),
    "frame_mass": (FRAME, 6, {"density": around(7850.0, 2), "area": around(1e-3, 2)}, None),
    "geometric": (
        SHEET,
        2,
        {"stress": around([[-3e6, 2e6], [2e6, 1e6]], 2, 4), "thickness": around(0.02, 2)},
        None,
    ),
    "j2_plasticity": (
        SHEET,
        2,
        {
            "young": around(YOUNG, 2),
            "poisson": around(0.3, 2),
            "yield_stress": around(2.4e8, 2, 4),
            "isotropic_hardening": around(3e10, 2),
            "kinematic_hardening": around(2e10, 2),
        },
        None,
    ),
    "line_load": (FRAME, 6, {"force": around([3e3, 1e3, -7e3], 2)}, None),
    "lumped_mass": (SHEET, 2, {"density": around(7850.0, 2, 4), "thickness": around(0.02, 2)}, None),
    "mass": (SHEET, 2, {"density": around(7850.0, 2, 4), "thickness": around(0.02, 2)}, None),
    "neo_hookean": (SHEET, 2, {"young": around(YOUNG, 2, 4), "poisson": around(0.3, 2)}, None),
    "plate": (SHEET, 3, {"young": around(YOUNG, 2), "poisson": around(0.3, 2, 4), "thickness": around(0.02, 2)}, None),
    "plate_geometric": (
        SHEET,
        3,
        {"stress": around([[-3e6, 2e6], [2e6, 1e6]], 2, 4), "thickness": around(0.02, 2)},
        None,
    ),
    "plate_mass": (SHEET, 3, {"density": around(7850.0, 2), "thickness": around(0.02, 2)}, None),
    "pressure": (SHEET, 2, {"pressure": around(1e6, 6)}, lambda s, p: fem.pressure(s, SHEET.boundary, **p)),
    "residual": (
        SHEET,
        1,
        {"stiffness": around(400.0, 2), "growth": around(3e4, 2)},
        lambda s, p: fem.elements.residual(s, reaction, **p),
    ),
    "robin": (
        SHEET,
        1,
        {"coefficient": around(25.0, 6)},
        lambda s, p: fem.elements.robin(s, SHEET.boundary, **p),
    ),
    "thermal_strain": (
        SHEET,
        2,
        ELASTIC | {"temperature": around(40.0, 2, 4), "expansion": around(1.2e-5, 2)},
        lambda s, p: fem.elements.thermal_strain(
            s, p["temperature"], **{k: v for k, v in p.items() if k != "temperature"}
        ),
    ),
    "timoshenko": (
        TRUSS,
        3,
        SECTION | {"shear": around(8e10, 3), "shear_area": around(8e-4, 3)},
        None,
    ),
    "traction": (SHEET, 2, {"force": around([3e4, -7e4], 6)}, lambda s, p: fem.traction(s, SHEET.boundary, **p)),
}


def test_every_rule_and_load_has_a_case() -> None:
    assert {name.split(",")[0] for name in CASES} == {*fem.elements.__all__, "body_load", "pressure", "traction"}


def measured(built: Any, space: fem.Space) -> Any:
    """All that a rule gives: matrix and product, internal forces, or load; shape (m,)."""
    if isinstance(built, fem.Operator):
        return jnp.concatenate([built.values(), (built @ state(space)).reshape(-1)])
    return jnp.ravel(built.forces(state(space)) if isinstance(built, fem.NonlinearOperator) else built)


def directions(primals: dict[str, Any], moved: str) -> dict[str, Any]:
    """A direction that moves one of several arrays; that of a symmetric tensor is symmetric."""
    found = {name: np.zeros_like(primal) for name, primal in primals.items()}
    primal = primals[moved]
    size = (0.1 if moved == "points" else 1.0) * np.abs(primal).mean()
    found[moved] = size * np.random.default_rng(5).uniform(-1, 1, primal.shape)
    if moved in ("stiffness", "conductivity", "stress") and primal.ndim > 2 and primal.shape[-1] == primal.shape[-2]:
        found[moved] = found[moved] + found[moved].swapaxes(-1, -2)
    return found


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_differences(name: str) -> None:
    mesh, components, parameters, build = CASES[name]
    space = fem.Space(mesh, components)
    rule = build or (lambda s, p: getattr(fem.elements, name.split(",")[0])(s, **p))
    primals = parameters | {"points": np.array(mesh.points)}

    @jax.jit  # traced once, for its shape and for all its derivatives
    def given(p: dict[str, Any]) -> Any:
        moved = space.at(p["points"])
        return measured(rule(moved, {k: v for k, v in p.items() if k != "points"}), moved)

    @jax.jit
    def program(p: dict[str, Any], d: dict[str, Any], sizes: Any) -> Any:
        def number(p: dict[str, Any]) -> Any:
            found = given(p)
            return (np.cos(np.arange(len(found))) * (found / sizes) ** 2).sum(), found

        ((value, found), gradient), ((slope, _), turned) = jax.jvp(jax.value_and_grad(number, has_aux=True), (p,), (d,))
        return found, ((value, gradient), (slope, turned))

    known = np.asarray(program(primals, primals, np.ones(jax.eval_shape(given, primals).shape))[0])
    sizes = np.abs(known) + 1e-6 * np.abs(known).max()  # so that small entries count as much as large ones

    def derivatives(p: dict[str, Any], d: dict[str, Any]) -> Any:
        return jax.tree.map(np.asarray, program(p, d, sizes)[1])

    for moved in primals:
        d = directions(primals, moved)

        def along(s: Any, moved: str = moved, d: Any = d) -> Any:
            value, gradient = derivatives(primals | {moved: primals[moved] + s * d[moved]}, d)[0]
            return np.concatenate([[value], np.asarray(gradient[moved]).reshape(-1)])

        (_, gradient), (slope, curvature) = derivatives(primals, d)
        expected = difference(along, 0.0, 1.0, 1e-2)
        pulled = np.asarray(gradient[moved] * d[moved])
        np.testing.assert_allclose(slope, expected[0], rtol=0, atol=1e-9 * np.abs(pulled).sum(), err_msg=moved)
        np.testing.assert_allclose(pulled.sum(), slope, rtol=0, atol=1e-12 * np.abs(pulled).sum(), err_msg=moved)
        turned, scale = np.asarray(curvature[moved]).reshape(-1), np.abs(gradient[moved]).max()
        np.testing.assert_allclose(turned, expected[1:], rtol=0, atol=1e-8 * scale, err_msg=moved)
        assert np.abs(pulled).max() > 0, moved
