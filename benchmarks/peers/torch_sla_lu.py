"""torch-sla with SciPy's SuperLU, its default on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch_sla import spsolve

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``spsolve(backend="scipy", method="lu")``, eager as torch-sla is."""
    rows = torch.from_numpy(problem.indices).long()
    cols = torch.from_numpy(problem.cols).long()
    b = torch.from_numpy(problem.b)
    shape = (problem.n, problem.n)

    def call(values: Any) -> tuple[float, Any]:
        value = torch.linalg.norm(spsolve(values, rows, cols, shape, b, backend="scipy", method="lu"))
        value.backward()
        return value.item(), values.grad.numpy()

    return Contestant(
        put=lambda values: torch.from_numpy(values).requires_grad_(),
        call=call,
        note="SuperLU",
        serial=True,
    )
