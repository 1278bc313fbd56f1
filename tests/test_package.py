"""Importing the package loads only what it needs, changes nothing, and says nothing."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sparsead
from tests.conftest import absent, require

OPTIONAL = ("jax", "jaxlib", "autograd", "torch", "mkl", "pypardiso", "sksparse", "cvxopt", "matplotlib")
SHARED_NAMES = {
    *("coo", "csc", "csr", "triplets", "diags", "eye", "block", "from_scipy", "to_scipy", "to_dense"),
    *("kron", "tril", "triu", "solve", "norm_solve_and_grad", "SparseArray"),
}
OWN_NAMES = {
    "numpy": {"vjp", "jvp", "factorize", "Factorized", "apply"},
    "jax": {"transport", "value_and_grad_with_error", "Estimate", "jacobian", "hessian", "SparseJacobian"},
}

# What a program can see of the process's state, before and after the import.
STATE = """
import json, os, random, signal, sys, threading, warnings
import numpy as np, scipy.sparse.linalg

def state():
    return {
        "floating-point errors": str(np.geterr()),
        "print options": str(np.get_printoptions()),
        "random state": str(np.random.get_state()) + str(random.getstate()),
        "warning filters": str(warnings.filters),
        "environment": str(sorted(os.environ.items())),
        "threads": threading.active_count(),
        "recursion limit": sys.getrecursionlimit(),
        "interrupt handler": str(signal.getsignal(signal.SIGINT)),
        "hooks": str((sys.excepthook, sys.displayhook, threading.excepthook)),
        "search path": str(sys.path),
    }
"""


def run(program: str) -> Any:
    """Return what a fresh Python prints as JSON; it must print nothing else, and warn of nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "PYTHON"))}
    environment["PYTHONPATH"] = str(Path(sparsead.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


@pytest.mark.parametrize("module", ["sparsead", "sparsead.numpy", "sparsead.backends"])
def test_import_loads_no_optional_library(module: str) -> None:
    loaded = run(f"import json, sys, {module}\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))")
    assert [name for name in OPTIONAL if name in loaded] == []


@pytest.mark.parametrize("module", ["sparsead.numpy", "sparsead.testing"])
def test_import_changes_no_state(module: str) -> None:
    if module == "sparsead.testing":
        require("jax")
    result = run(f"{STATE}\nbefore = state()\nimport {module}\nprint(json.dumps([before, state()]))")
    assert changes(*result) == {}


def test_import_of_jax_front_end_changes_no_state() -> None:
    require("jax")
    before, after = run(
        f"{STATE}\nimport jax\n"
        "def both():\n    return state() | {name: str(value) for name, value in jax.config.values.items()}\n"
        "before = both()\nimport sparsead.jax\nprint(json.dumps([before, both()]))"
    )
    assert "jax_enable_x64" in before
    assert changes(before, after) == {}


def test_import_of_jax_front_end_starts_no_device() -> None:
    require("jax")
    # JAX refuses this option once a device has been started.
    program = "import json, jax, sparsead.jax\njax.config.update('jax_num_cpu_devices', 2)\n"
    assert run(f"{program}print(json.dumps(len(jax.devices('cpu'))))") == 2


def test_state_sees_a_planted_change() -> None:
    before, after = run(f"{STATE}\nbefore = state()\nnp.seterr(all='raise')\nprint(json.dumps([before, state()]))")
    assert list(changes(before, after)) == ["floating-point errors"]


@pytest.mark.parametrize("front_end", OWN_NAMES)
def test_front_ends_have_the_same_names(front_end: str) -> None:
    require(front_end)
    public = set(importlib.import_module(f"sparsead.{front_end}").__all__)
    assert public >= SHARED_NAMES | OWN_NAMES[front_end]
    assert public - OWN_NAMES[front_end] == set(importlib.import_module("sparsead.numpy").__all__) - OWN_NAMES["numpy"]


def test_package_ships_its_types() -> None:
    assert (Path(sparsead.__file__).parent / "py.typed").is_file()


def test_absent_library_is_a_skip_here_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_library is not installed: No module named"):
        require("no_such_library")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no_such_library must be there in CI"):
        require("no_such_library")
    with pytest.raises(pytest.fail.Exception, match="libumfpack must be there in CI: apt install"):
        absent("libumfpack", "apt install libsuitesparse-dev")
