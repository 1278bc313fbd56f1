"""What can be made: symmetric, extruded, held, wide enough and printable designs."""

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
MeshError, ShapeError = require("fem.errors").MeshError, sparsead.errors.ShapeError

RNG = np.random.default_rng(0)
GRID = fem.rectangle((6, 4), size=(6.0, 4.0))
BOX = fem.box((3, 2, 4), size=(3.0, 2.0, 4.0))


def test_symmetric_design_is_its_own_mirror_image() -> None:
    x = RNG.random((6, 4))  # rectangles number their cells along y first
    got = design.symmetric(GRID, [2.0, 0.0])(x.reshape(-1))
    np.testing.assert_allclose(got.reshape(6, 4), (x + x[::-1]) / 2, rtol=1e-15)
    np.testing.assert_allclose(design.symmetric(GRID, [2.0, 0.0])(got), got, rtol=1e-15)


def test_symmetry_keeps_the_material_of_a_graded_mesh() -> None:
    mesh = fem.rectangle((8, 3), grading=(lambda s: s - np.sin(2 * np.pi * s) / 10, None))
    x = RNG.random(24)
    got = design.symmetric(mesh, [1.0, 0.0])(x)
    np.testing.assert_allclose(mesh.measures @ got, mesh.measures @ x, rtol=1e-13)


def test_symmetry_to_a_plane_through_a_point() -> None:
    """The diagonal of a square, through its corner."""
    x = RNG.random((4, 4))
    got = design.symmetric(fem.rectangle((4, 4)), [1.0, -1.0], [1.0, 1.0])(x.reshape(-1))
    np.testing.assert_allclose(got.reshape(4, 4), (x + x.T) / 2, rtol=1e-14)


def test_extruded_design_has_one_cross_section() -> None:
    x = RNG.random((3, 2, 4))
    got = design.extruded(BOX, [0.0, 0.0, -3.0])(x.reshape(-1)).reshape(3, 2, 4)
    np.testing.assert_allclose(got, np.repeat(x.mean(axis=2, keepdims=True), 4, axis=2), rtol=1e-14)


def test_passive_cells_are_no_variables() -> None:
    held = design.passive(GRID, solid=[0, 3], void=GRID.cells_on(lambda c: c[:, 0] > 5))
    x, slope = jax.vjp(held, np.full(24, 0.5))
    np.testing.assert_array_equal(x, [1, 0.5, 0.5, 1] + [0.5] * 16 + [0] * 4)
    np.testing.assert_array_equal(slope(np.ones(24))[0], held.free)
    assert held.free.sum() == 18


def test_one_of_several_materials_is_simp() -> None:
    x = RNG.random(5)
    got = design.multi_material(x[None], solids=[7.0], void=0.1, penalty=3.0)
    np.testing.assert_allclose(got, design.simp(x, solid=7.0, void=0.1), rtol=1e-14)


def test_materials_exclude_each_other() -> None:
    x, p = RNG.random((3, 4)), 3.0
    got = design.multi_material(x, solids=[2.0, 5.0, 11.0], void=0.5, penalty=p)
    a, b, c = x**p
    want = 0.5 + 1.5 * a * (1 - b) * (1 - c) + 4.5 * b * (1 - a) * (1 - c) + 10.5 * c * (1 - a) * (1 - b)
    np.testing.assert_allclose(got, want, rtol=1e-14)
    np.testing.assert_allclose(design.multi_material(np.eye(3), solids=[2.0, 5.0, 11.0]), [2.0, 5.0, 11.0])
    np.testing.assert_array_equal(design.multi_material(np.zeros((2, 3)), solids=[2.0, 5.0], void=1e-9), 1e-9)


def printed_by_hand(x: Any) -> Any:
    """The published formulas, cell by cell, for layers along the second axis of x."""
    power, smooth, shift = 40.0, 1e-4, 1e-6
    root = power - np.log(3) / np.log(2)
    b = x.copy()
    for i, j in ((i, j) for j in range(1, x.shape[1]) for i in range(x.shape[0])):
        below = [b[k, j - 1] if 0 <= k < len(x) else 0.0 for k in (i - 1, i, i + 1)]
        carried = sum((one + shift) ** power for one in below) ** (1 / root) - (3 * shift**power) ** (1 / root)
        b[i, j] = (x[i, j] + carried - np.sqrt((x[i, j] - carried) ** 2 + smooth) + np.sqrt(smooth)) / 2
    return b


