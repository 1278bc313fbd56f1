"""A run in space and in stages, killed ten times, also inside the write of a checkpoint, ends with the same bits."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import require
from tests.fem.optimize.processes import started

fem = require("fem")
optimize = require("fem.optimize")
checkpoint = require("fem.optimize.checkpoint")

KILLS = 10
PENALTIES = [1.0, 2.0, 3.0, 4.0]
PER_STAGE = 6
ITERATIONS = len(PENALTIES) * PER_STAGE  # each process writes twice at most
PLACES = ("before a write", "inside a write", "before the new name", "after a write")


def run(path: str) -> None:
    """Minimize the compliance of a block of 4 x 2 x 2 hexahedra."""
    mesh = fem.box((4, 2, 2), size=(4.0, 2.0, 2.0))
    space = fem.Space(mesh, components=3)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 4), (0.0, 0.0, -1.0))

    def compliance(x: Any, penalty: Any) -> Any:
        young = fem.design.simp(x, solid=1.0, void=1e-9, penalty=penalty)
        return (load * fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3), load, held)).sum()

    optimize.mma(
        compliance, np.full(16, 0.5), [lambda x, penalty: fem.design.volume_fraction(mesh, x) - 0.5], lower=0.01,
        upper=1.0, change=0.0, stages=PENALTIES, per_stage=PER_STAGE, checkpoint=path,
    )  # fmt: skip


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_in(place: str, part: float) -> None:
    """Let this process die in its next write but one, before, inside or after it."""
    writes = 0
    store, savez, replace = checkpoint.Checkpoint.store, np.savez, Path.replace

    def counted(self: Any, saved: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == 2 and place == PLACES[0]:
            die()
        store(self, saved)
        if writes == 2:
            die()

    def partly(file: Any, **arrays: Any) -> None:
        savez(file, **arrays)
        if writes == 2 and place == PLACES[1]:
            file.flush()
            os.ftruncate(file.fileno(), int(part * file.tell()))
            die()

    def renamed(self: Path, target: Path) -> Path:
        if writes == 2 and place == PLACES[2]:
            die()
        return replace(self, target)

    checkpoint.Checkpoint.store, np.savez, Path.replace = counted, partly, renamed


def child(path: str, place: str | None, part: float) -> None:
    if place is not None:
        kill_in(place, part)
    run(path)


def in_a_process(path: Path, place: str | None, part: float = 1.0) -> int | None:
    """Run, to the end or to its death; return how it ended."""
    process = started(child, str(path), place, part)
    process.join(300)
    return process.exitcode


def test_ten_kills_change_no_bit(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.npz", tmp_path / "killed.npz"
    rng = np.random.default_rng(0)
    assert in_a_process(whole, None) == 0
    lengths = []
    for place in rng.permutation(PLACES * 3)[:KILLS]:
        assert in_a_process(killed, place, rng.random()) == -signal.SIGKILL
        lengths.append(len(checkpoint.Checkpoint(killed, 1, {}).load().history))
    assert lengths[0] == 1
    assert lengths[-1] < ITERATIONS
    assert in_a_process(killed, None) == 0
    with np.load(whole) as one, np.load(killed) as other:
        assert len(one["history value"]) == ITERATIONS > 2 * KILLS
        assert one["history stage"].tolist() == np.repeat(range(len(PENALTIES)), PER_STAGE).tolist()
        assert set(one) == set(other)
        unlike = {name for name in one if not np.array_equal(one[name], other[name])}
    assert unlike <= {"history seconds", "history factorizations"}  # what a process does first it does again
