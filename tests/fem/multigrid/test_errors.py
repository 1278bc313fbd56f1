"""What multigrid refuses, and what it says where it does not converge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem.errors import ConstraintError, MaterialError, SpaceError  # noqa: E402
from sparsead.errors import BackendError, ConvergenceError, SparseADError  # noqa: E402


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"rtol": 0.0}, "rtol=0.0"),
        ({"rtol": 1e-20}, "rtol=1e-20"),
        ({"rtol": 1}, "rtol=1"),
        ({"max_iterations": 0}, "max_iterations=0"),
        ({"smoothing": 2.5}, "smoothing=2.5"),
        ({"visits": True}, "visits=True"),
        ({"precision": "half"}, "precision='half'"),
        ({"differentiate": "everything"}, "differentiate='everything'"),
    ],
)
def test_impossible_option(options: dict[str, Any], got: str) -> None:
    with pytest.raises(SpaceError, match=f"got: .*{got}"):
        fem.multigrid(**options)


def beam(cells: tuple[int, int] = (48, 32), **options: Any) -> Any:
    mesh = fem.rectangle(cells, size=(1.5, 1.0), **options)
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    return mesh, space, held, np.ones(space.shape)


@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jitted"])
def test_limit_of_iterations_tells_what_was_reached(jitted: bool) -> None:
    mesh, space, held, load = beam()

    def solve(young: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return fem.solve(operator, load, held, method=fem.multigrid(rtol=1e-12, max_iterations=2))

    young = np.ones(mesh.cell_count)
    if jitted:
        with pytest.raises(Exception, match=r"got: .*after 2 iterations \(the limit\)"):
            jax.block_until_ready(jax.jit(solve)(young))
        return
    with pytest.raises(ConvergenceError, match=r"got: .*after 2 iterations \(the limit\)") as caught:
        solve(young)
    assert caught.value.iteration == 2
    assert len(caught.value.residuals) == 2


def test_nan_where_it_is_asked_for() -> None:
    _, space, held, load = beam()
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    method = fem.multigrid(rtol=1e-12, max_iterations=2)
    assert np.isnan(fem.solve(operator, load, held, method=method, on_singular="nan")).any()


def test_structure_that_can_move() -> None:
    mesh, space, _, load = beam()
    held = fem.fix(space, mesh.points_on(lambda p: (p[:, 0] == 0) & (p[:, 1] == 0)))
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    with pytest.raises(ConstraintError, match=r"got: .*rotation"):
        fem.solve(operator, load, held, method=fem.multigrid())


def test_cells_without_any_stiffness() -> None:
    mesh, space, held, load = beam()
    young = np.where(mesh.centers[:, 0] < 1, 1.0, 0.0)
    operator = fem.elements.elasticity(space, young=young, poisson=0.3)
    with pytest.raises((MaterialError, SparseADError), match=r"leave method= out"):
        fem.solve(operator, load, held, method=fem.multigrid())


@pytest.mark.parametrize(
    ("young", "poisson", "got"), [(1.0, 0.5, "poisson = 0.5 in cell 17"), (-2.0, 0.3, "-2 in cell 17")]
)
def test_material_that_shows_only_in_the_program_names_the_cell(young: float, poisson: float, got: str) -> None:
    mesh, space, held, load = beam()

    @jax.jit
    def solve(young: Any, poisson: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=poisson)
        return fem.solve(operator, load, held, method=fem.multigrid())

    at = np.arange(mesh.cell_count) == 17
    with pytest.raises(Exception, match=f"got: .*{got}"):
        jax.block_until_ready(solve(np.where(at, young, 1.0), np.where(at, poisson, 0.3)))


def test_both_a_method_and_a_library() -> None:
    _, space, held, load = beam()
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    with pytest.raises(BackendError, match=r"got: .*Multigrid.*superlu"):
        fem.solve(operator, load, held, method=fem.multigrid(), backend="superlu")


def test_operator_that_is_not_positive_definite_has_no_multigrid_at_all() -> None:
    _, space, held, load = beam((8, 8), element="tri3")
    operator = -fem.elements.elasticity(space, young=1.0, poisson=0.3)
    words = r"got: .*not known to be positive definite: symmetric(.|\n)*leave method= out"
    with pytest.raises(SpaceError, match=words):
        fem.solve(operator, load, held, method=fem.multigrid())
