"""Checkpoints: counts equal to theory, gradients equal to those of keeping all, files that resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.transient.checkpoints import binomial
from sparsead.transient.gradients import pieces
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")

odesolve, Binomial, Disk = transient.odesolve, transient.Binomial, transient.Disk
TIMES = [0.0, 1.0, 3.0, 5.0]
START = jnp.array([0.4, -0.1])
RUNS = {"fixed": {"method": "heun_euler", "h": 0.1}, "adaptive": {"method": "heun_euler", "rtol": 1e-4, "atol": 1e-6}}


def slope(t: Any, u: Any, p: Any) -> Any:
    return jnp.stack([u[1], -p * jnp.sin(u[0])])


def loss(p: Any, checkpoint: Any, how: str) -> Any:
    return jnp.sum(odesolve(slope, START, TIMES, p, checkpoint=checkpoint, **RUNS[how])[1:] ** 2)


def test_closed_form_takes_the_least_steps_for_all_lengths_and_snapshots() -> None:
    """Advances = min over m of m + advances(N - m, s - 1) + advances(m, s), reached at the closed form's m."""
    longest, most = 120, 16
    least = np.zeros((longest + 1, most + 1), np.int64)
    least[:, 1] = np.arange(longest + 1) * (np.arange(longest + 1) - 1) // 2
    for s in range(2, most + 1):
        for n in range(2, longest + 1):
            m = np.arange(1, n)
            cost = m + least[n - m, s - 1] + least[m, s]
            least[n, s] = cost.min()
            assert cost[binomial.next_distance(n, s) - 1] == least[n, s] == binomial.advances(n, s)


def test_schedule_walks_what_the_formula_says_for_all_lengths_up_to_ten_thousand() -> None:
    """All pairs (N, s): the walk to the closed form's snapshot, and what it leaves on both sides, add up to theory."""
    longest = 10_000
    n = np.arange(longest + 1)
    fewer = n * (n - 1) // 2
    for s in range(2, longest + 1):
        walked = np.maximum(n - 1, 0)  # as many snapshots as steps: once over all of them
        long = n[max(s, 2) :]
        walked[long] = binomial.advances(long, s)
        assert walked[long[0]] == long[0] - 1
        m = binomial.next_distance(long, s)
        assert m.min() >= 1 and (m < long).all()
        assert np.array_equal(walked[long], m + fewer[long - m] + walked[m])
        fewer = walked


def test_traced_distance_is_the_closed_form() -> None:
    n, s = (x.ravel() for x in np.meshgrid(np.r_[2:60, 999, 1000, 9999, 10_000], np.r_[2:12, 50, 141]))
    found = jax.jit(jax.vmap(binomial.traced_distance))(n, s)
    np.testing.assert_array_equal(found, [binomial.next_distance(int(a), int(b)) for a, b in zip(n, s, strict=True)])


CALLS: list[int] = []  # one for all runs, which share programs


def counted(t: Any, u: Any, p: Any) -> Any:
    jax.debug.callback(lambda: CALLS.append(1))
    return slope(t, u, p)


@pytest.mark.parametrize("snapshots", [1, 3, 8, 100])
def test_replayed_steps_are_those_of_the_schedule(snapshots: int) -> None:
    def run(p: Any) -> Any:
        states = odesolve(counted, START, [0.0, 4.0], p, method="euler", h=0.1, checkpoint=Binomial(snapshots))
        return jnp.sum(states)

    CALLS.clear()
    jax.block_until_ready(run(2.0))
    jax.effects_barrier()
    forward = len(CALLS)
    CALLS.clear()
    jax.block_until_ready(jax.grad(run)(2.0))
    jax.effects_barrier()
    # Forward 40; the replay of the schedule; one pullback a step, one batch for the parameters' part.
    replayed = binomial.advances(40, snapshots) - 39
    assert forward == 40
    assert len(CALLS) >= 40 + replayed + 40
    stats = odesolve(
        slope, START, [0.0, 4.0], 2.0, method="euler", h=0.1, checkpoint=Binomial(snapshots), full_output=True
    )[1]
    assert stats.replay_f_calls == replayed


@pytest.mark.parametrize("how", RUNS)
@pytest.mark.parametrize("checkpoint", ["sqrt", Binomial(1), Binomial(4), Binomial(40)], ids=str)
def test_gradient_does_not_depend_on_what_is_kept(how: str, checkpoint: Any) -> None:
    assert float(jax.grad(loss)(2.0, checkpoint, how)) == pytest.approx(
        float(jax.grad(loss)(2.0, "all", how)), rel=1e-13
    )


@pytest.mark.parametrize("how", RUNS)
def test_second_derivative_from_snapshots(how: str) -> None:
    def second(p: Any, checkpoint: Any) -> Any:
        return jax.jvp(lambda p: jax.grad(loss)(p, checkpoint, how), (p,), (1.0,))[1]

    found, expected = (jax.jit(second, static_argnums=1)(2.0, checkpoint) for checkpoint in (Binomial(3), "all"))
    assert float(found) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("how", RUNS)
def test_files_give_the_gradient_of_keeping_all(how: str, tmp_path: Path) -> None:
    found = jax.grad(loss)(2.0, Disk(str(tmp_path), 7), how)
    assert float(found) == pytest.approx(float(jax.grad(loss)(2.0, "all", how)), rel=1e-13)


@pytest.mark.parametrize("direction", ["forward", "back"])
def test_killed_run_resumes_with_the_same_digits(
    direction: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = float(jax.grad(loss)(2.0, Disk(str(tmp_path / "whole"), 7), "adaptive"))
    name = {"forward": "_piece", "back": "_piece_back"}[direction]
    work, calls = getattr(pieces, name), []

    def killed(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return work(*args)

    folder = Disk(str(tmp_path / "killed"), 7)
    monkeypatch.setattr(pieces, name, killed)
    with pytest.raises(KeyboardInterrupt):
        jax.grad(loss)(2.0, folder, "adaptive")
    total = len(list((tmp_path / "whole").glob("piece*.npz")))
    calls.clear()
    calls.extend([1] * 3)  # kill no more
    assert float(jax.grad(loss)(2.0, folder, "adaptive")) == whole
    assert len(calls) - 3 == total - 2  # the two pieces done before are not done again


def test_full_disk_is_an_error_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save, calls = np.savez, []

    def full(*args: Any, **arrays: Any) -> None:
        calls.append(1)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        save(*args, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(sparsead.errors.BackendError, match=r"got: .*No space left on device"):
        loss(2.0, Disk(str(tmp_path), 7), "fixed")
    assert float(jax.grad(loss)(2.0, Disk(str(tmp_path), 7), "fixed")) == pytest.approx(
        float(jax.grad(loss)(2.0, "all", "fixed")), rel=1e-13
    )


def test_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    loss(2.0, Disk(str(tmp_path), 7), "fixed")
    with pytest.raises(sparsead.errors.BackendError, match=r"got: .*with a run of other numbers"):
        loss(3.0, Disk(str(tmp_path), 7), "fixed")


def test_files_in_a_compiled_program_are_refused(tmp_path: Path) -> None:
    with pytest.raises(sparsead.errors.NoDerivativeError, match=r"got: .*traced by jit"):
        jax.jit(lambda p: loss(p, Disk(str(tmp_path), 7), "fixed"))(2.0)
