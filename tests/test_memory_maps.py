"""The suite gives compiled programs back, and fails where a process nears the limit of memory maps."""

from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from tests import memory_maps
from tests.conftest import require

ROOT = Path(__file__).parents[1]

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory maps of a process")

MODULE = """
import mmap
from tests import memory_maps

kept = []

def test_that_leaves_maps_behind():
    while memory_maps.held() <= {maps}:
        kept.append(mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE * (len(kept) % 2)))
"""


@linux
def test_planted_maps_are_counted() -> None:
    before = memory_maps.held()
    # neighbours of the same kind would be one map
    kept = [mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE * (i % 2)) for i in range(100)]
    assert memory_maps.held() >= before + 50
    del kept


@linux
def test_released_programs_give_their_maps_back() -> None:
    jax, jnp = require("jax"), require("jax.numpy")
    jax.jit(jnp.cumsum)(jnp.ones(1))  # the compiler itself comes with maps that stay
    memory_maps.release()
    before = memory_maps.held()
    programs = [jax.jit(lambda x, i=i: jnp.cumsum(x) * i) for i in range(30)]
    for i, program in enumerate(programs):
        program(jnp.ones(i + 2))
    compiled = memory_maps.held() - before
    memory_maps.release()
    assert compiled > 100
    assert memory_maps.held() - before < compiled / 10


@linux
@pytest.mark.parametrize(("share", "passes"), [(0.3, True), (0.6, False)])
def test_suite_fails_where_a_process_passes_half_of_the_limit(tmp_path: Path, share: float, passes: bool) -> None:
    limit = 4000
    (tmp_path / "conftest.py").write_text(
        "from tests import memory_maps\n"
        f"memory_maps.allowed = lambda: {limit}\n"
        "from tests.conftest import room_for_programs, short_collections\n"
    )
    (tmp_path / "test_maps.py").write_text(MODULE.format(maps=int(share * limit)))
    options = ["-q", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode == 0) is passes, run.stdout
    assert ("more than half of vm.max_map_count" in run.stdout) is not passes


def test_there_is_no_limit_where_the_system_sets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_maps, "Path", lambda _: Path("/nowhere"))
    assert not memory_maps.are_many()
    assert memory_maps.fault() is None
