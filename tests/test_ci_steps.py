"""Steps of continuous integration, one after another and side by side: no failure is hidden, no output is mixed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

STEPS = Path(__file__).parents[1] / ".ci" / "steps.bash"
if not (shutil.which("bash") and shutil.which("timeout")):
    pytest.skip("the scripts of continuous integration are for Linux", allow_module_level=True)

# Each lane waits for the other one in its middle: one after another they would run into their limit of six seconds.
LANES = """
meet() { touch "$scratch/$1.here"; while [ ! -e "$scratch/$2.here" ]; do sleep 0.02; done; }
left() { echo "left 1"; meet left right; echo "left 2"; %s; echo "left 3"; }
right() { echo "right 1"; meet right left; echo "right 2"; %s; echo "right 3"; }
one() { step "the left title" 0.1 left; step "after left" 1 echo "left 4"; }
other() { step "the right title" 0.1 right; step "after right" 1 echo "right 4"; }
side_by_side one other
echo "went on"
"""


def ran(script: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    start = 'set -euo pipefail; export scratch=$1; . "$2"\n'
    command = ["bash", "-c", start + script, "script", str(scratch), str(STEPS)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)


def said(output: str) -> list[str]:
    """Return what the planted commands printed, in order."""
    return [line for line in output.splitlines() if line.startswith(("left", "right", "went"))]


def test_steps_that_pass_go_on(tmp_path: Path) -> None:
    done = ran('step "one" 1 true; step "two" 1 echo "right"; echo "went on"', tmp_path)
    assert (done.returncode, said(done.stdout)) == (0, ["right", "went on"])


@pytest.mark.parametrize("fault", ["false", "sleep 9 | cat", "echo $never_set", "kill -9 $BASHPID", "false | cat"])
def test_step_that_fails_ends_the_script_with_its_title(fault: str, tmp_path: Path) -> None:
    done = ran(f'fault() {{ {fault}; }}; step "the title" 0.01 fault; echo "went on"', tmp_path)
    assert done.returncode == 1
    assert "went on" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("===== FAILED: the title (")


def test_lanes_run_at_the_same_time_and_their_output_is_not_mixed(tmp_path: Path) -> None:
    done = ran(LANES % ("true", "true"), tmp_path)
    assert done.returncode == 0
    assert said(done.stdout) == [f"{lane} {i}" for lane in ("left", "right") for i in (1, 2, 3, 4)] + ["went on"]


@pytest.mark.parametrize(
    ("left", "right", "titles"),
    [
        ("false", "true", ["the left title"]),
        ("true", "false", ["the right title"]),
        ("false", "false", ["the left title", "the right title"]),
        ("true", "kill -9 $BASHPID", ["the right title"]),
    ],
)
def test_lane_that_fails_fails_the_script_and_leaves_the_other_whole(
    left: str, right: str, titles: list[str], tmp_path: Path
) -> None:
    done = ran(LANES % (left, right), tmp_path)
    lanes = {"left": "the left title" in titles, "right": "the right title" in titles}
    assert done.returncode == 1
    assert said(done.stdout) == [f"{lane} {i}" for lane in lanes for i in ((1, 2) if lanes[lane] else (1, 2, 3, 4))]
    last = done.stdout.splitlines()[-len(titles) :]
    assert [line.split(" (")[0] for line in last] == [f"===== FAILED: {title}" for title in titles]


@pytest.mark.parametrize("fault", ["false", "exit 3", "kill -9 $BASHPID"])
def test_lane_that_ends_outside_a_step_is_named(fault: str, tmp_path: Path) -> None:
    done = ran(f'one() {{ step "a" 1 true; {fault}; step "b" 1 true; }}\nside_by_side one; echo "went on"', tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "===== FAILED: one ended outside a step ====="
