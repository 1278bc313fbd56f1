"""The rules of the house that a linter does not know: budgets, imports, documented names."""

from __future__ import annotations

import ast
import importlib
import io
import sys
import tokenize
from pathlib import Path

import pytest

from tests.conftest import require

ROOT = Path(__file__).parents[1]
PACKAGES = [package for package in ("sparsead", "fem") if (ROOT / package).is_dir()]
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

FILE_LINES = 300
FUNCTION_LINES = 40

REQUIRED = {"numpy", "scipy"}
# Where each optional library may be imported: at the top of a file, or inside a function of it.
OPTIONAL = {
    "jax": ("sparsead/jax/", "sparsead/transient/", "sparsead/testing/", "fem/"),
    "jaxlib": ("sparsead/jax/",),
    "autograd": ("sparsead/autograd/", "sparsead/testing/"),
    "torch": ("sparsead/torch/", "sparsead/testing/"),
    "sksparse": ("sparsead/backends/cholmod", "sparsead/backends/umfpack"),
    "cvxopt": ("sparsead/backends/cvxopt",),
    "mkl": ("sparsead/backends/pardiso",),
    "pypardiso": ("sparsead/backends/pardiso",),
    "xxhash": ("sparsead/factors/",),
    "matplotlib": ("fem/output/", "fem/optimize/picture"),
    "PIL": ("fem/output/matplotlib_library",),
    "meshio": ("fem/mesh/files/meshio_library", "fem/output/"),
    "pyvista": ("fem/output/",),
    "nlopt": ("fem/optimize/nlopt",),
    "pyamg": ("sparsead/iterative/preconditioners/amg",),
    "cyipopt": ("fem/optimize/ipopt",),
    "tqdm": ("fem/optimize/progress",),
}

FRONT_ENDS = {"sparsead": "numpy", "sparsead.numpy": "numpy", "sparsead.jax": "jax", "sparsead.transient": "jax"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code: not blank, not a comment, not a docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node) is not None:
                lines.difference_update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def long_functions(source: str) -> list[str]:
    """Return the functions with too many lines of code, docstrings not counted."""
    lines = code_lines(source)
    sizes = {f: len(lines.intersection(range(f.lineno, (f.end_lineno or 0) + 1))) for f in functions(ast.parse(source))}
    return [f"{f.name}: {size} lines" for f, size in sizes.items() if size > FUNCTION_LINES]


def imported(node: ast.AST) -> list[str]:
    """Return the modules that an import statement names; relative imports start with a dot."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def import_faults(source: str, name: str) -> list[str]:
    """Return what the imports of the file `name` do that the house does not allow."""
    tree = ast.parse(source)
    hidden = {id(node) for function in functions(tree) for node in ast.walk(function)}
    faults = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            faults.append(f"line {node.lineno}: wildcard import")
        for module in imported(node):
            top = module.partition(".")[0]
            foreign = top not in sys.stdlib_module_names and top not in REQUIRED and top not in PACKAGES
            if not top:
                faults.append(f"line {node.lineno}: relative import of {module}")
            elif foreign and not name.startswith(OPTIONAL.get(top, ())):
                faults.append(f"line {node.lineno}: {top} may not be imported in this file")
            elif not foreign and id(node) in hidden:
                faults.append(f"line {node.lineno}: {module} is imported inside a function")
    return faults


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_file_is_within_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_are_within_budget(path: Path) -> None:
    assert long_functions(path.read_text()) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_are_where_they_may_be(path: Path) -> None:
    assert import_faults(path.read_text(), name_of(path)) == []


@pytest.mark.parametrize("module", FRONT_ENDS)
def test_public_names_are_listed_and_documented(module: str) -> None:
    require(FRONT_ENDS[module])
    package = importlib.import_module(module)
    assert len(package.__all__) == len(set(package.__all__))
    undocumented = [name for name in package.__all__ if not (getattr(package, name).__doc__ or "").strip()]
    assert undocumented == []


def test_budget_sees_a_long_function() -> None:
    body = "".join(f"    x{i} = {i}\n" for i in range(FUNCTION_LINES))
    assert long_functions(f'def f():\n    """Say.\n\n    more\n    """\n    # why\n\n{body}') == ["f: 41 lines"]
    assert long_functions(f'def f():\n    """Say."""\n{body[: body.rindex("    x")]}') == []


@pytest.mark.parametrize(
    ("source", "name", "fault"),
    [
        ("from numpy import *", "sparsead/checks.py", "line 1: wildcard import"),
        ("from .errors import explain", "sparsead/checks.py", "line 1: relative import of .errors"),
        ("import jax.numpy", "sparsead/numpy/solve.py", "line 1: jax may not be imported in this file"),
        ("def f():\n    import torch", "sparsead/kernels/spmv.py", "line 2: torch may not be imported in this file"),
        ("import pandas", "sparsead/checks.py", "line 1: pandas may not be imported in this file"),
        ("def f():\n    import scipy", "sparsead/checks.py", "line 2: scipy is imported inside a function"),
        ("def f():\n    import sparsead", "sparsead/checks.py", "line 2: sparsead is imported inside a function"),
    ],
)
def test_import_rules_see_a_planted_fault(source: str, name: str, fault: str) -> None:
    assert import_faults(source, name) == [fault]


def test_import_rules_allow_an_optional_library_in_its_adapter() -> None:
    assert import_faults("def f():\n    import sksparse.cholmod", "sparsead/backends/cholmod.py") == []
