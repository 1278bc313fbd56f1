"""Flags with which XLA compiles in a third of the time; compiling is most of the time of the suite.

By default XLA 0.10 writes each kernel of a program through MLIR, and a program in many parts. The emitters that it had
before, and has still, write the same operations, to rounding, at a fourth of the cost. XLA 0.11 has them no longer.

Most of its optimizations cost more than they save where a program runs once. They are asked for through JAX, which lets
a test that compares the bits of two programs have them back: `optimized`.

JAX itself spares what nobody reads here: the passes that spread a program over several devices, and the line of Python
that each of its operations came from. Both together are a twentieth of the time.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
QUICK = "jax_disable_most_optimizations"
SPARED = {QUICK: "1", "jax_use_shardy_partitioner": "0", "jax_traceback_in_locations_limit": "0"}
_STARTS = "import jax; jax.devices('cpu')"


def ask_for(flags: tuple[str, ...]) -> None:
    """Set the flags in this process and its children, before JAX starts; a variable that is set is left as it is.

    Flags that the installed XLA does not know are left away: it ends the process where it is given one.
    """
    if "XLA_FLAGS" not in os.environ:
        os.environ["XLA_FLAGS"] = " ".join(flags if known(*flags) else filter(known, flags))
        for setting, value in SPARED.items():
            os.environ.setdefault(setting.upper(), value)


@contextmanager
def optimized() -> Iterator[None]:
    """Compile as users do inside the block, what was compiled before as well."""
    jax = importlib.import_module("jax")
    before = jax.config.read(QUICK)
    jax.clear_caches()
    jax.config.update(QUICK, False)
    try:
        yield
    finally:
        jax.config.update(QUICK, before)
        jax.clear_caches()


def known(*flags: str) -> bool:
    """Return whether a process starts with these flags."""
    environment = {**os.environ, "XLA_FLAGS": " ".join(flags)}
    started = subprocess.run([sys.executable, "-c", _STARTS], env=environment, capture_output=True, check=False)
    return started.returncode == 0
