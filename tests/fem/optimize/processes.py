"""Runs in processes of their own, which begin with everything imported: they are forked from one that only imports."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from tests.conftest import require
from tests.xla_flags import QUICK

jax = require("jax")
require("fem.optimize")


def started(run: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Return a process that calls ``run(*arguments)`` as this process would."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    process = server.Process(target=_as_here, args=(jax.config.read(QUICK), run, *arguments))
    process.start()
    return process


def _as_here(quick: bool, run: Callable[..., None], *arguments: Any) -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update(QUICK, quick)
    run(*arguments)
