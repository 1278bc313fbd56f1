"""Stress, invariants and energy of isotropic bodies, in agreement with Hooke's law and the operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

import fem  # noqa: E402
from fem import fields  # noqa: E402
from fem.errors import MaterialError  # noqa: E402
from tests.fem.fields.samples import distorted, linear_solution  # noqa: E402

YOUNG, POISSON = 2.1e11, 0.3


@pytest.mark.parametrize("plane", [None, "stress", "strain"])
def test_plane_stress_and_strain_by_the_law_of_hooke(plane: Any) -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    found = np.asarray(fields.stress(space, u, young=YOUNG, poisson=POISSON, plane=plane))[1]
    e = np.zeros((3, 3))
    e[:2, :2] = (slope + slope.T) / 2
    # Hooke's law solved for the strain: e = ((1 + nu) s - nu tr(s)) / E.
    compliance = ((1 + POISSON) * found - POISSON * np.trace(found) * np.eye(3)) / YOUNG
    np.testing.assert_allclose(compliance[:2, :2], e[:2, :2], rtol=1e-12)
    if plane == "strain":
        np.testing.assert_allclose(compliance[2, 2], 0.0, atol=1e-14)
        assert found[2, 2] == pytest.approx(POISSON * (found[0, 0] + found[1, 1]))
    else:
        np.testing.assert_array_equal(found[2], 0.0)


def test_stress_in_space_and_along_a_line() -> None:
    space, u, slope = linear_solution(distorted("hex8"))
    found = np.asarray(fields.stress(space, u, young=YOUNG, poisson=POISSON))[0]
    strain = ((1 + POISSON) * found - POISSON * np.trace(found) * np.eye(3)) / YOUNG
    np.testing.assert_allclose(strain, (slope + slope.T) / 2, rtol=1e-11)
    line = fem.interval(3, 3.0)
    axial = np.asarray(fields.stress(fem.Space(line), 0.01 * line.points, young=100.0, poisson=0.3))
    np.testing.assert_allclose(axial[:, 0, 0], 1.0, rtol=1e-13)
    assert np.count_nonzero(np.abs(axial) > 1e-13) == 3


@pytest.mark.parametrize("plane", ["stress", "strain"])
def test_free_strain_leaves_no_stress(plane: Any) -> None:
    mesh = distorted("quad4")
    space, free = fem.Space(mesh, components=2), 1e-3
    grown = (1 + POISSON) * free if plane == "strain" else free
    found = np.asarray(
        fields.stress(space, grown * mesh.points, young=1.0, poisson=POISSON, plane=plane, free_strain=free)
    )
    np.testing.assert_allclose(found[:, :2, :2], 0.0, atol=1e-15)
    expected = -free if plane == "strain" else 0.0
    np.testing.assert_allclose(found[:, 2, 2], expected, atol=1e-15)


def test_coefficients_by_cell_and_by_point() -> None:
    space, u, _ = linear_solution(distorted("quad4"))
    by_cell = np.array([1.0, 2.0, 3.0, 4.0])
    whole = np.asarray(fields.stress(space, u, young=1.0, poisson=0.3))
    np.testing.assert_allclose(
        fields.stress(space, u, young=by_cell, poisson=0.3), whole * by_cell[:, None, None], rtol=1e-13
    )
    by_point = np.arange(1.0, 17.0).reshape(4, 4)
    found = fields.stress(space, u, young=by_point, poisson=0.3, at=3)
    np.testing.assert_allclose(found, whole[:, None] * by_point[..., None, None], rtol=1e-12)
    with pytest.raises(MaterialError, match=r"got:      shape \(4, 4\) with at='centers'"):
        fields.stress(space, u, young=by_point, poisson=0.3)
    with pytest.raises(MaterialError, match=r"got:      shape \(3,\) with at='centers'"):
        fields.stress(space, u, young=np.ones(3), poisson=0.3)


def test_von_mises_of_known_states() -> None:
    shear = np.zeros((3, 3))
    shear[0, 1] = shear[1, 0] = 2.0
    both = jax.jit(jax.value_and_grad(fields.von_mises))
    assert float(both(shear)[0]) == pytest.approx(2.0 * np.sqrt(3.0))
    assert float(both(np.eye(3))[0]) == 0.0
    assert float(both(np.diag([3.0, 0.0]))[0]) == pytest.approx(3.0)
    np.testing.assert_array_equal(both(np.zeros((3, 3)))[1], 0.0)


def test_von_mises_and_principal_values_do_not_depend_on_the_axes() -> None:
    rng = np.random.default_rng(2)
    tensor = rng.normal(size=(3, 3)).round(2)
    tensor = tensor + tensor.T
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turned = turn @ tensor @ turn.T

    @jax.jit
    def invariants(tensor: Any) -> Any:
        return fields.von_mises(tensor), fields.principal(tensor), jax.jacobian(fields.principal)(tensor)

    (size, values, slopes), (other, *_) = (jax.tree.map(np.asarray, invariants(t)) for t in (tensor, turned))
    assert float(other) == pytest.approx(float(size), rel=1e-13)
    assert (np.diff(values) < 0).all()
    a, b, c = values
    assert float(size) == pytest.approx(np.sqrt(((a - b) ** 2 + (b - c) ** 2 + (c - a) ** 2) / 2))
    np.testing.assert_allclose(slopes.sum(0), np.eye(3), atol=1e-13)


@pytest.mark.parametrize("plane", ["stress", "strain", None])
def test_energy_is_half_the_work(plane: Any) -> None:
    mesh = distorted("hex8") if plane is None else distorted("quad8")
    space = fem.Space(mesh, components=mesh.dimension)
    thickness = 1.0 if plane is None else 0.2
    young = np.linspace(1.0, 2.0, mesh.cell_count) * YOUNG
    u = np.random.default_rng(1).normal(size=mesh.points.shape).round(3)
    arguments: dict[str, Any] = {"young": young, "poisson": POISSON, "plane": plane}
    if plane is not None:
        arguments["thickness"] = thickness

    @jax.jit
    def energies(u: Any) -> Any:
        stiffness = fem.elements.elasticity(space, **arguments)
        return fields.strain_energy(space, u, **arguments), (u * (stiffness @ u)).sum()

    energy, work = energies(u)
    assert energy.shape == (mesh.cell_count,)
    assert float(np.sum(energy)) == pytest.approx(float(work) / 2, rel=1e-12)
