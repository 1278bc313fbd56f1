"""A method is a value; impossible ones are refused where they are made."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import iterative
from sparsead.errors import BackendError
from sparsead.iterative import amg, cg, jacobi
from tests.sparsead.iterative.matrices import membrane


def test_methods_are_compared_by_value_and_say_what_they_are() -> None:
    one, same, other = cg(jacobi(2), rtol=1e-6), cg(jacobi(block=2), rtol=1e-6), cg(jacobi(2), rtol=1e-7)
    assert one == same and hash(one) == hash(same) and one != other
    assert repr(one) == "cg(preconditioner=jacobi(block=2), rtol=1e-06)"
    assert repr(cg(adjoint_rtol=1e-4, max_iterations=9, warm_start=True)) == (
        "cg(preconditioner=jacobi(), rtol=1e-08, adjoint_rtol=0.0001, max_iterations=9, warm_start=True)"
    )
    assert pickle.loads(pickle.dumps(one)) == one


def test_near_null_vectors_are_compared_by_content() -> None:
    ones = np.ones((4, 1))
    assert amg(ones) == amg(ones.copy()) and hash(amg(ones)) == hash(amg(ones.copy()))
    assert amg(ones) != amg(2 * ones)


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"rtol": 0}, "rtol=0"),
        ({"rtol": -1e-8}, "rtol=-1e-08"),
        ({"rtol": 1e-17}, "rtol=1e-17"),
        ({"rtol": 1.0}, r"rtol=1\.0"),
        ({"rtol": float("nan")}, "rtol=nan"),
        ({"rtol": "1e-8"}, "rtol='1e-8'"),
        ({"rtol": True}, "rtol=True"),
        ({"adjoint_rtol": 0.0}, r"adjoint_rtol=0\.0"),
        ({"max_iterations": 0}, "max_iterations=0"),
        ({"max_iterations": 1.5}, r"max_iterations=1\.5"),
        ({"preconditioner": "jacobi"}, "preconditioner='jacobi'"),
        ({"preconditioner": jacobi}, "preconditioner=<function jacobi"),
    ],
)
def test_impossible_option_is_refused_by_name(options: dict[str, Any], got: str) -> None:
    with pytest.raises(BackendError, match=f"impossible {next(iter(options))}\n.*\n  got:      {got}"):
        cg(**options)


@pytest.mark.parametrize("block", [0, -3, 1.0, "3"])
@pytest.mark.parametrize("make", [jacobi, lambda block: amg(block=block)])
def test_impossible_block_is_refused(make: Any, block: Any) -> None:
    with pytest.raises(BackendError, match=f"impossible block\n.*\n  got:      block={block!r}"):
        make(block)


def test_block_that_does_not_divide_the_unknowns() -> None:
    with pytest.raises(BackendError, match="a divisor of n = 25\n  got:      block=2"):
        sp.solve(membrane(5), np.ones(25), method=cg(jacobi(2)))


def test_method_and_library_together_are_refused() -> None:
    with pytest.raises(BackendError, match=r"got:      method=cg\(.*\), backend='superlu'"):
        sp.solve(membrane(5), np.ones(25), method=cg(), backend="superlu")


@pytest.mark.parametrize("method", ["cg", cg, jacobi()])
def test_what_is_no_method_is_refused(method: Any) -> None:
    with pytest.raises(BackendError, match=r"method is not a method\n.*\n  got:      method="):
        sp.solve(membrane(5), np.ones(25), method=method)


def test_every_public_name_is_documented() -> None:
    assert all((getattr(iterative, name).__doc__ or "").strip() for name in iterative.__all__)
