"""PETSc's ``TSAdjoint``: discrete adjoints of explicit Runge–Kutta methods and of backward Euler, from Python.

Right-hand side and products with its Jacobians are compiled by JAX. Going back, an explicit method is given products
only; an implicit one factorizes a sparse matrix, made of as many products as its columns need colours.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from petsc4py import PETSc

from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem

EXPLICIT = {"euler": "1fe", "dormand_prince": "5dp"}
SERIAL = PETSc.COMM_SELF
FIRST = 1e-3


class Field:
    """f, its products transposed, and its sparse Jacobian, all compiled."""

    def __init__(self, problem: TimeProblem) -> None:
        f = problem.slope(jnp)
        self.call = jax.jit(f)
        self.back = jax.jit(lambda t, u, p, w: jax.vjp(lambda u, p: f(t, u, p), u, p)[1](w))
        self.params, self.at = problem.params, (0.0, problem.start)
        self.kept: tuple[Any, Any] = (None, None)

    def move(self, t: float, u: Any) -> None:
        """Say where the next products are wanted."""
        self.at, self.kept = (t, u.array_r.copy()), (None, None)

    def pull(self, w: Any) -> Any:
        """Return the products of w with both Jacobians, transposed; one call serves both."""
        if self.kept[0] is None or not np.array_equal(self.kept[0], w):
            self.kept = w.copy(), self.back(*self.at, self.params, w)
        return self.kept[1]


class Product:
    """A matrix of which PETSc gets products only: ``factor * J + shift``."""

    def __init__(self, field: Field, argument: int, factor: float = 1.0) -> None:
        self.field, self.argument, self.factor, self.added = field, argument, factor, 0.0

    def multTranspose(self, mat: Any, x: Any, y: Any) -> None:
        """Write the product."""
        w = x.array_r
        product = self.factor * np.asarray(self.field.pull(w)[self.argument])
        y.array = product + self.added * w if self.added else product

    def scale(self, mat: Any, factor: float) -> None:
        """Multiply."""
        self.factor, self.added = self.factor * factor, self.added * factor

    def shift(self, mat: Any, added: float) -> None:
        """Add a multiple of the identity."""
        self.added += added


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return a run and ``adjointSolve``."""
    jax.config.update("jax_enable_x64", True)
    field = Field(problem)
    make = _explicit if problem.method in EXPLICIT else _implicit
    plain, taped = (make(problem, field) for _ in range(2))
    PETSc.Options()["ts_trajectory_type"] = "memory"
    taped.setSaveTrajectory()
    taped.setFromOptions()
    costs = PETSc.Vec().createSeq(problem.start.size), PETSc.Vec().createSeq(problem.params.size)
    taped.setCostGradients(*costs)

    def run(params: Any, ts: Any = plain) -> float:
        field.params = params
        u = ts.getSolution()
        u.array = problem.start
        ts.setTime(0.0)
        ts.setStepNumber(0)
        ts.setTimeStep(problem.h or FIRST)
        ts.solve(u)
        return float(u.sum())

    def gradient(params: Any) -> tuple[float, Any]:
        value = run(params, taped)
        costs[0].set(1.0)
        costs[1].set(0.0)
        taped.adjointSolve()
        return value, costs[1].array_r.copy()

    return Differentiator(put=lambda params: params, run=run, gradient=gradient, note=f"TS {plain.getType()}")


def _common(problem: TimeProblem) -> Any:
    ts = PETSc.TS().create(SERIAL)
    ts.setSolution(PETSc.Vec().createSeq(problem.start.size))
    ts.setTimeStep(problem.h or FIRST)
    if problem.steps:
        # The number of steps ends the run, so that sums of h need not hit the final time.
        ts.setMaxTime(problem.end + problem.h / 2)
        ts.setMaxSteps(problem.steps)
        ts.setExactFinalTime(PETSc.TS.ExactFinalTime.STEPOVER)
    else:
        ts.setMaxTime(problem.end)
        ts.setMaxSteps(problem.capacity)
        ts.setTolerances(problem.tolerance, problem.tolerance)
        ts.setExactFinalTime(PETSc.TS.ExactFinalTime.MATCHSTEP)
    return ts


