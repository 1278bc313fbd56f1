"""Hide factorization libraries from every process of an environment; imported at each start of its Python.

Wheels are not installed where they are not wanted, but a library of the system would be found all the same.
"""

from __future__ import annotations

import sys
from typing import Any

LIBRARIES = ("umfpack", "cholmod", "mkl_rt")


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Let ``ctypes`` find none of the libraries."""
    if event == "ctypes.dlopen" and any(name in str(arguments[0]) for name in LIBRARIES):
        raise OSError(f"{arguments[0]} is hidden in this environment")


sys.addaudithook(refuse)
