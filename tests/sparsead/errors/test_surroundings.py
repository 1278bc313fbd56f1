"""Errors that depend on the machine: libraries that are missing, the limit of the store, types that JAX turned off."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead import backends, factor_cache
from sparsead.backends import cholmod, cvxopt, mkl, umfpack_library
from sparsead.errors import BackendMissingError
from tests.conftest import require
from tests.sparsead.errors.ways import COLS, FOUR_LINES, ROWS, VALUES, B, N, Way
from tests.sparsead.programs import grid

# For each optional library: the finder that is made to find nothing, and what the fix must say.
LIBRARIES = {
    "pardiso": (mkl, "load", r'pip install "sparsead\[pardiso\]"'),
    "cholmod": (cholmod, "load", r'libsuitesparse-dev .*pip install "sparsead\[cholmod\]"'),
    "umfpack": (umfpack_library, "functions", r"libsuitesparse-dev"),
    "cvxopt": (cvxopt, "load", r'pip install "sparsead\[cvxopt\]" .*GPL'),
}


def without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, finder, _ = LIBRARIES[name]
    monkeypatch.setattr(module, finder, lambda **_: None)


# ------------------------------------------------------------------------------------------------ missing libraries
@pytest.mark.parametrize("name", LIBRARIES)
def test_missing_library_says_how_to_install_it(name: str, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    without(name, monkeypatch)

    def program(sp: Any, v: Any, b: Any) -> Any:
        return sp.solve(sp.coo(ROWS, COLS, v, (N, N), positive_definite=True), b, backend=name)

    got = rf"backend='{name}', and the library cannot be loaded"
    error = way.refuses(program, VALUES, B, error=BackendMissingError, got=got)
    assert re.search(LIBRARIES[name][2], str(error).partition("fix: ")[2])
    assert name not in backends.installed()


@pytest.mark.parametrize("declared", [{}, {"symmetric": True}, {"positive_definite": True}], ids=str)
def test_without_any_optional_library_systems_are_solved(
    declared: Any, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in LIBRARIES:
        without(name, monkeypatch)
    rows, cols, values = grid(30)
    b = np.arange(900.0)

    def program(sp: Any, v: Any) -> Any:
        matrix = sp.coo(rows, cols, v, (900, 900), **declared)
        return matrix @ sp.solve(matrix, b)

    assert np.abs(way.run(program, values) - b).max() < 1e-10  # rounding times a condition number of 400


@pytest.mark.parametrize(("name", "package"), [("jax", "JAX"), ("autograd", "HIPS autograd"), ("torch", "PyTorch")])
def test_front_end_without_its_library_says_what_to_install(name: str, package: str) -> None:
    text = printed(f"""
import sys
sys.modules[{name!r}] = None
try:
    import sparsead.{name}
except ImportError as error:
    print(type(error).__name__, error)
""")
    assert text.startswith(f"BackendMissingError sparsead.{name} needs {package}\n")
    assert FOUR_LINES.search(text)
    assert re.search(rf'fix: +pip install "{name}>=', text)


# ------------------------------------------------------------------------------------------------- limit of the store
def test_factorization_beyond_the_limit_works_and_warns_once(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factor_cache, "_warned_too_large", False)
    rows, cols, values = grid(30)
    b = np.arange(900.0)

    def program(sp: Any, v: Any) -> Any:
        matrix = sp.coo(rows, cols, v, (900, 900))
        return matrix @ sp.solve(matrix, b)

    factor_cache.limit(1000)
    try:
        with pytest.warns(
            UserWarning, match=r"a factorization of \d+ bytes is larger than the limit .* 1000 bytes"
        ) as told:
            first = way.run(program, values)
        assert len(told) == 1
        second = way.run(program, 2 * values)  # another warning would be an error here
        assert factor_cache.stats().held == 0
    finally:
        factor_cache.limit(None)
    for found in (first, second):
        assert np.abs(found - b).max() < 1e-10  # rounding times a condition number of 400
    way.solves()


# --------------------------------------------------------------------------------------------- 64-bit types off in JAX
def printed(program: str) -> str:
    """Return what a fresh Python prints; no variable of JAX or of Python is handed on."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "PYTHON"))}
    environment["PYTHONPATH"] = str(Path(sparsead.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_doubles_are_refused_where_jax_would_truncate_them() -> None:
    require("jax")
    text = printed("""
import json, jax, numpy as np, sparsead.jax as sp
rows, cols, single = np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([4, 5, 1], np.float32)
double, b = single.astype(float), np.array([1, 2], np.float32)
solve = lambda v, b: sp.solve(sp.coo(rows, cols, v, (2, 2)), b)
cases = {
    "values": lambda: solve(double, b),
    "b": lambda: solve(single, b.astype(float)),
    "complex b": lambda: solve(single, b.astype(complex)),
    "values inside jit": lambda: jax.jit(lambda b: solve(double, b))(b),
    "b inside jit": lambda: jax.jit(lambda v: solve(v, b.astype(float)))(single),
}
said = {}
for name, case in cases.items():
    try:
        case()
    except TypeError as error:
        said[name] = [type(error).__name__, str(error)]
    assert not jax.config.jax_enable_x64
    assert str(solve(single, b).dtype) == str(jax.jit(solve)(single, b).dtype) == "float32"
print(json.dumps(said))
""")
    said = json.loads(text)
    assert len(said) == 5
    for name, (kind, message) in said.items():
        given, becomes = ("complex128", "complex64") if "complex" in name else ("float64", "float32")
        argument = "values" if "values" in name else "b"
        assert kind == "DtypeError" and FOUR_LINES.search(message)
        assert f"got:      {argument} of type {given} with jax_enable_x64 off: JAX makes it {becomes}\n" in message
        assert 'jax.config.update("jax_enable_x64", True)' in message.partition("fix: ")[2]