def _explicit(problem: TimeProblem, field: Field) -> Any:
    n, ts = problem.start.size, _common(problem)
    by_u = PETSc.Mat().createPython((n, n), Product(field, 0), SERIAL)
    by_p = PETSc.Mat().createPython((n, problem.params.size), Product(field, 1), SERIAL)
    for matrix in (by_u, by_p):
        matrix.setUp()

    def rhs(ts: Any, t: float, u: Any, out: Any) -> None:
        out.array = np.asarray(field.call(t, u.array_r, field.params))

    ts.setType("rk")
    ts.setRKType(EXPLICIT[problem.method])
    ts.setRHSFunction(rhs, PETSc.Vec().createSeq(n))
    ts.setRHSJacobian(lambda ts, t, u, a, b: field.move(t, u), by_u)
    ts.setRHSJacobianP(lambda ts, t, u, a: field.move(t, u), by_p)
    PETSc.Options()["ts_adapt_type"] = "none" if problem.steps else "basic"
    ts.setFromOptions()
    return ts


def _implicit(problem: TimeProblem, field: Field) -> Any:
    n, ts = problem.start.size, _common(problem)
    rows, cols, entries = _compressed(problem)
    starts, cols = (x.astype(np.int32) for x in (np.searchsorted(rows, np.arange(n + 1)), cols))
    by_u = PETSc.Mat().createAIJ((n, n), csr=(starts, cols), comm=SERIAL)
    by_p = PETSc.Mat().createPython((n, problem.params.size), Product(field, 1, -1.0), SERIAL)
    by_p.setUp()
    on_diagonal = rows == cols

    def balance(ts: Any, t: float, u: Any, slope: Any, out: Any) -> None:
        out.array = slope.array_r - np.asarray(field.call(t, u.array_r, field.params))

    def jacobian(ts: Any, t: float, u: Any, slope: Any, shift: float, a: Any, b: Any) -> None:
        values = shift * on_diagonal - np.asarray(entries(t, u.array_r, field.params))
        a.setValuesCSR(starts, cols, values)
        a.assemble()

    ts.setType("beuler")
    ts.setEquationType(PETSc.TS.EquationType.ODE_EXPLICIT)
    ts.setIFunction(balance, PETSc.Vec().createSeq(n))
    ts.setIJacobian(jacobian, by_u)
    ts.setIJacobianP(lambda ts, t, u, slope, shift, a: field.move(t, u), by_p)
    PETSc.Options()["ts_adapt_type"] = "none"
    ts.setFromOptions()
    newton = ts.getSNES()
    newton.setTolerances(rtol=1e-10, atol=1e-10)
    newton.getKSP().setType("preonly")
    newton.getKSP().getPC().setType("lu")
    return ts


def _compressed(problem: TimeProblem) -> tuple[Any, Any, Any]:
    """Return rows, columns and the compiled values of the Jacobian; columns without a common row share a product."""
    f, n = problem.slope(jnp), problem.start.size
    full = jax.jacfwd(lambda u: f(0.5, u, jnp.asarray(problem.params)))(jnp.linspace(1.0, 2.0, n))
    used = (np.asarray(full) != 0) | np.eye(n, dtype=bool)
    clash = (used.T.astype(int) @ used.astype(int)) > 0
    colour = np.full(n, -1)
    for j in range(n):
        taken = set(colour[clash[j]])
        colour[j] = next(c for c in range(n) if c not in taken)
    seeds = jnp.asarray((colour[None, :] == np.arange(colour.max() + 1)[:, None]).astype(float))
    rows, cols = np.nonzero(used)

    def entries(t: Any, u: Any, p: Any) -> Any:
        products = jax.vmap(lambda seed: jax.jvp(lambda u: f(t, u, p), (u,), (seed,))[1])(seeds)
        return products[colour[cols], rows]

    return rows, cols, jax.jit(entries)
