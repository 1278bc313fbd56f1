"""Design iterations by this package: `fem.optimize.oc` on half MBB beams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

import fem
from benchmarks.beams import FRACTION, MOVE, MULTIPLIER, PENALTY, POISSON, SOLID, VOID, Beam, Watch

jax.config.update("jax_enable_x64", True)

RTOL = 1e-6  # of multigrid: errors of compliances are its square


def run(beam: Beam, watch: Watch, *, solver: str) -> None:
    """Make all iterations.

    Parameters
    ----------
    beam : Beam
        The problem.
    watch : callable
        Called with the compliance after each iteration.
    solver : str
        Library that factorizes, or "chosen"; with ", halved" behind it the multiplier is found as in the educational
        codes, to 1e-3. Or "multigrid", with ", single" behind it for a cycle in single precision. Or "none": nothing
        is assembled and solved, and what is minimized is the sum of the inverse moduli, which leaves all of an
        iteration that is neither assembly nor solver.
    """
    backend, _, manner = solver.partition(", ")
    size = tuple(float(n) for n in beam.shape)
    mesh = (fem.rectangle if beam.dimension == 2 else fem.box)(beam.shape, size=size)
    smooth = fem.design.density_filter(mesh, beam.radius)
    respond = (lambda young: (1 / young).sum()) if backend == "none" else _compliance(beam, mesh, _how(backend, manner))

    def objective(x: jax.Array) -> jax.Array:
        return respond(fem.design.simp(smooth(x), solid=SOLID, void=VOID, penalty=PENALTY))

    fem.optimize.oc(
        objective,
        beam.start(),
        lambda x: fem.design.volume_fraction(mesh, smooth(x)) - FRACTION,
        move=MOVE,
        max_iterations=beam.iterations,
        change=0.0,
        callback=lambda x, record: watch(record.value),
        **({"bracket": (0.0, 1e9 * beam.cells), "rtol": 1e-3} if manner == "halved" else {"rtol": MULTIPLIER}),
    )


def _how(backend: str, manner: str) -> dict[str, Any]:
    """Return the arguments of `fem.solve`."""
    if backend == "multigrid":
        return {"method": fem.multigrid(rtol=RTOL, precision="single" if manner == "single" else "double")}
    return {} if backend == "chosen" else {"backend": backend}


def _compliance(beam: Beam, mesh: Any, how: dict[str, Any]) -> Callable[[jax.Array], jax.Array]:
    space = fem.Space(mesh, components=beam.dimension)
    held = beam.held(mesh.points)
    supports = [fem.fix(space, held[:, k].nonzero()[0], components=(k,)) for k in range(beam.dimension)]
    load = beam.load(mesh.points)
    kind = {"plane": "stress"} if beam.dimension == 2 else {}

    def compliance(young: jax.Array) -> jax.Array:
        operator = fem.elements.elasticity(space, young=young, poisson=POISSON, **kind)
        return (load * fem.solve(operator, load, supports, **how)).sum()

    return compliance
