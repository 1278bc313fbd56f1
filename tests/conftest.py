"""Settings of the whole suite: 64 bits, quick compilation, no window, an empty factor store, few maps, named skips."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

import sparsead
from tests import memory_maps, xla_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ.setdefault("MPLBACKEND", "Agg")

if importlib.util.find_spec("jax"):
    xla_flags.ask_for(xla_flags.FLAGS)
    importlib.import_module("jax").config.update("jax_enable_x64", True)

# ``import jax``, ``import sparsead.jax as sp``, also behind the prompt of a doctest.
IMPORT = re.compile(
    r"^\s*(?:>>> |\.\.\. )?\s*(?:import|from)\s+(?:sparsead\.)?"
    r"(jax|autograd|torch|matplotlib|meshio|pyvista|pyamg|tqdm|nlopt|cyipopt|optax)\b",
    re.MULTILINE,
)


def require(name: str) -> Any:
    """Return the optional module `name`; without it, skip the test, or fail where CI is set.

    At the top of a test file it skips the whole file: ``jax = require("jax")``.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        absent(name, str(error))


def require_imports_of(source: str) -> None:
    """Require every optional library that a program or page imports."""
    for name in sorted(set(IMPORT.findall(source))):
        require(name)


@contextmanager
def optional_libraries() -> Iterator[None]:
    """Treat a library that the package itself misses inside the block as `require` does."""
    try:
        yield
    except ImportError as error:
        skip_if_absent(error)
        raise


def skip_if_absent(error: BaseException) -> None:
    """Skip the test, or fail where CI is set, if an error says that an optional library is not installed."""
    if isinstance(error, ImportError) and isinstance(error, sparsead.errors.SparseADError):
        absent("a library", str(error).splitlines()[0])


def absent(name: str, reason: str) -> NoReturn:
    """Skip the test because an optional library is absent, or fail it where CI is set.

    For libraries that are no Python modules: the reason is what ``backend.missing()`` says.
    """
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{name} must be there in CI: {reason}", pytrace=False)
    pytest.skip(f"{name} is not installed: {reason}", allow_module_level=True)


@pytest.fixture(autouse=True, scope="module")
def room_for_programs() -> Iterator[None]:
    """Fail the module after which the process nears the limit of memory maps; give back what was compiled in time."""
    yield
    fault = memory_maps.fault()
    if memory_maps.are_many():
        memory_maps.release()
    if fault:
        pytest.fail(fault, pytrace=False)


@pytest.fixture(autouse=True, scope="module")
def short_collections() -> Iterator[None]:
    """Spare the collections of tests, and that before each module, what earlier modules left: it takes seconds.

    What is frozen thaws where programs are given back.
    """
    gc.collect()
    gc.freeze()
    yield


@pytest.fixture(autouse=True)
def empty_factor_store() -> Iterator[None]:
    """Let every test count from zero."""
    sparsead.factor_cache.clear()
    yield
    sparsead.factor_cache.clear()
