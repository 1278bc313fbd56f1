"""Which backend is chosen for which matrix, and that the reason is told."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead.backends.choose import choose
from sparsead.pattern.structure import Structure

DEFINITE, SYMMETRIC, GENERAL = (
    Structure(symmetric=True, positive_definite=True),
    Structure(symmetric=True),
    Structure(),
)


def laplacian(m):
    """Pattern of the five-point Laplacian on m x m nodes."""
    number = np.arange(m * m).reshape(m, m)
    left = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    right = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    rows, cols = np.concatenate([number.ravel(), left, right]), np.concatenate([number.ravel(), right, left])
    return sp.coo(rows, cols, np.ones(len(rows)), (m * m, m * m)).pattern


def full(n):
    rows, cols = np.indices((n, n)).reshape(2, -1)
    return sp.coo(rows, cols, np.ones(n * n), (n, n)).pattern


@pytest.fixture
def installed(monkeypatch):
    def only(*names):
        module = importlib.import_module("sparsead.backends.choose")  # the package's name is that of the function
        monkeypatch.setattr(module, "installed", lambda: ("dense", "banded", "triangular", "superlu", *names))

    return only


@pytest.mark.parametrize(
    ("structure", "there", "expected"),
    [
        (DEFINITE, ("pardiso", "cholmod", "umfpack"), "pardiso"),
        (DEFINITE, ("cholmod", "umfpack"), "cholmod"),
        (SYMMETRIC, ("pardiso", "cholmod", "umfpack"), "pardiso"),
        (SYMMETRIC, ("cholmod", "umfpack"), "umfpack"),
        (GENERAL, ("pardiso", "umfpack"), "pardiso"),
        (GENERAL, ("cholmod", "umfpack"), "umfpack"),
        (DEFINITE, ("cvxopt", "cholmod", "umfpack"), "cholmod"),
        (GENERAL, ("cvxopt", "cholmod", "umfpack"), "umfpack"),
        (DEFINITE, ("cvxopt", "umfpack"), "cvxopt"),
        (SYMMETRIC, ("cvxopt", "cholmod"), "cvxopt"),
        (GENERAL, ("cvxopt", "cholmod"), "cvxopt"),
        (DEFINITE, (), "superlu"),
        (GENERAL, (), "superlu"),
    ],
)
def test_structure_and_libraries_decide_for_large_matrices(installed, structure, there, expected):
    installed(*there)
    choice = choose(laplacian(60), structure)
    assert choice.backend == expected
    assert str(choice).startswith(f"{expected}: ")


def test_full_small_matrix_goes_to_dense_lapack():
    assert choose(full(40)).backend == "dense"


def test_small_matrix_goes_to_its_band():
    assert str(choose(laplacian(10), DEFINITE)) == "banded: 100 unknowns within 10 + 10 diagonals: LAPACK on the band"


def blocks(n, nodes):
    """The pattern of n nodes a side in a row, of two unknowns each, coupled to the eight around them."""
    near = abs(np.subtract.outer(np.arange(n), np.arange(n))) <= 1
    across = abs(np.subtract.outer(np.arange(nodes), np.arange(nodes))) <= 1
    rows, cols = np.nonzero(np.kron(np.kron(near, across), np.ones((2, 2))))
    return sp.coo(rows, cols, np.ones(rows.size), (2 * n * nodes,) * 2).pattern


@pytest.mark.parametrize(
    ("along", "across", "structure", "expected"),
    [(61, 21, DEFINITE, "banded"), (61, 21, GENERAL, "superlu"), (48, 48, DEFINITE, "superlu")],
)
def test_middling_plane_structure_goes_to_its_band_where_it_is_definite(installed, along, across, structure, expected):
    installed()
    assert choose(blocks(along, across), structure).backend == expected


def test_chain_goes_to_its_band_whatever_its_length():
    n = np.arange(50_000)
    pattern = sp.coo(np.r_[n, n[1:]], np.r_[n, n[:-1]], np.ones(2 * n.size - 1), (n.size, n.size)).pattern
    assert choose(pattern).backend == "banded"


def test_wide_band_of_a_middling_matrix_is_not_eliminated_by_lapack(installed):
    installed()
    assert choose(full(300)).backend == "superlu"


def test_declared_triangle_is_substituted():
    pattern = sp.coo([0, 1, 1], [0, 0, 1], np.ones(3), (2, 2)).pattern
    assert choose(pattern, Structure(triangular="lower")).backend == "triangular"


@pytest.mark.parametrize(("structure", "gain"), [(DEFINITE, "4 times"), (GENERAL, r"1\.3 times")])
def test_large_system_on_superlu_tells_what_to_install(installed, structure, gain):
    installed()
    fixes = rf'pip install "sparsead\[pardiso\]".* GPL.* {gain} faster: pip install "sparsead\[cvxopt\]"'
    with pytest.warns(UserWarning, match=fixes):
        assert choose(laplacian(142), structure).backend == "superlu"
