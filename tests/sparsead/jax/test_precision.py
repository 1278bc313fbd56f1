"""Types with 64 bits on, and in a process where they are off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")


def run(program: str) -> Any:
    """Return what a fresh Python, with 64-bit types off, prints as JSON."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "PYTHON"))}
    environment["PYTHONPATH"] = str(Path(sparsead.__file__).parents[1])
    start = "import json, jax, jax.numpy as jnp, numpy as np, sparsead.jax as sp\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", start + program],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_off_results_are_single_and_accurate_and_doubles_are_refused() -> None:
    found = run("""
rows, cols = np.array([0, 1, 2, 0]), np.array([0, 1, 2, 2])
values, b = np.array([4, 5, 6, 1], np.float32), np.array([1, 2, 3], np.float32)
out = {}
x = sp.solve(sp.coo(rows, cols, values, (3, 3)), b)
out["type"], out["x"] = str(x.dtype), x.tolist()
slope = jax.jit(jax.grad(lambda v: sp.solve(sp.coo(rows, cols, v, (3, 3)), b).sum()))(values)
out["gradient type"], out["gradient"] = str(slope.dtype), slope.tolist()
out["lists"] = str(sp.solve(sp.coo(rows, cols, [4.0, 5.0, 6.0, 1.0], (3, 3)), [1.0, 2.0, 3.0]).dtype)
out["whole numbers"] = str(sp.solve(sp.coo(rows, cols, [4, 5, 6, 1], (3, 3)), jnp.arange(3)).dtype)
out["eye"] = str(sp.eye(3).dtype)
out["scaled"] = str((2.0 * sp.eye(3)).dtype)
out["complex"] = str(sp.solve(sp.eye(3), jnp.ones(3) * 1j).dtype)
for name, call in {
    "values": lambda: sp.coo(rows, cols, values.astype(float), (3, 3)),
    "b": lambda: sp.solve(sp.eye(3), b.astype(float)),
    "x": lambda: sp.eye(3) @ b.astype(complex),
}.items():
    try:
        call()
    except TypeError as error:
        out[f"refused {name}"] = str(error)
out["flag"] = jax.config.jax_enable_x64
print(json.dumps(out))
""")
    assert found["type"] == found["gradient type"] == found["lists"] == found["whole numbers"] == "float32"
    assert found["eye"] == found["scaled"] == "float32" and found["complex"] == "complex64"
    assert found["flag"] is False
    full = np.diag([4.0, 5.0, 6.0])
    full[0, 2] = 1
    x, lam = np.linalg.solve(full, [1, 2, 3]), np.linalg.solve(full.T, np.ones(3))
    assert np.allclose(found["x"], x, rtol=1e-6, atol=1e-7)  # rounding of single numbers
    expected = -lam[[0, 1, 2, 0]] * x[[0, 1, 2, 2]]
    assert np.allclose(found["gradient"], expected, rtol=1e-6, atol=1e-7)  # rounding of single numbers
    for name, truncated in {"values": "float32", "b": "float32", "x": "complex64"}.items():
        text = found[f"refused {name}"]
        assert f"JAX would truncate {name}" in text and f"JAX makes it {truncated}" in text


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_values_are_factorized_in_double(dtype: Any) -> None:
    hilbert = 1 / (np.arange(6)[:, None] + np.arange(6) + 1)  # condition number 1.5e7
    single = hilbert.astype(dtype)
    rows, cols = (i.ravel() for i in np.indices((6, 6)))
    b = np.arange(1, 7).astype(dtype)
    exact = np.linalg.solve(single.astype(np.complex128), b)
    x = jax.jit(lambda v: sp.solve(sp.coo(rows, cols, v, (6, 6)), b))(single.ravel())
    assert x.dtype == dtype
    # the solution is rounded once to single; factors in single would lose all digits
    assert np.abs(x / exact - 1).max() < 1e-6


def test_single_precision_is_used_when_asked_for() -> None:
    rng = np.random.default_rng(0)
    values = (rng.standard_normal(6) + 4).astype(np.float32)
    solve = jax.jit(lambda v: sp.solve(sp.diags([v]), jnp.ones(6, "f4"), precision="single"))
    found = solve(values)
    assert found.dtype == np.float32
    assert np.allclose(found, 1 / values, rtol=1e-6)  # rounding of single numbers


@pytest.mark.parametrize("factor", [2.0, 2, True, np.float32(2)])
def test_number_keeps_the_precision_of_the_matrix(factor: Any) -> None:
    matrix = sp.diags([np.ones(3, np.float32)])
    assert (factor * matrix).dtype == (matrix * factor).dtype == np.float32
