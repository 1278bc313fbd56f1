"""Errors of solves and marches name points, cells and supports: eagerly, in compiled programs, and in derivatives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from sparsead import backends
from sparsead.backends.dense import DenseAnalysis
from sparsead.errors import BackendError, NonFiniteError, SparseADError, StructureError
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from fem.errors import ConstraintError, MaterialError  # noqa: E402

# Cells 2 i + j in column i and row j of six by two, points 3 i + j.
MESH = fem.rectangle((6, 2), size=(6.0, 2.0))
SPACE = fem.Space(MESH, 2)
LEFT = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
LOAD = fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 6), (0.0, -1.0))
SOLID = np.ones(12)
REST = np.zeros(SPACE.shape)


def with_void(*cells: int, modulus: float = 0.0) -> Any:
    moduli = SOLID.copy()
    moduli[list(cells)] = modulus
    return moduli


def changed(array: Any, place: Any, value: float) -> Any:
    array = np.array(array)
    array[place] = value
    return array


def solved(young: Any, load: Any = LOAD, supports: Any = LEFT, **options: Any) -> Any:
    return fem.solve(fem.elements.elasticity(SPACE, young=young, poisson=0.3), load, supports, **options)


def bent(young: Any, load: Any = 1e-3 * LOAD) -> Any:
    return fem.solve_nonlinear(fem.elements.neo_hookean(SPACE, young=young, poisson=0.3), load, LEFT)


def shaken(young: Any, density: Any, load: Any = LOAD, u0: Any = REST, *, v0: Any = REST) -> Any:
    mass = fem.elements.mass(SPACE, density=density)
    stiffness = fem.elements.elasticity(SPACE, young=young, poisson=0.3)
    return fem.march(u0, [0.0, 0.1], mass=mass, stiffness=stiffness, supports=LEFT, load=load, v0=v0, h=0.05)


def dragged(young: Any, density: Any, load: Any = LOAD, u0: Any = REST) -> Any:
    """The same of first order in time."""
    return shaken(young, density, load, u0, v0=None)


def total(program: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: sum((leaf**2).sum() for leaf in jax.tree.leaves(program(x)))


WAYS: dict[str, Callable[[Any], Any]] = {
    "eager": lambda program: program,
    "jitted": jax.jit,
    "gradient": lambda program: jax.grad(total(program)),
    "jitted gradient": lambda program: jax.jit(jax.grad(total(program))),
    "batch": lambda program: lambda x: jax.vmap(program)(jnp.stack([x, x])),
}


@cache
def called(program: Any, way: str) -> Any:
    """The program as it is called; the same for all who ask, so that it is compiled once."""
    return WAYS[way](program)


def refused(program: Any, x: Any, error: type[SparseADError], got: str, way: str = "eager") -> BaseException:
    """Assert that the program raises the error with this third line and speaks of no declaration; return it.

    Its argument is `x`, an array; its arguments, if it is a tuple.
    """
    arguments = [jnp.asarray(a) for a in (x if isinstance(x, tuple) else (x,))]
    kinds = error if way == "eager" else (error, RuntimeError, ValueError)
    with pytest.raises(kinds, match=rf"\n  got:      {got}(\n|\\n)") as caught:
        jax.block_until_ready(called(program, way)(*arguments))
    text = str(caught.value)
    assert error.__name__ in text or isinstance(caught.value, error)
    own = text[text.rindex("\n  expected: ") :].partition("\n  note: ")[0]
    assert not any(word in own for word in ("declare", "pivot", "column", "row ", "b[", "A["))
    return caught.value


# ---------------------------------------------------------------------------------------------- cells without stiffness
CORNER = with_void(9, 11)
ALONE = r"no stiffness in cells 9 and 11, all that point 17 at \(5, 2\) has; such points: 2"


@pytest.mark.parametrize("way", WAYS)
def test_point_of_void_cells_only_is_named_with_them(way: str) -> None:
    error: Any = refused(solved, CORNER, MaterialError, ALONE, way)
    assert "give void cells a small modulus" in str(error)
    if way == "eager":
        assert (error.point, error.cell, error.cells) == (17, 9, (9, 11))


@pytest.mark.parametrize("backend", [name for name in backends.installed() if name != "triangular"])
def test_every_backend_leads_to_the_same_cells(backend: str) -> None:
    refused(lambda young: solved(young, backend=backend), CORNER, MaterialError, ALONE)


def test_small_void_modulus_is_solved_as_the_advice_says() -> None:
    assert np.isfinite(solved(with_void(9, 11, modulus=1e-9))).all()


MOTIONS = "no support stops: translation along x; translation along y; rotation in the plane"


@pytest.mark.parametrize("way", ["eager", "jitted"])
@pytest.mark.parametrize("modulus", [0.0, 1e-15])
def test_part_that_void_cells_cut_off_is_named_with_them(modulus: float, way: str) -> None:
    much = "less than 1e-12 of the largest" if modulus else "no"
    got = rf"{MOTIONS}; {much} stiffness in cells 4 and 5"
    error: Any = refused(solved, with_void(4, 5, modulus=modulus), MaterialError, got, way)
    assert "the part of 12 points with point 9 is free to move" in str(error)
    if way == "eager":
        assert (error.point, error.cells) == (9, (4, 5))


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_void_cells_at_the_support_are_named(way: str) -> None:
    got = rf"{MOTIONS}; no stiffness in cells 0 and 1"
    refused(solved, with_void(0, 1), MaterialError, got, way)


def test_structure_without_any_stiffness_is_named() -> None:
    got = r"no stiffness in cells 0 and 2, all that point 3 at \(1, 0\) has; such points: 18"
    refused(solved, 0 * SOLID, MaterialError, got)


def test_tied_point_of_a_void_cell_is_carried() -> None:
    tied = fem.tie(SPACE, [20], 19)
    assert np.isfinite(solved(with_void(11), supports=[LEFT, tied])).all()


def test_missing_support_comes_before_void_cells() -> None:
    refused(lambda young: solved(young, supports=()), CORNER, ConstraintError, MOTIONS)


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_void_cells_of_a_nonlinear_body_are_named(way: str) -> None:
    refused(bent, (CORNER, 1e-3 * LOAD), MaterialError, ALONE, way)


# -------------------------------------------------------------------------------------------------------- mechanisms
def test_component_that_no_cell_resists_is_named() -> None:
    mesh = fem.Mesh([[0.0, 0], [1, 0], [2, 0]], (fem.CellBlock("line2", [[0, 1], [1, 2]]),))
    space = fem.Space(mesh, 2)
    ends, load = fem.fix(space, [0, 2]), np.ones(space.shape)

    def program(young: Any) -> Any:
        return fem.solve(fem.elements.bar(space, young=young, area=1.0), load, ends)

    got = r"component 1 of point 1 at \(1, 0\) in cells 0 and 1, which resist others only"
    error: Any = refused(program, [1.0, 1.0], ConstraintError, got)
    assert "fem.fix(space, [1], 1)" in str(error)
    assert (error.dof, error.point, error.cells) == (3, 1, (0, 1))


def test_mechanism_that_nothing_explains_is_named_by_a_dof() -> None:
    """A square of hinged bars without a diagonal."""
    square = [[0.0, 0], [1, 0], [1, 1], [0, 1]]
    mesh = fem.Mesh(square, (fem.CellBlock("line2", [[0, 1], [1, 2], [2, 3], [3, 0]]),))
    space = fem.Space(mesh, 2)
    held, load = fem.fix(space, [0, 1]), np.ones(space.shape)

    def program(young: Any) -> Any:
        return fem.solve(fem.elements.bar(space, young=young, area=1.0), load, held)

    got = r"(most of the motion|none, or less than none,) at component 0 of point [23] at \([01], 1\), in cells . and ."
    error: Any = refused(program, np.ones(4), SparseADError, got)
    assert error.dof in (4, 6) and set(error.cells) in ({1, 2}, {2, 3})
    assert any("the solver:" in note for note in error.__notes__)


# --------------------------------------------------------------------------------------- numbers that are not finite
@pytest.mark.parametrize("way", ["eager", "jitted", "jitted gradient"])
@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (np.inf, "inf")])
def test_modulus_that_is_not_finite_is_named_by_its_cell(value: float, word: str, way: str) -> None:
    error = refused(solved, changed(SOLID, 3, value), MaterialError, f"{word} in cell 3", way)
    assert "a number of cell 3 is not finite" in str(error)


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_stiffness_that_is_not_finite_is_traced_to_its_cell(way: str) -> None:
    """A field that no margin watches: the flux of a form of one's own, linear in its parameter."""
    space = fem.Space(MESH)
    held = fem.fix(space, [0, 1, 2])

    def program(factor: Any) -> Any:
        return fem.solve(factor_of_cells(space, factor), np.ones(space.shape), held)

    got = r"inf for component 0 of point 4 at \(1, 1\), from cell 3"
    error: Any = refused(program, changed(SOLID, 3, np.inf), NonFiniteError, got, way)
    if way == "eager":
        assert (error.dof, error.cells) == (4, (3,))