def test_overhang_filter_is_the_published_formula() -> None:
    x = RNG.random((6, 4))
    x[2, :2] = 0.0
    got = jax.jit(design.overhang_filter(GRID, [0.0, 1.0]))(x.reshape(-1)).reshape(6, 4)
    np.testing.assert_allclose(got, printed_by_hand(x), rtol=1e-11, atol=1e-14)
    down = jax.jit(design.overhang_filter(GRID, [0.0, -2.0]))(x.reshape(-1)).reshape(6, 4)
    np.testing.assert_allclose(down, printed_by_hand(x[:, ::-1])[:, ::-1], rtol=1e-11, atol=1e-14)


def test_a_slope_of_45_degrees_is_printed_and_a_roof_is_not() -> None:
    x = np.zeros((6, 4))
    x[0, 0] = x[1, 1] = x[2, 2] = x[3, 3] = 1.0  # leans on the base plate
    x[5, 2:] = 1.0  # hangs in the air
    got = jax.jit(design.overhang_filter(GRID, [0.0, 1.0]))(x.reshape(-1)).reshape(6, 4)
    np.testing.assert_allclose(got[x.cumsum(axis=0).astype(bool) & (np.arange(6) < 5)[:, None] & (x > 0)], 1, atol=0.06)
    np.testing.assert_allclose(got[5], 0, atol=0.02)


def test_overhang_in_three_dimensions_is_carried_by_five_cells() -> None:
    """Every place of a layer carries itself and its four neighbours, not those across a corner."""
    mesh = fem.box((3, 3, 2))
    x = np.zeros((3, 3, 2))
    x[1, 1, 0], x[:, :, 1] = 1.0, 1.0
    got = jax.jit(design.overhang_filter(mesh, [0.0, 0.0, 1.0]))(x.reshape(-1)).reshape(3, 3, 2)[:, :, 1]
    np.testing.assert_allclose(got, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], atol=0.06)


def test_overhang_filter_finds_the_grid_in_any_order_of_cells() -> None:
    order = RNG.permutation(24)
    block = GRID.blocks[0]
    shuffled = fem.Mesh(GRID.points, (fem.CellBlock(block.element, block.nodes[order]),))
    x = RNG.random(24)
    got = design.overhang_filter(shuffled, [0.0, 1.0])(x[order])
    np.testing.assert_allclose(got, design.overhang_filter(GRID, [0.0, 1.0])(x)[order], rtol=1e-14)


