"""The rules of elementwise operations, by the same checker as those of the kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sparsead.numpy.elementwise import RULES
from sparsead.rules import Rule
from sparsead.testing import check_rule

RNG = np.random.default_rng(0)
CASES: dict[str, list[tuple[Callable[..., Any], tuple[tuple[int, ...], ...], dict[str, Any], bool]]] = {
    "conj": [(np.conj, ((3, 2),), {}, False)],
    "real": [(np.real, ((3,),), {}, False)],
    "imag": [(np.imag, ((3,),), {}, False)],
    "reshape": [(lambda x: x.reshape(3, 2), ((2, 3),), {"shape": (3, 2)}, True)],
    "transpose": [(np.transpose, ((2, 3),), {}, True)],
    "sum_axis": [
        (lambda x: x.sum(), ((2, 3),), {"axis": None}, True),
        (lambda x: x.sum(0), ((2, 3),), {"axis": 0}, True),
        (lambda x: x.sum(1), ((2, 3),), {"axis": 1}, True),
    ],
    "getitem": [
        (lambda x: x[1:, ::2], ((3, 4),), {"index": (slice(1, None), slice(None, None, 2))}, True),
        (lambda x: x[[0, 2, 0]], ((3,),), {"index": [0, 2, 0]}, True),
    ],
    "place": [(lambda x: np.array([x[0] + x[2], 0 * x[0], x[1]]), ((3,),), {"shape": (3,), "index": [0, 2, 0]}, True)],
    "astype": [(lambda x: x + 0j, ((3,),), {"dtype": np.dtype(complex)}, False)],
    "add": [(np.add, shapes, {}, True) for shapes in (((3,), (3,)), ((2, 3), (3,)), ((2, 1), (3,)), ((), (2, 2)))],
    "multiply": [
        (np.multiply, shapes, {}, True) for shapes in (((3,), (3,)), ((2, 3), (3,)), ((2, 1), (3,)), ((), (2, 2)))
    ],
    "matmul": [(np.matmul, shapes, {}, True) for shapes in (((2, 3), (3, 4)), ((1, 3), (3, 1)), ((2, 0), (0, 2)))],
    "power": [
        (lambda x: (x + 0.0) ** 3, ((3,),), {"exponent": 3}, True),
        (lambda x: x**-1.0, ((3,),), {"exponent": -1.0}, True),
    ],
    "exp": [(np.exp, ((2, 3),), {}, True)],
    "concatenate": [
        (lambda a, b: np.concatenate([a, b]), ((3,), (2,)), {"axis": 0}, True),
        (lambda a, b: np.concatenate([a, b], 1), ((2, 3), (2, 1)), {"axis": 1}, True),
    ],
}
ALL = [
    pytest.param(name, *case, dtype, id=f"{name}-{i}-{np.dtype(dtype)}")
    for name, cases in CASES.items()
    for i, case in enumerate(cases)
    for dtype in (np.float64, np.complex128)
    if not (name == "imag" and dtype is np.float64)  # only complex arrays get there
]


def as_asked(rule: Rule) -> Rule:
    """Drop what is not wanted: the tracer, the only user of these rules, does so too; and it knows every primal."""

    def vjp(kernels: Any, primals: Any, out: Any, out_bar: Any, wanted: Any, **static: Any) -> Any:
        bars = rule.vjp(kernels, primals, out, out_bar, wanted, **static)
        return tuple(bar if want else None for bar, want in zip(bars, wanted, strict=True))

    return replace(rule, vjp=vjp, linear=(False,) * 2)


def test_every_rule_has_cases() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize(("name", "oracle", "shapes", "static", "analytic", "dtype"), ALL)
def test_rule_is_right(name: str, oracle: Any, shapes: Any, static: Any, analytic: bool, dtype: Any) -> None:
    primals = [np.round(RNG.standard_normal(shape), 2) + 2.5 for shape in shapes]
    if np.dtype(dtype).kind == "c":
        primals = [p + 1j * np.round(RNG.standard_normal(np.shape(p)), 2) for p in primals]
    check_rule(as_asked(RULES[name]), oracle, primals, static=static, analytic=analytic, batched=False, directions=1)