def factor_of_cells(space: fem.Space, factor: Any) -> Any:
    """An operator whose moduli are scaled after the checks of its material."""
    operator = fem.elements.diffusion(space, 1.0)
    moduli = tuple(own._replace(factor=own.factor * factor) for own in operator.moduli)
    return type(operator)(operator.space, operator.terms, moduli, operator.margins, operator.definite)


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_load_that_is_not_finite_is_named_by_its_point(way: str) -> None:
    got = r"nan for component 1 of point 5 at \(1, 2\), in cells 1 and 3"
    refused(solved, (SOLID, changed(LOAD, (5, 1), np.nan)), NonFiniteError, got, way)
    refused(bent, (SOLID, changed(LOAD, (5, 1), np.nan)), NonFiniteError, got, way)


def test_load_case_that_is_not_finite_is_named() -> None:
    loads = changed(np.stack([LOAD] * 3), (2, 5, 1), np.inf)
    got = r"inf for component 1 of point 5 at \(1, 2\), in cells 1 and 3, load case 2"
    refused(solved, (SOLID, loads), NonFiniteError, got)


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_prescribed_value_that_is_not_finite_is_named_next_to_it(way: str) -> None:
    def program(value: Any) -> Any:
        return solved(SOLID, REST, [LEFT, fem.prescribed(SPACE, [20], value, 0)])

    refused(program, np.nan, NonFiniteError, r"nan for component 0 of point 16 at \(5, 1\), in .*", way)


