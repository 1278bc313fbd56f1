"""What a type checker tells a user of the installed package: arrays are arrays, never `Any`.

``mypy --strict`` on this file fails if a type is another one, and strict also fails on an ignored error
that does not occur: each of these stands for a mistake of which a user should hear.
"""

from typing import Any, assert_type

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import fem
import sparsead
import sparsead.jax as spj
import sparsead.numpy as sp
from sparsead import transient

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call, unused-ignore]
n = np.arange(5)

# sparsead.numpy
A = sp.coo(n, n, np.full(5, 2.0), (5, 5), positive_definite=True)
assert_type(A, sp.SparseArray)
assert_type(A.T, sp.SparseArray)
assert_type(2.0 * A + A, sp.SparseArray)
assert_type(A.values, NDArray[Any])
assert_type(A @ np.ones(5), NDArray[Any])
assert_type(A.T @ A, sp.SparseArray)
assert_type(sp.kron(A, A), sp.SparseArray)
assert_type(sp.solve(A, np.ones((5, 2))), NDArray[Any])
assert_type(sp.to_dense(A), NDArray[Any])
assert_type(sp.diags([np.ones(5)]), sp.SparseArray)
assert_type(sp.triplets(n, n, (5, 5))(np.ones(5)), sp.SparseArray)
held = sp.factorize(A)
assert_type(held, sp.Factorized)
assert_type(held.solve(np.ones(5)), NDArray[Any])
assert_type(held.log_abs_det(), float)
assert_type(sparsead.backends.choose(A.pattern, A.structure), sparsead.backends.Choice)
assert_type(sparsead.backends.installed(), tuple[str, ...])
assert_type(sparsead.factor_cache.stats().factorizations, int)
krylov = sparsead.iterative.cg(sparsead.iterative.jacobi(), rtol=1e-10)
assert_type(sp.solve(A, np.ones(5), method=krylov), NDArray[Any])

assert_type(sp.logdet(A), NDArray[Any])
assert_type(sp.slogdet(A), tuple[NDArray[Any], NDArray[Any]])
assert_type(sp.selected_inverse(A), sp.SparseArray)
assert_type(sp.marginal_variances(A), NDArray[Any])
assert_type(sp.inertia(A), tuple[int, int, int])

# sparsead.jax
B = spj.coo(n, n, jnp.full(5, 2.0), (5, 5), positive_definite=True)
assert_type(B, spj.SparseArray)
assert_type(B.H, spj.SparseArray)
assert_type(B.values, jax.Array)
assert_type(B @ jnp.ones(5), jax.Array)
assert_type(B @ B, spj.SparseArray)
assert_type(spj.jacobian(jnp.sin, B)(jnp.ones(5)), spj.SparseArray)
assert_type(spj.solve(B, jnp.ones(5)), jax.Array)
assert_type(spj.to_dense(B), jax.Array)
assert_type(spj.logdet(B), jax.Array)
assert_type(spj.selected_inverse(B), spj.SparseArray)

# fem
mesh = fem.box((4, 2, 2), size=(2.0, 1.0, 1.0))
assert_type(mesh, fem.Mesh)
space = fem.Space(mesh, components=3)
elasticity = fem.elements.elasticity(space, young=1.0, poisson=0.3)
assert_type(elasticity.values(), jax.Array)
assert_type(elasticity.matrix(), spj.SparseArray)
supports = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0.0))
load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2.0), (0.0, 0.0, -1.0))
assert_type(load, jax.Array)
u = fem.solve(elasticity, load, supports)
assert_type(u, jax.Array)
assert_type(fem.reactions(elasticity, u, supports), jax.Array)
assert_type(fem.responses.compliance(space, u, load), jax.Array)
assert_type(fem.responses.p_norm(u), jax.Array)

# sparsead.transient: states are any tree of arrays, like the one that was given
states = transient.odesolve(lambda t, y, rate: -rate * y, jnp.ones(2), [0.0, 1.0], 2.0, method="dormand_prince")
assert states.shape == (2, 2)
assert_type(transient.x_over_expm1(jnp.ones(3)), jax.Array)
assert_type(transient.generalized_alpha(0.9).name, str)


def mistakes() -> None:
    """Do, if anybody called it, what a type checker tells not to do."""
    sp.solve(A, np.ones(5), backend=3)  # type: ignore[arg-type]
    sp.solve(A, np.ones(5), method="cg")  # type: ignore[arg-type]
    sp.coo(n, n, np.ones(5), 5)  # type: ignore[arg-type]
    A.posdef  # type: ignore[attr-defined]  # noqa: B018
    u.shap  # type: ignore[attr-defined]  # noqa: B018
