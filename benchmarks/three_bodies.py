"""Three bodies of unknown mass: the problem of the table, and models: the law, a network for it, a memory."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.transient import odesolve

K1, K2 = 0.200484372692, 7.239323869320  # gravity and velocity in the units of torch_ACA's script
START = np.array([[0, 0.2, 0], [0.5, 0, 0.5], [0, 0, 0.5], [0, 0.1, 0], [0, 0, 0.1], [0.1, 0, 0]])
TRUE = np.array([1.1, 1.1, 0.9])
SEEN, LATER = np.linspace(0.0, 1.0, 101), np.linspace(0.0, 2.0, 201)
PAIRS = 1.0 - np.eye(3)
FIRST, SECOND = np.array([0, 0, 1]), np.array([1, 2, 2])
HIDDEN, MEMORY = 100, 64
INPUTS = {"places": 9, "with distances": 45}


def law(t: Any, state: Any, mass: Any) -> Any:
    """Velocities and accelerations by Newton's law, shape (6, 3)."""
    place, velocity = state[:3], state[3:]
    apart = place[:, None] - place[None, :]
    distance = jnp.sqrt(jnp.sum(apart**2, -1) + jnp.eye(3, dtype=state.dtype))
    pull = -jnp.sum((jnp.asarray(PAIRS, state.dtype) * mass / distance**3)[..., None] * apart, 1)
    return jnp.concatenate([K2 * velocity, K1 * pull])


def inputs(place: Any) -> Any:
    """Places and, over powers 0 to 3 of the distance, what separates each pair: shape (45,)."""
    apart = place[FIRST] - place[SECOND]
    distance = jnp.sqrt(jnp.sum(apart**2, -1, keepdims=True))
    return jnp.concatenate([place, *(apart / distance**k for k in range(4))]).ravel()


def network(t: Any, state: Any, p: Any) -> Any:
    """Velocities, and accelerations by a layer of 100 units, shape (6, 3)."""
    pull = jnp.tanh(inputs(state[:3]) @ p["into"] + p["bias"]) @ p["out"] + p["shift"]
    return jnp.concatenate([K2 * state[3:], K1 * pull.reshape(3, 3)])


def tracks(slope: Any, p: Any, times: Any, tolerance: float, gradient: Any, max_steps: int) -> Any:
    """Places at the times, shape (m, 3, 3)."""
    start = jnp.asarray(START, jax.tree.leaves(p)[0].dtype)
    states = odesolve(slope, start, times, p, rtol=tolerance, atol=tolerance, gradient=gradient, max_steps=max_steps)
    return states[:, :3]


def masses(rng: np.random.Generator) -> Any:
    """Masses to begin with, near one."""
    return 1.0 + 0.1 * rng.uniform(-1, 1, 3)


def weights(rng: np.random.Generator) -> dict[str, Any]:
    """Weights of `network` to begin with: next to no acceleration."""
    return {
        "into": rng.standard_normal((45, HIDDEN)) / 45**0.5, "bias": np.zeros(HIDDEN),
        "out": 0.1 * rng.standard_normal((HIDDEN, 9)) / HIDDEN**0.5, "shift": np.zeros(9),
    }  # fmt: skip


def gates(rng: np.random.Generator, size: int) -> dict[str, Any]:
    """Weights of a long short-term memory of `size` inputs to begin with; it forgets slowly."""
    rows = size + MEMORY
    return {
        "gates": rng.standard_normal((rows, 4 * MEMORY)) / rows**0.5, "bias": np.repeat([0.0, 1.0, 0.0, 0.0], MEMORY),
        "out": 0.1 * rng.standard_normal((MEMORY, 9)) / MEMORY**0.5, "shift": np.zeros(9),
    }  # fmt: skip


def remembered(p: Any, memory: Any, place: Any) -> tuple[Any, Any]:
    """The memory after a place, and the place that should come next, shape (3, 3)."""
    cell, out = memory
    seen = place.ravel() if p["gates"].shape[0] == 9 + MEMORY else inputs(place)
    enter, keep, show, new = jnp.split(jnp.concatenate([seen, out]) @ p["gates"] + p["bias"], 4)
    cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(enter) * jnp.tanh(new)
    out = jax.nn.sigmoid(show) * jnp.tanh(cell)
    return (cell, out), place + (out @ p["out"] + p["shift"]).reshape(3, 3)


def told(p: Any, places: Any, later: int = 0) -> Any:
    """Each next place, of those that are read one after the other and then of `later` of its own, shape (m, 3, 3)."""
    rest = (jnp.zeros(MEMORY, places.dtype),) * 2
    memory, read = jax.lax.scan(lambda memory, place: remembered(p, memory, place), rest, places)

    def alone(carry: Any, _: Any) -> tuple[Any, Any]:
        memory, place = remembered(p, *carry)
        return (memory, place), place

    _, own = jax.lax.scan(alone, (memory, read[-1]), length=later)
    return jnp.concatenate([read, own])
