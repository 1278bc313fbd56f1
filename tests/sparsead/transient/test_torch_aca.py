"""The slide's call: options of torch_ACA, functions and objects with parameters."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from sparsead import errors
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
torch_aca = require("sparsead.transient.torch_aca")
transient = require("sparsead.transient")

odesolve = torch_aca.odesolve
START = jnp.array([1.0, 0.5])


def turn(t: Any, x: Any) -> Any:
    return jnp.stack([x[1], -4.0 * x[0]])


def exact(t: Any) -> Any:
    return np.stack([np.cos(2 * t) + 0.25 * np.sin(2 * t), 0.5 * np.cos(2 * t) - 2 * np.sin(2 * t)], -1)


def test_call_of_the_slide() -> None:
    options: dict[str, Any] = {"method": "Dopri5", "h": None, "t0": 0.0, "t1": 3.0, "rtol": 1e-8, "atol": 1e-8}
    options.update({"print_neval": False, "neval_max": 5000, "safety": None, "regenerate_graph": False})
    options.update({"t_eval": [0.25, 1.0, 3.0]})
    np.testing.assert_allclose(odesolve(turn, START, options), exact(np.array([0.25, 1.0, 3.0])), atol=1e-6)


@pytest.mark.parametrize("method", ["Euler", "RK2", "RK4", "RK12", "HeunEuler", "RK23", "RK45", "Dopri5"])
def test_methods_have_their_names(method: str) -> None:
    steps = {"h": 1e-3} if method in ("Euler", "RK2", "RK4") else {"rtol": 1e-5, "atol": 1e-5}
    out = odesolve(turn, START, {"method": method, "t0": 0.0, "t1": 0.5, **steps})
    np.testing.assert_allclose(out, exact(np.array(0.5)), atol=3e-3 if method == "Euler" else 1e-4)


def test_times_that_begin_at_the_start_include_it_and_one_time_has_no_axis() -> None:
    base = {"method": "RK4", "h": 0.05, "t0": 0.0}
    both = odesolve(turn, START, base | {"t_eval": [0.0, 1.0]})
    np.testing.assert_array_equal(both[0], START)
    assert odesolve(turn, START, base | {"t_eval": [1.0]}).shape == (2,)
    np.testing.assert_array_equal(odesolve(turn, START, base | {"t1": 1.0}), both[1])


@jax.tree_util.register_pytree_node_class
class Layer:
    """A function with parameters, as a pytree."""

    def __init__(self, weight: Any) -> None:
        self.weight = weight

    def __call__(self, t: Any, x: Any) -> Any:
        return jnp.tanh(self.weight @ x)

    def tree_flatten(self) -> tuple[list[Any], None]:
        return [self.weight], None

    @classmethod
    def tree_unflatten(cls, _: None, leaves: Any) -> Layer:
        return cls(*leaves)


def test_gradient_in_the_leaves_of_an_object_is_that_of_a_closure() -> None:
    weight = jnp.array([[0.1, -1.0], [0.7, 0.2]])
    options = {"method": "RK12", "t0": 0.0, "t1": 1.0, "rtol": 1e-3, "atol": 1e-3}
    by_leaves = jax.grad(lambda layer: jnp.sum(odesolve(layer, START, options) ** 2))(Layer(weight)).weight
    by_closure = jax.grad(lambda w: jnp.sum(odesolve(lambda t, x: jnp.tanh(w @ x), START, options) ** 2))(weight)
    np.testing.assert_allclose(by_leaves, by_closure, rtol=1e-13)
    assert float(jnp.abs(by_leaves).max()) > 0.01


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"t1": 1.0, "tolerance": 1e-3}, "option of torch_ACA='tolerance'"),
        ({"t1": 1.0, "method": "RK7"}, "method='RK7'"),
        ({"t0": 0.0}, "options with t0"),
        ({"t1": 1.0, "method": "RK4"}, "h=None"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], got: str) -> None:
    with pytest.raises(errors.ShapeError, match=f"got: .*{got}"):
        odesolve(turn, START, options)


def test_partial_functions_are_functions() -> None:
    scaled = functools.partial(lambda k, t, x: k * x, -1.0)
    out = odesolve(scaled, jnp.ones(1), {"method": "RK4", "h": 0.1, "t1": 1.0})
    assert float(out[0]) == pytest.approx(np.exp(-1.0), rel=1e-6)
