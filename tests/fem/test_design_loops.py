"""Every way to a solve makes one factorization for each design and leaves one behind: counts and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from sparsead import factor_cache
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

import fem  # noqa: E402
import sparsead.jax as spj  # noqa: E402
import sparsead.numpy as spn  # noqa: E402

DESIGNS = 3
LIMIT = 400_000  # bytes: any factorization here takes more than the sixteenth that is kept in comfort
MESH = fem.box((4, 2, 2), size=(2.0, 1.0, 1.0))
SPACE = fem.Space(MESH, components=3)
HELD = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
LOAD = fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (0.0, -1e-3, 0.0))
CELLS = np.full(MESH.cell_count, 0.5)

# Finite strain, whose programs are the largest, in the plane.
SHEET = fem.rectangle((12, 6), size=(2.0, 1.0))
PLANE = fem.Space(SHEET, components=2)
CLAMPED = fem.fix(PLANE, SHEET.points_on(lambda x: x[:, 0] == 0))
PULL = fem.traction(PLANE, SHEET.facets_on(lambda x: x[:, 0] == 2), (0.0, -1e-3))

N = 600
ALONG = np.arange(N)
ROWS, COLS = np.r_[ALONG, ALONG[1:], ALONG[:-1]], np.r_[ALONG, ALONG[:-1], ALONG[1:]]
VALUES = np.r_[np.full(N, 4.0), np.full(2 * N - 2, -1.0)]
B = np.linspace(1.0, 2.0, N)

Objective = Callable[[Any], Any]
DERIVATIVES: dict[str, Callable[[Objective], Objective]] = {
    "value": lambda f: f,
    "value and gradient": jax.value_and_grad,
    "tangent": lambda f: lambda x: jax.jvp(f, (x,), (x,)),
    "Hessian-vector product": lambda f: lambda x: jax.jvp(jax.grad(f), (x,), (x,)),
}
WRAP = {"eager": lambda f: f, "jitted": jax.jit}


def elasticity(young: Any) -> Any:
    return fem.elements.elasticity(SPACE, young=young, poisson=0.3)


def compliance(young: Any) -> Any:
    return (LOAD * fem.solve(elasticity(young), LOAD, HELD)).sum()


def norm(young: Any) -> Any:
    return jnp.linalg.norm(fem.solve(elasticity(young), LOAD, HELD))


def large_strain(young: Any) -> Any:
    body = fem.elements.neo_hookean(PLANE, young=young, poisson=0.3)
    return (PULL * fem.solve_nonlinear(body, PULL, CLAMPED)).sum()


def vibration(young: Any) -> Any:
    mass = fem.elements.mass(SPACE)
    zero = jnp.zeros(SPACE.shape)
    motion = fem.march(
        zero, [0.0, 1.0], mass=mass, stiffness=elasticity(young), load=LOAD, supports=HELD, v0=zero, h=0.25
    )
    return (motion.u[-1] ** 2).sum()


def heat(young: Any) -> Any:
    warm = jnp.ones(SPACE.shape)
    states = fem.march(
        warm, [0.0, 1.0], mass=fem.elements.mass(SPACE), stiffness=elasticity(young), supports=HELD, h=0.25
    )
    return (states[-1] ** 2).sum()


def by_matrix(d: Any) -> Any:
    return jnp.linalg.norm(spj.solve(spj.triplets(ROWS, COLS, (N, N), positive_definite=True)(d), B))


IN_JAX = {
    "fem.solve, compliance": (compliance, CELLS),
    "fem.solve, norm": (norm, CELLS),
    "fem.solve_nonlinear": (large_strain, np.full(SHEET.cell_count, 0.5)),
    "fem.march, heat": (heat, CELLS),
    "sparsead.jax": (by_matrix, VALUES),
}


def numpy_norm(a: Any) -> Any:
    return spn.solve(a, B)


def of_numpy(d: Any) -> dict[str, Callable[[], Any]]:
    matrix = spn.triplets(ROWS, COLS, (N, N), positive_definite=True)(d)

    def product() -> Any:
        return spn.jvp(lambda a: spn.vjp(numpy_norm, a)[1](B)[0], (matrix,), (matrix,))

    return {
        "value": lambda: numpy_norm(matrix),
        "value and gradient": lambda: spn.vjp(numpy_norm, matrix)[1](B),
        "tangent": lambda: spn.jvp(numpy_norm, (matrix,), (matrix,)),
        "Hessian-vector product": product,
        "norm and gradient": lambda: spn.norm_solve_and_grad(
            lambda d: spn.vjp(spn.triplets(ROWS, COLS, (N, N), positive_definite=True), d), d, B
        ),
        "factorize": lambda: spn.factorize(matrix).solve(B),
    }


def of_autograd(d: Any) -> dict[str, Callable[[], Any]]:
    autograd, anp, sp = require("autograd"), require("autograd.numpy"), require("sparsead.autograd")
    assemble = sp.triplets(ROWS, COLS, (N, N), positive_definite=True)

    def value(d: Any) -> Any:
        return anp.sum(sp.solve(assemble(d), B) ** 2)

    return {
        "value": lambda: value(d),
        "value and gradient": lambda: autograd.value_and_grad(value)(d),
        "Hessian-vector product": lambda: autograd.hessian_vector_product(value)(d, d),
        "tangent": lambda: autograd.make_jvp(value)(d)(d),
    }


def of_torch(d: Any) -> dict[str, Callable[[], Any]]:
    torch, sp = require("torch"), require("sparsead.torch")
    assemble = sp.triplets(ROWS, COLS, (N, N), positive_definite=True)
    point = torch.tensor(d)

    def value(d: Any) -> Any:
        return (sp.solve(assemble(d), torch.tensor(B)) ** 2).sum()

    return {
        "value": lambda: value(point),
        "value and gradient": lambda: torch.func.grad_and_value(value)(point),
        "backward": lambda: value(point.clone().requires_grad_()).backward(),
        "tangent": lambda: torch.func.jvp(value, (point,), (point,)),
        "Hessian-vector product": lambda: torch.func.jvp(torch.func.grad(value), (point,), (point,)),
    }


IN_ARRAYS = {"numpy": of_numpy, "autograd": of_autograd, "torch": of_torch}
KINDS = {
    "numpy": [*DERIVATIVES, "norm and gradient", "factorize"],
    "autograd": [*DERIVATIVES],
    "torch": [*DERIVATIVES, "backward"],
}


pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.*deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def usual_limit() -> Iterator[None]:
    yield
    factor_cache.limit(None)


def follow(step: Callable[[int], Any], matrices: int | None) -> None:
    """Run over designs, each of which is beyond what the store keeps in comfort; check what each leaves behind.

    A design has so many matrices; None where Newton's method decides.
    """
    factor_cache.clear()
    factor_cache.limit(LIMIT)
    left = []
    for design in range(DESIGNS):
        jax.block_until_ready(step(design))
        stats = factor_cache.stats()
        assert stats.held == 1
        if matrices is not None:
            assert stats.factorizations == matrices * (design + 1)
        left.append(stats.nbytes)
    assert max(left) == min(left) > LIMIT // 16


@cache
def program(name: str, kind: str, how: str) -> Any:
    return WRAP[how](DERIVATIVES[kind](IN_JAX[name][0]))


# Marches and Newton's method are one compiled program in either case.
WAYS = [(name, kind, how) for name in IN_JAX for kind in DERIVATIVES for how in WRAP]
WAYS = [way for way in WAYS if way[2] == "jitted" or way[0] in ("fem.solve, norm", "sparsead.jax")]


@pytest.mark.parametrize(("name", "kind", "how"), WAYS)
def test_one_factorization_is_held_in_programs_of_jax(name: str, kind: str, how: str) -> None:
    start = IN_JAX[name][1]
    matrices = None if "nonlinear" in name else 1
    follow(lambda design: program(name, kind, how)(start * (1 - 0.05 * design)), matrices)


def test_a_matrix_that_every_design_needs_beside_its_own_is_the_only_other_one_held() -> None:
    """The mass matrix, of the first acceleration: awaited by its adjoint, found again by the next design."""
    slope = jax.jit(jax.value_and_grad(vibration))
    factor_cache.limit(LIMIT)
    for design in range(DESIGNS):
        jax.block_until_ready(slope(CELLS * (1 - 0.05 * design)))
        stats = factor_cache.stats()
        assert (stats.held, stats.factorizations) == (2, 2 + design)


@pytest.mark.parametrize("how", WRAP)
@pytest.mark.parametrize("kind", ["value and gradient", "Hessian-vector product"])
def test_matrices_whose_derivatives_are_to_come_stay_until_then(kind: str, how: str) -> None:
    """Three designs in one objective, as of eroded and dilated material: the adjoints come last, in reverse."""

    def worst(young: Any) -> Any:
        return sum(norm(young**power) for power in (1.0, 1.2, 1.4))

    slope = WRAP[how](DERIVATIVES[kind](worst))
    factor_cache.limit(LIMIT)
    for design in range(DESIGNS):
        jax.block_until_ready(slope(CELLS * (1 - 0.05 * design)))
        stats = factor_cache.stats()
        assert (stats.held, stats.factorizations) == (3, 3 * (design + 1))


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in IN_ARRAYS for kind in KINDS[name]])
def test_one_factorization_is_held_in_programs_of_other_arrays(name: str, kind: str) -> None:
    follow(lambda design: IN_ARRAYS[name](VALUES * (1 - 0.05 * design))[kind](), 1)