def test_solution_beyond_the_largest_number_is_named_by_its_point() -> None:
    got = r"-inf for component 0 of point 3 at \(1, 0\)"
    refused(solved, (1e-300 * SOLID, 1e100 * LOAD), NonFiniteError, got)


# ----------------------------------------------------------------------------------- promises, and what libraries can
def test_form_that_is_not_as_symmetric_as_it_says_is_named() -> None:
    space = fem.Space(MESH)
    flow = fem.elements.advection(space, (1.0, 0.0))
    terms = [dataclasses.replace(term, form=dataclasses.replace(term.form, symmetric=True)) for term in flow.terms]
    wrong = dataclasses.replace(flow, terms=tuple(terms))

    def program(load: Any) -> Any:
        return fem.solve(fem.elements.diffusion(space, 1.0) + wrong, load, fem.fix(space, [0, 1, 2]))

    place = r"component 0 of point \d+ at \(\d, \d\)"
    got = rf"A\[\d+, \d+\] = .*, A\[\d+, \d+\] = .*: rows and columns of {place} and {place}, in cells? \d+.*"
    with pytest.raises(StructureError, match=rf"\n  got:      {got}\n"):
        program(np.ones(space.shape))


def test_backend_for_another_structure_is_not_to_be_declared() -> None:
    got = "a positive definite matrix of type float64"
    error = refused(lambda young: solved(young, backend="triangular"), SOLID, BackendError, got)
    assert "pass backend=None" in str(error)


def test_memory_that_does_not_suffice_is_said_in_words_of_the_mesh(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(DenseAnalysis, "factorize", full)
    got = r"a matrix of shape \(42, 42\) with \d+ stored entries"
    error = refused(lambda young: solved(young, backend="dense"), SOLID, BackendError, got)
    assert "take a coarser mesh" in str(error)


# ----------------------------------------------------------------------------------------------------------- marches
@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_cells_without_mass_and_stiffness_are_named(way: str) -> None:
    got = r"no mass in cells 9 and 11, all that point 17 at \(5, 2\) has; such points: 2"
    refused(shaken, (CORNER, CORNER, LOAD, REST), MaterialError, got, way)
    got = got.replace("mass", "mass and stiffness", 1)
    refused(dragged, (CORNER, CORNER, LOAD, REST), MaterialError, got, way)


@pytest.mark.parametrize("form", [fem.elements.mass, fem.elements.lumped_mass])
def test_mass_without_density_is_no_structure_that_moves(form: Any) -> None:
    with pytest.raises(MaterialError, match=r"got:      no mass in cells 9 and 11, all that point 17 at \(5, 2\) has"):
        fem.solve(form(SPACE, density=CORNER), LOAD)
    with pytest.raises(MaterialError, match=r"cells without mass(.|\n)*fix: .*small density"):
        fem.solve(form(SPACE, density=CORNER), LOAD, method=fem.multigrid())


def test_void_cells_with_mass_march() -> None:
    assert np.isfinite(shaken(CORNER, SOLID).u).all()


@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_start_that_is_not_finite_is_named_by_its_point(way: str) -> None:
    got = r"u of component 1 of point 5 at \(1, 2\) = nan at t = 0, step 0, h = 0.05"
    refused(dragged, (SOLID, SOLID, LOAD, changed(REST, (5, 1), np.nan)), NonFiniteError, got, way)


def test_load_of_a_march_that_is_not_finite_is_named_by_its_point() -> None:
    load = changed(LOAD, (5, 1), np.nan)
    got = r"nan for component 1 of point 5 at \(1, 2\), in cells 1 and 3"
    refused(shaken, (SOLID, SOLID, load, REST), NonFiniteError, got)
    got = r"the acceleration of component \d of point \d+ at \(.*\) = nan at t = 0, step 0, h = 0.05"
    refused(shaken, (SOLID, SOLID, load, REST), NonFiniteError, got, "jitted")


def test_load_that_stops_being_finite_is_named_by_its_step() -> None:
    def program(density: Any) -> Any:
        return shaken(SOLID, density, lambda t, _: jnp.where(t > 0.06, jnp.nan, 1.0) * LOAD)

    got = r"u of component 0 of point \d+ at \(.*\) = nan at t = 0.1, step 2, h = 0.05"
    refused(program, SOLID, NonFiniteError, got, "jitted")
