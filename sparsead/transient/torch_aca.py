"""The call of the package torch_ACA, on the functions of this one: only the import changes.

``odesolve(odefunc, x, options)`` with options of the same names. `odefunc(t, x)` is a function, which may close over
parameters, or an object that JAX knows as a pytree and that can be called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from sparsead.errors import ShapeError
from sparsead.transient.odesolve import odesolve as _odesolve
from sparsead.transient.options import known

_METHODS = {
    "euler": "euler",
    "rk2": "midpoint",
    "rk4": "rk4",
    "rk12": "heun_euler",
    "heuneuler": "heun_euler",
    "rk23": "bogacki_shampine",
    "rk45": "dormand_prince",
    "dopri5": "dormand_prince",
}
_FIXED = ("euler", "rk2", "rk4")
_USED = ("method", "h", "t0", "t1", "t_eval", "rtol", "atol", "neval_max")
# They steer what is printed, taped or taped again there; here nothing is, so that they have nothing to steer.
_WITHOUT_EFFECT = (
    "print_neval",
    "print_direction",
    "print_time",
    "delete_graph",
    "regenerate_graph",
    "dense_output",
    "interpolation_method",
    "step_dif_ratio",
    "safety",
)


def odesolve(odefunc: Callable[[Any, Any], Any], x: Any, options: Mapping[str, Any]) -> Any:
    """Integrate ``dx/dt = odefunc(t, x)`` and return the states at the times ``options["t_eval"]``.

    Parameters
    ----------
    odefunc : callable
        Right-hand side; derivatives in what it closes over, or in its leaves if it is a pytree.
    x : array or pytree of arrays
        State at ``t0``.
    options : mapping
        ``method`` ("Euler", "RK2", "RK4" with ``h``; "RK12", "RK23", "RK45", "Dopri5"), ``t0``, ``t1``, ``t_eval``,
        ``rtol`` (1e-3), ``atol`` (1e-6), ``h``, ``neval_max``. Those about printing and taping are accepted and do
        nothing.

    Returns
    -------
    array or pytree of arrays
        States at ``t_eval``, first axis; without that axis for a single time, or for ``t1``.

    Raises
    ------
    ShapeError
        If an option is unknown or missing.

    References
    ----------
    J. Zhuang et al., ICML 2020, doi:10.48550/arXiv.2006.02493.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from sparsead.transient.torch_aca import odesolve
    >>> options = {"method": "Dopri5", "t0": 0.0, "t1": 1.0, "rtol": 1e-7, "atol": 1e-7}
    >>> options.update({"t_eval": [0.5, 1.0]})
    >>> odesolve(lambda t, x: -x, jnp.ones(1), options).round(4).tolist()
    [[0.6065], [0.3679]]
    """
    for name in options:
        known("option of torch_ACA", name, (*_USED, *_WITHOUT_EFFECT))
    method = known("method", options.get("method", "Dopri5"), _METHODS)
    begin, times = _times(options)
    starts_there = float(times[0]) == begin
    steps: dict[str, Any] = {"h": options.get("h")}
    if method not in _FIXED:
        steps |= {"rtol": options.get("rtol", 1e-3), "atol": options.get("atol", 1e-6)}
    f, params = _with_parameters(odefunc)
    states = _odesolve(
        f,
        x,
        times if starts_there else [begin, *times],
        params,
        method=_METHODS[method],
        max_steps=int(options.get("neval_max", 4096)),
        **steps,
    )
    first = 0 if starts_there else 1
    return jax.tree.map(lambda s: s[-1] if len(times) == 1 else s[first:], states)


def _times(options: Mapping[str, Any]) -> tuple[float, list[float]]:
    evaluated = options.get("t_eval")
    times: list[Any] = [options.get("t1")] if evaluated is None else list(evaluated)
    if not times or times[0] is None:
        raise ShapeError(
            "no time to integrate to",
            expected='options["t1"], or options["t_eval"] with at least one time',
            got=f"options with {', '.join(options) or 'nothing'}",
            fix="options.update({'t_eval': [0.5, 1.0]})",
        )
    return float(options.get("t0", 0.0)), times


def _with_parameters(odefunc: Any) -> tuple[Callable[..., Any], Any]:
    leaves = jax.tree.leaves(odefunc)
    if leaves and all(leaf is not odefunc and isinstance(leaf, jax.Array | jnp.ndarray) for leaf in leaves):
        return lambda t, x, function: function(t, x), odefunc
    return lambda t, x, _: odefunc(t, x), None
