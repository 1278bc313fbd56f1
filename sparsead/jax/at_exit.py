"""Let programs that still run when the interpreter ends come to their end first.

A program that calls Python on a thread of XLA's cannot do so once the interpreter
is being torn down: measured, the process then aborts or hangs. Programs that
another thread started and whose results nobody holds cannot be waited for.
"""

from __future__ import annotations

import atexit
import contextlib
import functools

import jax
import numpy as np


@functools.cache
def wait_at_exit() -> None:
    """Wait for programs before the interpreter ends; registered once, before the first program is compiled."""
    atexit.register(_wait)


def _wait() -> None:
    devices = jax.local_devices()
    with contextlib.suppress(RuntimeError):  # no CPU among the platforms that the user chose
        devices += jax.local_devices(backend="cpu")
    for device in {device.platform: device for device in devices}.values():
        # Programs of one thread run in order: this one, the smallest there is, comes last.
        jax.lax.neg(jax.device_put(np.float32(0), device)).block_until_ready()
    for array in jax.live_arrays():
        with contextlib.suppress(Exception):  # the program failed, and nobody waits to be told
            array.block_until_ready()
