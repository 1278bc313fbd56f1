"""The public function for ordinary differential equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.typing import ArrayLike

from sparsead.errors import NonFiniteError, ShapeError
from sparsead.jax.binding import JaxBinding
from sparsead.transient.equations.field import field_of
from sparsead.transient.equations.mass import mass_of
from sparsead.transient.gradients.backsolve import Backsolve
from sparsead.transient.methods.initial import with_mass
from sparsead.transient.methods.table import METHODS, scheme_of
from sparsead.transient.options import known
from sparsead.transient.reports.failures import Naming
from sparsead.transient.run import Options, run
from sparsead.transient.steps.times import check_times

_BINDING = JaxBinding()


def odesolve(
    f: Callable[..., Any],
    u0: Any,
    t: ArrayLike | Sequence[ArrayLike],
    params: Any = None,
    *,
    mass: ArrayLike | None = None,
    method: str = "dormand_prince",
    rtol: float | None = None,
    atol: float | None = None,
    h: float | None = None,
    gradient: str | Backsolve = "aca",
    checkpoint: Any = "all",
    max_steps: int = 4096,
    functional: Callable[..., Any] | None = None,
    full_output: bool = False,
) -> Any:
    """Integrate ``du/dt = f(t, u, params)``, or ``M du/dt = f``, and return the states at the times `t`.

    Derivatives in u0, t, params, mass and whatever `f` closes over are those of the numerical solution on its accepted
    grid, exact to rounding; see `gradient`. In `t` the last step before each time moves with it, and the first step
    after it; all other points of the grid stay.

    Parameters
    ----------
    f : callable
        ``f(t, u, params)`` in `jax.numpy`, returning a slope like u. Unit: [u/t].
    u0 : array or pytree of arrays
        State at ``t[0]``; of any structure, which no annotation says. Unit: [u].
    t : array, shape (m,)
        Increasing times; steps end on each of them.
    params : pytree of arrays, optional
        Third argument of `f`; of any structure too.
    mass : array, shape (n, n) or (n,), optional
        M or its diagonal, of the flat state. Implicit methods take a singular one, of index 1: u0 is moved on the
        algebraic equations, with M u0 unchanged.
    method : str
        Explicit: "euler", "midpoint", "rk4", "heun_euler", "bogacki_shampine", "dormand_prince", "tsit5". Implicit,
        with the dense matrix of f: "backward_euler", "crank_nicolson", "sdirk2", "tr_bdf2", "sdirk4", "esdirk4",
        "bdf2" to "bdf5".
    rtol, atol : float, optional
        Tolerances of each step, 1e-6 and 1e-9 where only one or neither is given.
    h : float, optional
        Step size: exactly this where no tolerance is given, else of the first step.
    gradient : {"aca", "naive", "backsolve", "forward"} or Backsolve
        "aca" holds the accepted grid fixed and keeps the states: forward, reverse, and forward over reverse.
        "naive" tapes everything, the search included. "backsolve" integrates back in time, keeps nothing, and raises
        where it does not come back. "forward" keeps nothing and has tangents only.
    checkpoint : {"all", "sqrt"}, Binomial or Disk
        Which states "aca" keeps: all; one in √N/2 and a segment at a time; a fixed number, see `Binomial`; or some in
        files, see `Disk`, which resumes and cannot be compiled.
    max_steps : int
        Trials at most, of an adaptive run.
    functional : callable, optional
        ``functional(t, u, params)``, integrated over time along with u; it takes no part in the choice of steps.
    full_output : bool
        Whether to return counts too.

    Returns
    -------
    states : array or pytree of arrays, shape (m, ...)
        States at `t`. Unit: [u].
    integrals : pytree of arrays, shape (m, ...)
        Integral of `functional` from ``t[0]``; where one is given.
    stats : Stats
        Where `full_output` is set.

    Raises
    ------
    ShapeError
        If an option is unknown, times do not increase or are not hit by steps of h, or f returns no slope of u.
    NonFiniteError
        If u0, mass or a step is not finite; says which step, time and component.
    SingularMatrixError, HighIndexError, InconsistentStartError
        If mass is singular and the method explicit, the index above 1, or no consistent u0 is near.
    StepSizeError, StepLimitError
        If no step meets the tolerance, or `max_steps` do not reach the last time.
    NoDerivativeError
        If a derivative in `h` is asked for, reverse mode with ``gradient="forward"``, a second derivative in `t` with
        BDF, or `t` with fixed steps is traced by `jit`.
    ReverseMissError
        If ``gradient="backsolve"`` does not come back.

    Notes
    -----
    Inside ``jit`` errors of a run have the same text, within JAX's own exception. With BDF and "backsolve" the steps
    stay, and states move along their slopes with `t`.

    References
    ----------
    J. Zhuang et al., "Adaptive Checkpoint Adjoint Method for Gradient Estimation in Neural ODE", ICML 2020,
    doi:10.48550/arXiv.2006.02493.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from sparsead.transient import odesolve
    >>> def last(k):
    ...     return odesolve(lambda t, u, k: k * u, 1.0, [0.0, 1.0], k, method="rk4", h=0.01)[-1]
    >>> value, slope = jax.value_and_grad(last)(-1.0)
    >>> round(float(value), 5), round(float(slope), 5)
    (0.36788, 0.36788)
    """
    times = check_times(t)
    state, state_params = arrays_of("u0", u0), jax.tree.map(parameter_of, params)
    rhs, start, controlled = f, state, None
    if functional is not None:
        rhs, start, controlled = _with_functional(f, functional, times, state, state_params)
    flat, unravel = ravel_pytree(start)
    _check_start(flat)
    field, data = field_of(rhs, start, state_params)
    formula, name, begin = METHODS[known("method", method, METHODS)], partial(name_in, start), jnp.asarray(times[0])
    controlled = controlled or flat.size
    if mass is None:
        scheme = scheme_of(formula, field)
    else:
        scheme, data, flat = with_mass(formula, field, mass_of(mass, flat, controlled), data, begin, flat, name)
    z0 = scheme.lift(data, begin, flat)
    options = Options(h, rtol, atol, gradient, checkpoint, max_steps)
    out, stats = run(scheme, z0, times, data, options, controlled, Naming(name))
    states = jax.vmap(unravel)(out[:, : flat.size])
    parts = states if functional is not None else (states,)
    if full_output:
        parts = (*parts, stats())
    return parts if len(parts) > 1 else parts[0]


def arrays_of(name: str, tree: Any) -> Any:
    """The leaves as arrays of one floating type."""
    leaves, structure = jax.tree.flatten(tree)
    if not leaves:
        raise ShapeError(
            f"{name} is empty", expected="at least one number", got=f"{name} = {tree!r}", fix="pass a state"
        )
    arrays = [_BINDING.asarray(name, leaf) for leaf in leaves]
    dtype = jnp.result_type(*arrays)
    return structure.unflatten([a.astype(dtype) for a in arrays])


def parameter_of(x: Any) -> Any:
    """A parameter as an array; whole numbers stay whole."""
    if isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "iub":
        return jnp.asarray(x)
    if isinstance(x, bool | int):
        return jnp.asarray(x)
    if isinstance(x, jax.Array):
        return x
    return _BINDING.asarray("params", x)


def _with_functional(f: Any, functional: Any, times: Any, u0: Any, params: Any) -> tuple[Any, Any, int]:
    """Right-hand side and state with the integral as a second part that does not control the steps."""
    first = jnp.asarray(times[0], jnp.finfo(jax.tree.leaves(u0)[0].dtype).dtype)
    density = jax.eval_shape(functional, first, u0, params)
    zeros = jax.tree.map(lambda d: jnp.zeros(d.shape, jax.tree.leaves(u0)[0].dtype), density)

    def both(t: Any, parts: Any, params: Any) -> Any:
        return f(t, parts[0], params), functional(t, parts[0], params)

    return both, (u0, zeros), sum(leaf.size for leaf in jax.tree.leaves(u0))


def _check_start(flat: Any) -> None:
    if isinstance(flat, jax.core.Tracer) or (finite := np.isfinite(np.asarray(flat))).all():
        return
    i = int(np.argmin(finite))
    raise NonFiniteError(
        "u0 is not finite", expected="finite numbers", got=f"u0, component {i} = {flat[i]}", fix="pass a finite state",
        index=i,
    )  # fmt: skip


def name_in(u0: Any, i: int) -> str:
    """What users call component i of the flat state."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(u0):
        if i < leaf.size:
            place = ", ".join(str(k) for k in np.unravel_index(i, leaf.shape))
            return f"u{jax.tree_util.keystr(path)}" + (f"[{place}]" if place else "")
        i -= leaf.size
    return "u"
