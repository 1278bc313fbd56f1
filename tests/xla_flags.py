"""Flags with which XLA compiles in a third of the time; compiling is most of the time of the suite.

By default XLA writes each kernel of a program through MLIR, and a program in many parts. The emitters that it had
before, and has still, write the same operations, to rounding, at a fourth of the cost.
"""

from __future__ import annotations

import importlib.util
import mmap
import os
from pathlib import Path

FLAGS = {"xla_cpu_use_fusion_emitters": "false", "xla_cpu_parallel_codegen_split_count": "1"}


def ask_for(flags: dict[str, str]) -> None:
    """Set the flags in this process and its children, before JAX starts; a variable that is set is left as it is."""
    os.environ.setdefault("XLA_FLAGS", " ".join(f"--{name}={value}" for name, value in flags.items() if known(name)))


def known(flag: str) -> bool:
    """Return whether the XLA that is installed has a flag: it ends the process where it is given another."""
    return any(_contains(path, flag.encode()) for path in _libraries())


def _libraries() -> list[Path]:
    spec = importlib.util.find_spec("jaxlib")
    folders = spec.submodule_search_locations or () if spec else ()
    return [path for folder in folders for path in Path(folder).glob("libjax_common.*")]


def _contains(path: Path, name: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(name) >= 0
