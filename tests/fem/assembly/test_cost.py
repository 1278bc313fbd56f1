"""What programs on a mesh carry, keep and repeat: counted, not timed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem.assembly import primitives  # noqa: E402
from fem.assembly.plan import Plan  # noqa: E402
from fem.dofs.reduction import Maps  # noqa: E402
from sparsead.jax import constants  # noqa: E402


def body(n: int, dimension: int = 2) -> tuple[Any, Any, Any]:
    """Sum of the displacements of a loaded plate of n x n cells, or of a cube, moduli and points."""
    mesh = (fem.rectangle if dimension == 2 else fem.box)((n,) * dimension)
    space = fem.Space(mesh, components=dimension)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = np.ones(space.shape)

    def total(young: Any, points: Any = None) -> Any:
        where = space if points is None else space.at(points)
        return fem.solve(fem.elements.elasticity(where, young=young, poisson=0.3), load, held).sum()

    return total, np.linspace(1.0, 2.0, mesh.cell_count), np.asarray(mesh.points)


def calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[Any]:
    """Record the calls of a function from now on."""
    found: list[Any] = []
    original = getattr(owner, name)

    def counted(*args: Any, **options: Any) -> Any:
        found.append(args)
        return original(*args, **options)

    monkeypatch.setattr(owner, name, counted)
    return found


@pytest.mark.parametrize("moved", [False, True], ids=["congruent", "moved"])
def test_a_program_carries_no_array_of_the_size_of_the_mesh(monkeypatch: pytest.MonkeyPatch, moved: bool) -> None:
    monkeypatch.setattr(constants, "_LARGE", 1 << 10)  # what counts as large, scaled down with the meshes

    def length(n: int) -> int:
        total, young, points = body(n)
        argument = (0, 1) if moved else 0
        program = jax.jit(jax.value_and_grad(total, argument)).lower(young, points if moved else None)
        return len(program.as_text())

    assert length(60) < length(20) + 4096


def test_index_maps_are_made_once_for_a_mesh_and_its_supports(monkeypatch: pytest.MonkeyPatch) -> None:
    made = calls(monkeypatch, Maps, "_killed")
    total, young, points = body(3)
    for argument in (0, 1):
        jax.jit(jax.grad(total, argument)).lower(young, points)
    assert len(made) == 1


def test_cells_of_one_shape_are_added_in_one_call_although_their_moduli_are_traced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formed, multiplied = calls(monkeypatch, Plan, "add"), calls(monkeypatch, Plan, "add_multiples")
    total, young, _ = body(3)
    jax.block_until_ready(jax.jit(jax.value_and_grad(total))(young))
    assert not formed
    assert len(multiplied) == 1


@pytest.mark.parametrize("moved", [False, True], ids=["congruent", "moved"])
def test_a_value_and_a_later_gradient_share_one_factorization(moved: bool) -> None:
    total, young, points = body(3, dimension=3)
    sparsead.factor_cache.clear()
    total(young, points if moved else None)
    jax.block_until_ready(jax.grad(total)(young, points if moved else None))
    assert sparsead.factor_cache.stats().factorizations == 1


def test_what_compiling_left_behind_is_given_back_once_for_each_program(monkeypatch: pytest.MonkeyPatch) -> None:
    given = calls(monkeypatch, primitives, "give_back")
    total, young, _ = body(3)
    program = jax.jit(total)
    for factor in (1.0, 2.0, 3.0):
        jax.block_until_ready(program(factor * young))
    assert len(given) == 1
