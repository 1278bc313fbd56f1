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
import jax.numpy as jnp


@functools.cache
def wait_at_exit() -> None:
    """Wait for programs before the interpreter ends; registered once, before the first program is compiled."""
    atexit.register(_wait)


def _wait() -> None:
    # A device runs the programs of a thread in order: this one comes last.
    for device in jax.local_devices():
        with jax.default_device(device):
            jax.block_until_ready(jnp.zeros(()) + 1)
    for array in jax.live_arrays():
        with contextlib.suppress(Exception):  # the program failed, and nobody waits to be told
            array.block_until_ready()
