"""A long session gets its memory back: what is deleted is collected, after the calls that the documentation names."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sn
from tests import memory_maps
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
sj = require("sparsead.jax")
transient = require("sparsead.transient")

N = 600  # unknowns: enough for factorizations that remember, and for host calls in compiled programs
ALONG = np.arange(N)
ROWS, COLS = np.r_[ALONG, ALONG[1:], ALONG[:-1], 0], np.r_[ALONG, ALONG[:-1], ALONG[1:], N - 1]
VALUES = np.where(np.arange(len(ROWS)) < N, 4.0, 1.0)

Made = dict[str, Any]


def structure() -> Made:
    """A space, its supports and its load."""
    mesh = fem.box((3, 1, 1), size=(3.0, 1.0, 1.0))
    space = fem.Space(mesh, components=3)
    return {
        "space": space,
        "mesh": mesh,
        "topology": space.topology,
        "held": fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0)),
        "load": fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 3), (0.0, 0.0, -1.0)),
    }


def maps_of(space: Any) -> Made:
    """What a space keeps."""
    system = space.topology.system()
    return {
        "system": system,
        "pattern": system.pattern,
        "plan": next(iter(system.plans.values())),
        "reduction": next(iter(space.topology.reductions.values())),
    }


def solved() -> Made:
    made = structure()

    def compliance(young: Any) -> Any:
        stiffness = fem.elements.elasticity(made["space"], young=young, poisson=0.3)
        return (fem.solve(stiffness, made["load"], made["held"]) * made["load"]).sum()

    jax.jit(jax.value_and_grad(compliance))(jnp.ones(3))
    jax.value_and_grad(compliance)(jnp.ones(3))
    operator = fem.elements.elasticity(made["space"], young=1.0, poisson=0.3)
    u = fem.solve(operator, made["load"], made["held"])
    fem.reactions(operator, u, made["held"])
    return made | maps_of(made["space"]) | {"function": compliance, "operator": operator}


def solved_by_newton() -> Made:
    made = structure()

    def density(value: Any, gradient: Any, stiffness: Any) -> Any:
        return stiffness * ((gradient**2).sum() / 2 + (gradient**4).sum() / 4)

    body = fem.elements.energy(made["space"], density, stiffness=10.0, definite=True)
    fem.solve_nonlinear(body, 0.1 * made["load"], made["held"])
    return made | maps_of(made["space"]) | {"density": density, "operator": body}


def marched() -> Made:
    mesh = fem.interval(8)
    space = fem.Space(mesh)
    mass, held = fem.elements.mass(space), fem.fix(space, [0, 8])

    def last(conductivity: Any) -> Any:
        stiffness = fem.elements.diffusion(space, conductivity)
        times = [0.0, 0.1]
        return fem.march(jnp.ones(space.shape), times, mass=mass, stiffness=stiffness, supports=held, h=0.05)[-1].sum()

    jax.value_and_grad(last)(1.0)
    return {"function": last, "mesh": mesh, "topology": space.topology} | maps_of(space)


def solved_in_time() -> Made:
    def slope(t: Any, u: Any, k: Any) -> Any:
        return k * u

    def last(k: Any) -> Any:
        return transient.odesolve(slope, 1.0, [0.0, 1.0], k, method="rk4", h=0.25)[-1]

    jax.value_and_grad(last)(-1.0)
    jax.jit(jax.value_and_grad(last))(-1.0)
    return {"slope": slope, "function": last}


def patterns_of(sp: Any, ones: Any) -> Made:
    """Patterns that come of sums, transposes, blocks and selections."""
    matrix = sp.coo(ROWS, COLS, VALUES, (N, N))
    total = matrix + matrix.T + sp.eye(N)
    sp.solve(total, ones)
    sp.to_dense(matrix), matrix.diagonal()
    parts = {"block": sp.block([[matrix, None], [None, total]]), "part": matrix.select(np.arange(10), np.arange(10))}
    return {"pattern": matrix.pattern, "transposed": matrix.T.pattern, "sum": total.pattern} | {
        name: part.pattern for name, part in parts.items()
    }


def of_numpy() -> Made:
    y, pullback = sn.vjp(lambda d: sn.solve(sn.coo(ROWS, COLS, d, (N, N)), np.ones(N)), VALUES)
    pullback(y)
    held = sn.factorize(sn.coo(ROWS, COLS, VALUES, (N, N)))
    return patterns_of(sn, np.ones(N)) | {"pullback": pullback, "factorized": held}


def of_jax() -> Made:
    def value(d: Any) -> Any:
        return (sj.solve(sj.coo(ROWS, COLS, d, (N, N)), jnp.ones(N)) ** 2).sum()

    jax.value_and_grad(value)(VALUES)
    compiled = jax.jit(jax.value_and_grad(value))
    compiled(VALUES)
    return patterns_of(sj, jnp.ones(N)) | {"function": value, "compiled": compiled}


def refused() -> Made:
    """A singular system in a compiled program: an error keeps the frames that it came through."""
    made = structure()
    stiffness = fem.elements.elasticity(made["space"], young=1.0, poisson=0.3)
    with pytest.raises(fem.errors.ConstraintError):
        fem.solve(stiffness, made["load"])
    with pytest.raises(jax.errors.JaxRuntimeError):
        jax.jit(lambda d: sj.solve(sj.coo(ROWS, COLS, d, (N, N)), jnp.ones(N)))(0.0 * VALUES).block_until_ready()
    return made | {"operator": stiffness, "pattern": sj.coo(ROWS, COLS, VALUES, (N, N)).pattern}


@pytest.fixture(autouse=True)
def thawed() -> None:
    """Let collections see what earlier modules left: equal patterns are one, and programs of theirs may keep it."""
    gc.unfreeze()


CASES = [solved, solved_by_newton, marched, solved_in_time, of_numpy, of_jax, refused]


def references_of(make: Callable[[], Made]) -> dict[str, weakref.ref[Any]]:
    """Weak references to what a case makes, none of which survives here."""
    references = {}
    for name, value in make().items():
        if type(value).__weakrefoffset__:
            references[name] = weakref.ref(value)
    return references


def alive(references: dict[str, weakref.ref[Any]]) -> list[str]:
    return [name for name, reference in references.items() if reference() is not None]


@pytest.mark.parametrize("make", CASES)
def test_what_is_deleted_is_collected(make: Callable[[], Made]) -> None:
    references = references_of(make)
    assert references
    sparsead.factor_cache.clear()
    jax.clear_caches()
    gc.collect()
    assert alive(references) == []


def test_matrices_without_programs_need_the_factor_store_cleared_only() -> None:
    references = references_of(of_numpy)
    sparsead.factor_cache.clear()
    gc.collect()
    assert alive(references) == []


def test_the_check_sees_what_is_kept() -> None:
    kept = []

    def leaking() -> Made:
        made = structure()
        kept.append(made["mesh"])
        return made

    references = references_of(leaking)
    jax.clear_caches()
    gc.collect()
    assert alive(references) == ["mesh"]


def test_programs_of_a_session_leave_no_memory_maps_behind() -> None:
    held = []
    for _ in range(2):
        of_jax()
        sparsead.factor_cache.clear()
        jax.clear_caches()
        gc.collect()
        held.append(memory_maps.held())
    assert held[1] <= held[0] + 50
