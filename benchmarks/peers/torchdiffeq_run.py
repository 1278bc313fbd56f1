"""torchdiffeq, eager, with either of its two functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem

METHODS = {"euler": "euler", "dormand_prince": "dopri5"}


def integrated(problem: TimeProblem, odeint: Callable[..., Any], **given_params: bool) -> Differentiator:
    """Return a run and its gradient; ``adjoint_params`` are told where `odeint` asks for them."""
    f, start = problem.slope(torch), torch.as_tensor(problem.start)
    times = torch.tensor([0.0, problem.end], dtype=torch.float64)
    options: dict[str, Any] = {"method": METHODS[problem.method]}
    if problem.steps:
        options["options"] = {"step_size": problem.h}
    else:
        options |= {"rtol": problem.tolerance, "atol": problem.tolerance}

    def last(p: Any) -> Any:
        told = {"adjoint_params": (p,)} if given_params.get("told") else {}
        return odeint(lambda t, u: f(t, u, p), start, times, **options, **told)[-1].sum()

    def run(p: Any) -> float:
        with torch.no_grad():
            return float(last(p))

    def gradient(p: Any) -> tuple[float, Any]:
        value = last(p)
        return value.item(), torch.autograd.grad(value, p)[0].numpy()

    return Differentiator(
        put=lambda params: torch.tensor(params, requires_grad=True), run=run, gradient=gradient, note="eager"
    )
