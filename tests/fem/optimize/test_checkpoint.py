"""Checkpoints: a killed run goes on to the same bits, a file is whole at any moment, another problem is refused."""

from __future__ import annotations

import os
import signal
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import require
from tests.fem.optimize.processes import started

jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
checkpoint = require("fem.optimize.checkpoint")
errors = require("fem.errors")

MESH = fem.rectangle((12, 4), size=(12.0, 4.0))


def volume(x: Any) -> Any:
    return fem.design.volume_fraction(MESH, x) - 0.5


def compliance(x: Any) -> Any:
    """Cantilever under a load at its tip."""
    space = fem.Space(MESH, components=2)
    held = fem.fix(space, MESH.points_on(lambda p: p[:, 0] == 0))
    load = fem.traction(space, MESH.facets_on(lambda p: p[:, 0] == 12), (0.0, -1.0))
    young = fem.design.simp(fem.design.density_filter(MESH, 1.5)(x), solid=1.0, void=1e-9)
    u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, held)
    return (load * u).sum()


def by_mma(**options: Any) -> Any:
    return optimize.mma(compliance, np.full(48, 0.5), [volume], lower=0.0, upper=1.0, change=0.0, **options)


def by_oc(**options: Any) -> Any:
    return optimize.oc(compliance, np.full(48, 0.5), volume, change=0.0, **options)


METHODS = {"mma": by_mma, "oc": by_oc}


@cache
def whole(name: str) -> Any:
    """Return the run of nine iterations that nothing interrupts."""
    return METHODS[name](max_iterations=9)


def quadratic(path: Path, **change: Any) -> Any:
    options = {"objective": lambda x: ((x - 0.3) ** 2).sum(), "x0": [0.5, 0.5], "lower": 0.0, "upper": 1.0}
    return optimize.mma(**(options | change), max_iterations=3, change=0.0, checkpoint=path)


@pytest.mark.parametrize("name", METHODS)
def test_a_run_in_two_parts_is_the_same_to_the_last_bit(name: str, tmp_path: Path) -> None:
    METHODS[name](max_iterations=4, checkpoint=tmp_path / "run.npz")
    resumed = METHODS[name](max_iterations=9, checkpoint=tmp_path / "run.npz")
    assert (resumed.x == whole(name).x).all()
    assert (resumed.history.value == whole(name).history.value).all()
    assert (resumed.history.residual == whole(name).history.residual).all()
    assert len(resumed.history) == 9


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    first, second = (quadratic(tmp_path / "run.npz") for _ in range(2))
    assert (second.x == first.x).all()
    assert (second.reason, len(second.history)) == (first.reason, 3)


def _slowly(path: str) -> None:
    """Run as `whole` does, written after every iteration."""
    by_mma(max_iterations=9, checkpoint=path, callback=lambda x, record: time.sleep(0.1))


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    for more in (1, 2):  # killed twice, at whatever moment that is
        running = started(_slowly, str(path))
        before = len(checkpoint.Checkpoint(path, 1, {}).load().history) if path.exists() else 0
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and running.is_alive():
            if path.exists() and len(checkpoint.Checkpoint(path, 1, {}).load().history) >= before + more:
                break
            time.sleep(0.02)
        assert running.pid is not None
        os.kill(running.pid, signal.SIGKILL)
        running.join()
        assert running.exitcode == -signal.SIGKILL
    resumed = by_mma(max_iterations=9, checkpoint=path)
    assert (resumed.x == whole("mma").x).all()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"upper": 2.0}, "its bounds differs"),
        ({"x0": [0.5, 0.4]}, "its start differs"),
        ({"price": 10.0}, "its price differs"),
        ({"objective": lambda x: 2 * ((x - 0.3) ** 2).sum(), "scale": 1 / 0.08}, "its objective differs"),
    ],
)
def test_a_checkpoint_of_another_problem_is_refused_by_name(change: dict[str, Any], what: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    quadratic(path, scale=1 / 0.08)
    kept = path.read_bytes()
    with pytest.raises(errors.OptimizationError, match=f"another problem: {what}"):
        quadratic(path, **({"scale": 1 / 0.08} | change))
    assert path.read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_what_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(errors.OptimizationError, match="no checkpoint"):
        quadratic(path)
    assert path.read_bytes() == content


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    quadratic(path)
    kept = path.read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match=r"no checkpoint of iteration 4: .*No space left.*stays") as told:
        found = optimize.mma(
            lambda x: ((x - 0.3) ** 2).sum(), [0.5, 0.5], lower=0.0, upper=1.0, max_iterations=4, change=0.0,
            checkpoint=path,
        )  # fmt: skip
    assert len(found.history) == 4
    assert told[0].filename == __file__
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def test_writes_are_as_far_apart_as_asked(tmp_path: Path) -> None:
    sizes: list[int] = []
    path = tmp_path / "run.npz"

    def look(x: Any, record: Any) -> None:
        sizes.append(len(checkpoint.Checkpoint(path, 1, {}).load().history) if path.exists() else 0)

    optimize.mma(
        lambda x: ((x - 0.3) ** 2).sum(), [0.5], lower=0.0, upper=1.0, max_iterations=7, change=0.0, every=3,
        checkpoint=path, callback=look,
    )  # fmt: skip
    assert sizes == [0, 0, 0, 3, 3, 3, 6]
    assert len(checkpoint.Checkpoint(path, 1, {}).load().history) == 7


@pytest.mark.parametrize(
    ("option", "got"), [({"every": 0}, "every = 0"), ({"max_iterations": 2.5}, "max_iterations = 2.5")]
)
def test_iterations_are_whole_numbers(option: dict[str, Any], got: str) -> None:
    with pytest.raises(errors.OptimizationError, match=f"got: +{got}"):
        by_oc(**option)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_iter'; there are max_iterations"):
        by_oc(max_iter=3)


def test_a_checkpoint_of_the_other_sensitivities_is_refused(tmp_path: Path) -> None:
    by_oc(max_iterations=2, checkpoint=tmp_path / "run.npz")
    smooth = fem.design.sensitivity_filter(MESH, 1.5)
    with pytest.raises(errors.OptimizationError, match="its sensitivity filter differs"):
        by_oc(max_iterations=3, checkpoint=tmp_path / "run.npz", sensitivity=smooth)
