"""Nothing hangs: large arrays, one processor, several threads, loops, the end of the interpreter; each in a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sparsead
from tests.conftest import require

require("jax")

TRANSPORTS = ("buffer", "ffi")
START = """
import os, sys, threading
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}) if ONE and hasattr(os, "sched_setaffinity") else None
import jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_enable_x64", True)
import sparsead.jax as sp
n = 1_200_000  # 10 MB of doubles: the transports of others hang from 8 MB on
values, b = np.linspace(1.0, 2.0, n), np.ones(n)
slope = jax.jit(jax.value_and_grad(lambda v, b: sp.solve(sp.diags([v], triangular="lower"), b).sum()))
"""
CALLS = """
ended = [float(slope(values, b)[0]) > 0]

x = values  # calls that wait for each other
for _ in range(3):
    value, x = slope(2 + x, b)
ended.append(bool(jnp.isfinite(value)))

def march(v):
    step = lambda u, _: (sp.solve(sp.diags([v], triangular="lower"), u), None)
    return jax.lax.scan(step, jnp.asarray(b), None, length=3)[0].sum()
ended.append(bool(jnp.isfinite(jax.jit(jax.grad(march))(values)).all()))

keep = lambda state: state[0] < 3
step = lambda state: (state[0] + 1, sp.solve(sp.diags([values], triangular="lower"), state[1]))
ended.append(int(jax.jit(lambda b: jax.lax.while_loop(keep, step, (0, b)))(b)[0]) == 3)

found = []
threads = [threading.Thread(target=lambda i=i: found.append(float(slope(values + i, b)[0]))) for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ended.append(len(found) == 4)

product = lambda v, b: slope(v, b)[1].sum() + (jnp.ones((700, 700)) @ jnp.ones((700, 700))).sum() * v[0]
ended.append(float(jax.jit(product)(values, b)) != 0)

try:
    jax.block_until_ready(slope(values * np.nan, b))
except Exception as error:
    ended.append("got:      A[0, 0] = nan" in str(error) and float(slope(values, b)[0]) > 0)
print(ended == [True] * 7, flush=True)

slope(values, b)  # and the interpreter ends
"""
PROGRAMS = {
    "calls, loops, threads, errors, and the end of the interpreter while a program runs": CALLS,
    "end of the interpreter while programs run whose results are held": """
print(True, flush=True)
held = [slope(values + i, b) for i in range(3)]
""",
}


@pytest.mark.parametrize("processors", ["one processor", "all processors"])
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_ends(name: str, transport: str, processors: str) -> None:
    one = processors == "one processor"
    chosen = f"with sp.transport({transport!r}):\n" + "\n".join(f"    {x}" for x in PROGRAMS[name].strip().splitlines())
    done = subprocess.run(
        [sys.executable, "-c", f"ONE = {one}{START}{chosen}"],
        env={**os.environ, "PYTHONPATH": str(Path(sparsead.__file__).parents[1])},
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "True"