WIDTHS = design.length_scale(GRID, 1.8)
SMOOTH = {
    "symmetric": design.symmetric(GRID, [0.0, 1.0]),
    "extruded": design.extruded(GRID, [1.0, 0.0]),
    "materials": lambda x: design.multi_material(jnp.stack([x, x[::-1]]), solids=[1.0, 3.0], void=1e-3),
    "overhang": design.overhang_filter(GRID, [0.0, 1.0]),
    "solid": lambda x: WIDTHS.solid(0.5 + x / 10, design.project(x, 8.0)),
    "void": lambda x: WIDTHS.void(0.5 - x / 10, design.project(x, 8.0)),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_to_second_order(name: str) -> None:
    f, x, d = SMOOTH[name], RNG.random(24), RNG.random(24)

    def loss(x: Any) -> Any:
        y = f(x)
        return jnp.sum(jnp.sin(y * jnp.cos(jnp.arange(24.0))[: y.size]))

    @jax.jit
    def derivatives(x: Any) -> Any:
        slope, curvature = jax.jvp(jax.grad(loss), (x,), (d,))
        y, ahead = jax.jvp(f, (x,), (d,))
        bar = jnp.cos(y)
        return slope, curvature, jnp.vdot(bar, ahead), jnp.vdot(jax.vjp(f, x)[1](bar)[0], d)

    _, curvature, ahead, back = derivatives(x)
    change = (derivatives(x + 1e-5 * d)[0] - derivatives(x - 1e-5 * d)[0]) / 2e-5
    np.testing.assert_allclose(curvature, change, rtol=1e-5, atol=1e-6 * float(np.abs(curvature).max()))
    assert np.isclose(ahead, back, rtol=1e-12)


def test_slopes_are_finite_where_nothing_is_below() -> None:
    printed = design.overhang_filter(GRID, [0.0, 1.0])
    assert np.isfinite(jax.jit(jax.grad(lambda x: (printed(x) ** 2).sum()))(np.zeros(24))).all()


@pytest.mark.parametrize("mesh", [GRID, BOX, fem.rectangle((5, 4), element="tri3")], ids=["quad4", "hex8", "tri3"])
def test_gradient_of_a_linear_field_is_exact(mesh: Any) -> None:
    steep = np.arange(1.0, 1 + mesh.dimension)
    got = [slope(mesh.centers @ steep) for slope in design.length_scale(mesh, 1.0).slopes]
    np.testing.assert_allclose(got, np.broadcast_to(steep[:, None], np.shape(got)), rtol=1e-12)


def test_members_and_gaps_as_wide_as_the_radius_are_wide_enough() -> None:
    """A stripe as wide as the radius reaches 3/4 under a cone filter: 1 - (1 - w / (2 R))^2."""
    mesh = fem.interval(80, size=40.0)
    smooth, widths = design.density_filter(mesh, 8.0), design.length_scale(mesh, 8.0)

    def excess(width: float) -> tuple[float, float]:
        y = smooth(1.0 * (np.abs(mesh.centers[:, 0] - 20) < width / 2))
        z = design.project(y, 32.0)
        return float(widths.solid(y, z)), float(widths.void(1 - y, 1 - z))

    for narrow, wide in zip(excess(6.0), excess(9.0), strict=True):
        assert narrow > 1e-4
        assert wide < 1e-4 * narrow


@pytest.mark.parametrize(
    ("call", "error", "got"),
    [
        (lambda: design.symmetric(GRID, [1.0, 0.0, 0.0]), ShapeError, r"normal = \[1.0, 0.0, 0.0\]"),
        (lambda: design.symmetric(GRID, [0.0, 0.0]), ShapeError, r"normal = \[0.0, 0.0\]"),
        (lambda: design.symmetric(GRID, [1.0, 0.0], [np.nan, 0.0]), ShapeError, r"point = \[nan, 0.0\]"),
        (lambda: design.symmetric(GRID, [1.0, 0.0], [2.0, 0.0]), MeshError, "none there, the mirror image of cell"),
        (lambda: design.extruded(GRID, [1.0, 0.3]), MeshError, "24 cells, no two of them in one line"),
        (lambda: design.extruded(GRID, [0.0, 0.0]), ShapeError, r"direction = \[0.0, 0.0\]"),
        (lambda: design.passive(GRID, solid=[24]), MeshError, "cell 24"),
        (lambda: design.passive(GRID, void=[-1]), MeshError, "cell -1"),
        (lambda: design.passive(GRID, void=[0.5]), MeshError, r"void of shape \(1,\) and type float64"),
        (lambda: design.passive(GRID, solid=[1, 2], void=[2]), MeshError, "cell 2 in both"),
        (lambda: design.multi_material(np.ones((2, 3)), solids=[1.0]), ShapeError, r"x of shape \(2, 3\)"),
        (lambda: design.multi_material(np.ones((1, 3)), solids=[1.0], penalty=0.5), ShapeError, "0.5"),
        (lambda: design.overhang_filter(GRID, [1.0, 1.0]), ShapeError, r"direction = \[0.707107, 0.707107\]"),
        (lambda: design.overhang_filter(fem.rectangle((3, 3), element="tri3"), [0.0, 1.0]), MeshError, "18 cells at"),
        (lambda: design.length_scale(GRID, 0.0), ShapeError, "radius = 0.0"),
        (lambda: design.length_scale(GRID, 2.0, eroded=0.2), ShapeError, "dilated = 0.25, eroded = 0.2"),
        (lambda: design.length_scale(fem.rectangle((5, 1)), 2.0), MeshError, "1 around cell 0"),
    ],
)  # fmt: skip
def test_impossible_input_is_refused(call: Any, error: Any, got: str) -> None:
    with pytest.raises(error, match=f"got: +.*{got}"):
        call()
