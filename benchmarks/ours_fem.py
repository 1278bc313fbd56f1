"""What `bench_fem` measures of this package: boxes of hex8 cells, and the kernels of a compliance without its solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

import fem
from benchmarks import harness, memory
from fem.assembly.assemble import plan_of
from sparsead.jax import SparseArray

jax.config.update("jax_enable_x64", True)

SHIFT = 0.15
PLANE = ("tri6", "quad8")


@dataclass(frozen=True, eq=False)
class Case:
    """A clamped, loaded box, and its compliance with the solve replaced by the identity.

    Attributes
    ----------
    space : fem.Space
        Displacements.
    points : float array, shape (p, d)
        Places of the points when they are distorted.
    compliance : callable
        ``compliance(young, points)``; points None for cells of one shape.
    """

    space: Any
    points: Any
    compliance: Callable[[Any, Any], Any]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.space.mesh.cell_count)


def box(n: int, element: str = "hex8") -> Case:
    """Return the case of 2n x n x n cells of unit size; of 2n x n in the plane."""
    shape = (2 * n, n) if element in PLANE else (2 * n, n, n)
    make = fem.rectangle if element in PLANE else fem.box
    mesh = make(shape, size=tuple(float(c) for c in shape), element=element)
    d = mesh.dimension
    space = fem.Space(mesh, components=d)
    shift = np.random.default_rng(0).uniform(-SHIFT, SHIFT, mesh.points.shape)
    if mesh.blocks[0].element.order == 2:
        shift *= 0.2  # nodes on edges move by themselves, so that less makes cells as skew
    supports = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = np.zeros(space.shape)
    load[mesh.points_on(lambda x: x[:, 0] == 2 * n), d - 1] = -1.0

    def compliance(young: Any, points: Any) -> Any:
        where = space if points is None else space.at(points)
        u = fem.solve(fem.elements.elasticity(where, young=young, poisson=0.3), load, supports)
        return (u * load).sum()

    return Case(space, mesh.points + shift, compliance)


@contextmanager
def no_solve() -> Any:
    """Replace the solve by the identity, which still depends on the stored values, while programs are traced."""

    def identity(values: Any, b: Any, **_: Any) -> Any:
        return b + 0.0 * values[:, :1, None]

    with mock.patch.object(SparseArray, "binding", SimpleNamespace(solve=identity)):
        yield


def young(case: Case, number: int) -> Any:
    """Return new moduli, shape (e,)."""
    return jnp.asarray(np.random.default_rng(number).uniform(0.5, 1.5, case.cells))


def compiled(case: Case, argument: int | tuple[int, ...], *, distorted: bool) -> tuple[Any, float, float]:
    """Return value-and-gradient without the solve, and the times of pattern and of compilation. Unit: [s]."""
    start = time.perf_counter()
    system(case)
    pattern = time.perf_counter() - start
    function = jax.jit(jax.value_and_grad(case.compliance, argument))
    with no_solve():
        start = time.perf_counter()
        program = function.lower(young(case, 0), jnp.asarray(case.points) if distorted else None).compile()
        return program, pattern, time.perf_counter() - start


def system(case: Case) -> Any:
    """Return the pattern with its slots, made at the first call."""
    found = case.space.topology.system()
    operator = fem.elements.elasticity(case.space, young=1.0, poisson=0.3)
    for term in operator.terms:
        plan_of(found, term)
    return found


def started() -> int:
    """Start JAX on a small case, restart the peak of the memory, and return what is resident. Unit: [byte]."""
    small = box(2)
    program, *_ = compiled(small, (0, 1), distorted=True)
    jax.block_until_ready(program(young(small, 1), jnp.asarray(small.points)))
    return memory.restart()


def gradient(n: int, distorted: bool, argument: Any, rounds: int) -> dict[str, Any]:
    """Time value-and-gradient without the solve; memory of everything since the import, and of the calls alone."""
    argument = tuple(argument) if isinstance(argument, list) else argument
    before = started()
    case = box(n)
    program, pattern, compile_time = compiled(case, argument, distorted=distorted)
    points = jnp.asarray(case.points) if distorted else None
    first = _timed(program, young(case, 1), points)
    peak = memory.peak() - before
    held = memory.restart()
    times = [_timed(program, young(case, 2 + k), points) for k in range(rounds)]
    return {
        "dofs": case.space.count,
        "cells": case.cells,
        "pattern_s": pattern,
        "compile_s": compile_time,
        "first_s": first,
        "time_s": harness.spread(times),
        "peak_bytes": peak,
        "extra_bytes": memory.peak() - held,
    }


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly of distorted cells, each with new moduli, and the parts of the first."""
    before = started()
    case = box(n, element)
    start = time.perf_counter()
    pattern = system(case).pattern
    pattern_time = time.perf_counter() - start
    points = jnp.asarray(case.points)
    assemble = jax.jit(lambda e, x: fem.elements.elasticity(case.space.at(x), young=e, poisson=0.3).values())
    start = time.perf_counter()
    program = assemble.lower(young(case, 0), points).compile()
    compile_time = time.perf_counter() - start
    first = _timed(program, young(case, 1), points)
    times = [_timed(program, young(case, 2 + k), points) for k in range(rounds)]
    return {
        "dofs": case.space.count,
        "entries": pattern.size,
        "pattern_s": pattern_time,
        "compile_s": compile_time,
        "first_s": pattern_time + compile_time + first,
        "time_s": harness.spread(times),
        "peak_bytes": memory.peak() - before,
        "check": float(jnp.abs(program(jnp.ones(case.cells), points)).sum()),
    }


def _timed(program: Any, *arguments: Any) -> float:
    jax.block_until_ready(arguments)
    start = time.perf_counter()
    jax.block_until_ready(program(*arguments))
    return time.perf_counter() - start
