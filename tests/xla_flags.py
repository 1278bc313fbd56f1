"""Flags with which XLA compiles in a third of the time; compiling is most of the time of the suite.

By default XLA 0.10 writes each kernel of a program through MLIR, and a program in many parts. The emitters that it had
before, and has still, write the same operations, to rounding, at a fourth of the cost. XLA 0.11 has them no longer.
"""

from __future__ import annotations

import os
import subprocess
import sys

FLAGS = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
_STARTS = "import jax; jax.devices('cpu')"


def ask_for(flags: tuple[str, ...]) -> None:
    """Set the flags in this process and its children, before JAX starts; a variable that is set is left as it is.

    Flags that the installed XLA does not know are left away: it ends the process where it is given one.
    """
    if "XLA_FLAGS" not in os.environ:
        os.environ["XLA_FLAGS"] = " ".join(flags if known(*flags) else filter(known, flags))


def known(*flags: str) -> bool:
    """Return whether a process starts with these flags."""
    environment = {**os.environ, "XLA_FLAGS": " ".join(flags)}
    started = subprocess.run([sys.executable, "-c", _STARTS], env=environment, capture_output=True, check=False)
    return started.returncode == 0
