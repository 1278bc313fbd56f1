"""Every field of a solution differentiates in all that it depends on: forward, reverse and twice, in SI units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from fem import fields  # noqa: E402
from tests.fem.elements.structures import difference  # noqa: E402

RNG = np.random.default_rng(3)
SHEET = fem.rectangle((2, 1), (1.2, 0.7), origin=(0.4, 0.0))
SHEET = SHEET.with_points(SHEET.points + 0.05 * RNG.uniform(-1, 1, SHEET.points.shape))
SPACE = fem.Space(SHEET, 2)
PROBE = fields.Probe(SHEET, SHEET.centers + 0.03)
LAMINA = np.array([[1.4e11, 4e9, 2e9], [4e9, 9e9, 1e9], [2e9, 1e9, 5e9]])
U = {"u": 1e-3 * RNG.uniform(-1, 1, SPACE.shape)}
ISOTROPIC = {"young": 2.1e11 * RNG.uniform(0.9, 1.1, 2), "poisson": 0.3 * RNG.uniform(0.9, 1.1, 2)}
STRAINED = ISOTROPIC | {"free_strain": 1e-4 * RNG.uniform(0.9, 1.1, 2)}


def place(x: Any) -> Any:
    """A displacement to compare with. Unit: [m]."""
    return 1e-3 * jnp.stack([jnp.sin(x[:, 0]), x[:, 1] ** 2], 1)


def carried(space: fem.Space, u: Any, **material: Any) -> Any:
    return fem.reactions(fem.elements.elasticity(space, **material), u, fem.fix(space, [0, 1]))[:2]


def stress(space: fem.Space, u: Any, **material: Any) -> Any:
    return fields.stress(space, u, at=2, **material)


CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Probe": (PROBE, U),
    "anisotropic_stress": (fields.anisotropic_stress, U | {"stiffness": LAMINA * RNG.uniform(0.9, 1.1, (2, 1, 1))}),
    "axisymmetric_stress": (fields.axisymmetric_stress, U | ISOTROPIC),
    "error": (lambda s, u: fields.error(s, u, place, "H1"), U),
    "gradient": (lambda s, u: fields.gradient(s, u, at="points"), U),
    "integral": (fields.integral, {"values": RNG.uniform(1, 2, 2)}),
    "interpolate": (lambda s, u: fields.interpolate(s, u, at=2), U),
    "norm": (lambda s, u: fields.norm(s, u, "H1"), U),
    "principal": (lambda s, **p: fields.principal(stress(s, **p)[..., :2, :2]), U | ISOTROPIC),
    "reactions": (carried, U | ISOTROPIC),
    "strain": (fields.strain, U),
    "strain_energy": (fields.strain_energy, U | STRAINED),
    "stress": (stress, U | STRAINED),
    "von_mises": (lambda s, **p: fields.von_mises(stress(s, **p)), U | ISOTROPIC),
}


def test_every_field_has_a_case() -> None:
    assert set(CASES) == {*fields.__all__, "reactions"}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_differences(name: str) -> None:
    field, parameters = CASES[name]
    primals = parameters | {"points": np.array(SHEET.points)}

    @jax.jit  # traced once, for its shape and for all its derivatives
    def given(p: dict[str, Any]) -> Any:
        return jnp.ravel(field(SPACE.at(p["points"]), **{k: v for k, v in p.items() if k != "points"}))

    @jax.jit
    def program(p: dict[str, Any], d: dict[str, Any], sizes: Any) -> Any:
        def number(p: dict[str, Any]) -> Any:
            found = given(p)
            return ((1 + found / sizes) ** 3).sum(), found

        ((value, found), gradient), ((slope, _), turned) = jax.jvp(jax.value_and_grad(number, has_aux=True), (p,), (d,))
        return found, ((value, gradient), (slope, turned))

    known = np.asarray(program(primals, primals, np.ones(jax.eval_shape(given, primals).shape))[0])
    sizes = np.abs(known) + 1e-3 * np.abs(known).max()

    def derivatives(p: dict[str, Any], d: dict[str, Any]) -> Any:
        return jax.tree.map(np.asarray, program(p, d, sizes)[1])

    for moved, primal in primals.items():
        size = (0.1 if moved == "points" else 1.0) * np.abs(primal).mean()
        d = {k: np.zeros_like(v) for k, v in primals.items()}
        d[moved] = size * np.random.default_rng(5).uniform(-1, 1, primal.shape)
        if moved == "stiffness":
            d[moved] = d[moved] + d[moved].swapaxes(-1, -2)

        def along(s: Any, moved: str = moved, d: Any = d) -> Any:
            value, gradient = derivatives(primals | {moved: primals[moved] + s * d[moved]}, d)[0]
            return np.concatenate([[value], np.asarray(gradient[moved]).reshape(-1)])

        (_, gradient), (slope, curvature) = derivatives(primals, d)
        expected = difference(along, 0.0, 1.0, 1e-2)
        pulled = np.asarray(gradient[moved] * d[moved])
        np.testing.assert_allclose(slope, expected[0], rtol=0, atol=1e-8 * np.abs(pulled).sum(), err_msg=moved)
        np.testing.assert_allclose(pulled.sum(), slope, rtol=0, atol=1e-12 * np.abs(pulled).sum(), err_msg=moved)
        turned, scale = np.asarray(curvature[moved]).reshape(-1), np.abs(gradient[moved]).max()
        np.testing.assert_allclose(turned, expected[1:], rtol=0, atol=1e-6 * scale, err_msg=moved)
        # Shape functions at reference points do not feel where the points are.
        assert np.abs(pulled).max() > 0 or (name, moved) == ("interpolate", "points")
