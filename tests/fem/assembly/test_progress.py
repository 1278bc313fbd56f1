"""Long work says how far it is: messages of the logger, and a callback of Newton's method."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402


def test_stages_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    mesh = fem.rectangle((3, 2))
    space = fem.Space(mesh)
    with caplog.at_level(logging.INFO, "fem"):
        fem.solve(fem.elements.diffusion(space, 1.0), np.ones(space.shape), fem.fix(space, [0]))
    said = [record.getMessage().rpartition(":")[0] for record in caplog.records]
    assert said == ["pattern of 12 dofs", "slots of 6 cells", "solution for 1 loads, 12 dofs"]


def test_nothing_is_said_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    space = fem.Space(fem.interval(3))
    fem.solve(fem.elements.diffusion(space, 1.0), np.ones(space.shape), fem.fix(space, [0]))
    assert capsys.readouterr() == ("", "")


def test_newtons_steps_are_reported() -> None:
    mesh = fem.rectangle((2, 1))
    space = fem.Space(mesh, 2)
    body = fem.elements.neo_hookean(space, young=1.0, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 1), (0.0, 0.02))
    seen = []
    u = fem.solve_nonlinear(body, load, held, steps=2, progress=lambda *state: seen.append([float(x) for x in state]))
    jax.effects_barrier()
    seen.sort()
    assert {part for part, _, _ in seen} == {0.5, 1.0}
    assert [step for part, step, _ in seen if part == 0.5] == list(range(1, 1 + sum(p == 0.5 for p, _, _ in seen)))
    assert seen[-1][2] < 1e-9
    np.testing.assert_allclose(u, fem.solve_nonlinear(body, load, held, steps=2), rtol=1e-12, atol=1e-15)
