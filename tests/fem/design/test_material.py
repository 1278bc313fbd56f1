"""Interpolations, projections and amounts: values at the ends, slopes, and published numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
design = require("fem.design")


@pytest.mark.parametrize("rule", [design.simp, design.ramp])
def test_interpolation_goes_from_void_to_solid(rule: Any) -> None:
    got = rule(jnp.array([0.0, 1.0]), solid=7.0, void=1e-3, penalty=3.0)
    np.testing.assert_allclose(got, [1e-3, 7.0], rtol=1e-15)


def test_slope_at_void_is_zero_for_simp_only() -> None:
    assert jax.grad(lambda x: design.simp(x, solid=2.0))(0.0) == 0.0
    assert np.isclose(jax.grad(lambda x: design.ramp(x, solid=2.0, penalty=4.0))(0.0), 2.0 / 5)


@pytest.mark.parametrize("rule", [design.simp, design.ramp])
def test_interpolation_differentiates_in_every_argument(rule: Any) -> None:
    def value(x: Any, solid: Any, void: Any, penalty: Any) -> Any:
        return rule(x, solid=solid, void=void, penalty=penalty)

    at, step = (0.6, 2.0, 0.1, 3.0), 1e-30
    for i in range(4):
        moved = tuple(a + 1j * step * (i == j) for j, a in enumerate(at))
        complex_step = np.imag(value(*moved)) / step
        assert np.isclose(jax.grad(value, i)(*at), complex_step, rtol=1e-14)


@pytest.mark.parametrize(("beta", "eta"), [(1.0, 0.5), (8.0, 0.3), (64.0, 0.7)])
def test_projection_keeps_the_ends_and_steps_at_the_threshold(beta: float, eta: float) -> None:
    np.testing.assert_allclose(design.project(jnp.array([0.0, 1.0]), beta, eta), [0.0, 1.0], atol=1e-15)
    low, high = np.tanh(beta * eta), np.tanh(beta * (1 - eta))
    assert np.isclose(design.project(eta, beta, eta), low / (low + high), rtol=1e-14)
    assert np.isclose(jax.grad(design.project)(eta, beta, eta), beta / (low + high), rtol=1e-13)


def test_a_flat_projection_changes_nothing() -> None:
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(design.project(x, 1e-4), x, atol=1e-9)


def test_a_new_steepness_compiles_nothing() -> None:
    traced = []

    @jax.jit
    def projected(x: Any, beta: Any) -> Any:
        traced.append(beta)
        return design.project(x, beta)

    for beta in (1.0, 2.0, 4.0):
        projected(0.4, beta)
    assert len(traced) == 1


def test_robust_designs_are_nested() -> None:
    x = np.linspace(0.01, 0.99, 50)
    eroded, intermediate, dilated = design.robust(x, 8.0, margin=0.25)
    assert np.all((eroded < intermediate) & (intermediate < dilated))
    np.testing.assert_allclose(eroded, design.project(x, 8.0, 0.75), rtol=1e-15)
    np.testing.assert_allclose(dilated, design.project(x, 8.0, 0.25), rtol=1e-15)


def test_amounts_weigh_by_volume() -> None:
    mesh = fem.rectangle((2, 1), size=(4.0, 1.0), grading=(lambda s: s**2, None))
    np.testing.assert_allclose(mesh.measures, [1.0, 3.0], rtol=1e-15)
    assert np.isclose(design.volume_fraction(mesh, [1.0, 0.0]), 0.25, rtol=1e-15)
    assert np.isclose(design.mass(mesh, [1.0, 0.5], [2.0, 4.0]), 2.0 + 6.0, rtol=1e-15)
    np.testing.assert_allclose(
        jax.grad(lambda x: design.volume_fraction(mesh, x))(np.ones(2)), [0.25, 0.75], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: design.simp(0.5, solid=1.0, penalty=0.5), "penalty = 0.5"),
        (lambda: design.ramp(0.5, solid=1.0, penalty=-1.0), "penalty = -1.0"),
        (lambda: design.project(0.5, 0.0), "beta = 0"),
        (lambda: design.project(0.5, 8.0, 1.0), "eta = 1"),
        (lambda: design.robust(0.5, 8.0, margin=0.5), "eta = 1"),
        (lambda: design.volume_fraction(fem.interval(3), [1.0, 1.0]), r"shape \(2,\)"),
        (lambda: design.mass(fem.interval(3), np.ones(3), np.ones(2)), r"shape \(2,\)"),
    ],
)
def test_impossible_numbers_are_refused(call: Any, got: str) -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=f"got: +{got}"):
        call()
