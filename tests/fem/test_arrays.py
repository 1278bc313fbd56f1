"""Whatever takes numbers of a design says in four lines what is wrong with something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")

MESH = fem.rectangle((4, 4))
SPACE = fem.Space(MESH, components=2)
EDGE = MESH.points_on(lambda p: p[:, 0] == 0)
TAKES = {
    "density_filter": fem.design.density_filter(MESH, 0.6),
    "helmholtz_filter": fem.design.helmholtz_filter(MESH, 0.3),
    "simp": lambda x: fem.design.simp(x, solid=1.0, void=1e-3),
    "ramp": lambda x: fem.design.ramp(x, solid=1.0, void=1e-3),
    "multi_material": lambda x: fem.design.multi_material(x, solids=[1.0, 2.0]),
    "project": lambda x: fem.design.project(x, 2.0, 0.5),
    "volume_fraction": lambda x: fem.design.volume_fraction(MESH, x),
    "mass": lambda x: fem.design.mass(MESH, x, density=2.0),
    "laplace": fem.shape.laplace(MESH, EDGE),
    "radial": fem.shape.radial(MESH, MESH.points[EDGE], radius=0.5),
    "quality": lambda x: fem.shape.quality(MESH, x),
    "p_norm": lambda x: fem.responses.p_norm(x, 8.0),
    "ks": lambda x: fem.responses.ks(x, 8.0),
    "buckling": lambda x: fem.responses.buckling(x, inertia=1.0, length=1.0, young=1.0),
}
BAD: dict[str, Any] = {
    "word": "a",
    "words": ["a"] * 16,
    "nothing": None,
    "nothings": [None] * 16,
    "ragged": [[1.0], [1.0, 2.0]],
    "object": object(),
    "masked": np.ma.masked_array(np.ones(16), mask=[True] + 15 * [False]),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", TAKES)
def test_what_is_no_number_is_refused_in_four_lines(name: str, bad: str) -> None:
    with pytest.raises(
        sparsead.errors.DtypeError, match=r"is not an array of numbers\n +expected: .*\n +got: .*\n +fix: "
    ):
        TAKES[name](BAD[bad])


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "bool"])
def test_real_numbers_pass_concrete_and_traced(kind: str) -> None:
    x = jnp.ones(3, kind)
    want = jnp.float32 if kind == "float32" else jnp.float64
    for got in (
        fem.arrays.real("x", x),
        fem.arrays.real("x", np.asarray(x)),
        jax.jit(lambda x: fem.arrays.real("x", x))(x),
    ):
        assert got.dtype == want
        np.testing.assert_array_equal(got, 1.0)
