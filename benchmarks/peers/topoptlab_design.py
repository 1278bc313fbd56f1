"""topoptlab: design iterations by its driver, which finds the multiplier to 1e-3 only, as the educational codes do.

Its own hexahedron of 1.0.0 is 1.75 times too stiff in shear, so it is given the one of `beams`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from topoptlab.objectives import compliance
from topoptlab.topology_optimization import main

from benchmarks import beams
from benchmarks.beams import Beam, Watch

# Corners of its hexahedron, in the order of their numbers.
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
SILENT = dict.fromkeys(("display", "export", "write_log", "profile", "output_movie"), False)


def run(beam: Beam, watch: Watch, *, solver: str) -> None:
    """Make all iterations; `watch` is called with the compliance when the gradient of the next design is asked for."""
    values: list[float] = []

    def supports(ndof: int, **_: Any) -> tuple[Any, ...]:
        points = _points(beam)
        held, load = beam.held(points).ravel(), beam.load(points).reshape(-1, 1)
        return np.zeros((ndof, 1)), load, np.flatnonzero(held), np.flatnonzero(~held), None

    def observed(**given: Any) -> Any:
        if values:
            watch(values[-1])
        found = compliance(**given)
        values.append(float(found[0]))
        return found

    main(
        nelx=beam.shape[0],
        nely=beam.shape[1],
        nelz=beam.shape[2] if beam.dimension == 3 else None,
        volfrac=beams.FRACTION,
        rmin=beam.radius,
        ft=1,
        lin_solver_kw={"name": solver},
        lk=(lambda l: beams.element(3, order=CORNERS)) if beam.dimension == 3 else None,  # noqa: E741
        bcs=supports,
        obj_func=observed,
        matinterpol_kw={"eps": beams.VOID, "penal": beams.PENALTY},
        optimizer="oc",
        nouteriter=beam.iterations,
        output_kw={"file": "", "verbosity": 0, **SILENT},
    )
    watch(values[-1])


def _points(beam: Beam) -> Any:
    """Places of its points: layers across, in each columns along, in each from the top down."""
    counts = [n + 1 for n in (beam.shape[2:] + beam.shape[:1] + beam.shape[1:2])]
    grid = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), axis=-1).reshape(-1, beam.dimension)
    along, down = grid[:, -2], grid[:, -1]
    return np.stack([along, beam.shape[1] - down, *grid[:, :-2].T], axis=1).astype(float)
