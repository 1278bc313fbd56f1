"""One rule, x = A(triplets)^-1 b with duplicates, and the errors that are planted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from sparsead import kernels as host_kernels
from sparsead.factors.options import SolveOptions
from sparsead.numpy.trace import Tracer
from sparsead.pattern.triplets import from_triplets
from sparsead.rules import Rule
from sparsead.testing.differences import pairing

N = 40


@dataclass(frozen=True)
class Problem:
    """Places of the triplets, the primals in the kernels' shapes, and the dense oracle."""

    rows: Any
    cols: Any
    primals: tuple[Any, Any]

    @property
    def static(self) -> dict[str, Any]:
        """Static arguments of the rule."""
        pattern, slots = from_triplets(self.rows, self.cols, (N, N))
        return {"pattern": pattern, "slots": slots, "rows": self.rows, "cols": self.cols}

    def oracle(self, triplets: Any, b: Any) -> Any:
        """Solve with the full matrix."""
        full = np.zeros((len(triplets), N, N), np.result_type(triplets, b))
        np.add.at(full, (slice(None), self.rows, self.cols), triplets)
        return np.linalg.solve(full, np.swapaxes(b, 1, 2)).swapaxes(1, 2)


def problem(kind: str, seed: int = 1) -> Problem:
    """Make a random matrix, real or complex, or a bar of steel in SI units, unsymmetric so that transposes show."""
    rng = np.random.default_rng(seed)
    if kind == "steel":
        stiffness = 2.1e11 * 1e-4 / 0.05 * (1 + 0.3 * rng.random(N))  # E A / h, [N/m]
        places = [(e + a - 1, e + b - 1, e, a, b) for e in range(N) for a in (0, 1) for b in (0, 1)]
        kept = [place for place in places if place[0] >= 0 and place[1] >= 0]  # clamped at one end
        values = [stiffness[e] * (1 if a == b else -1) * (1.07 if a > b else 1) for _, _, e, a, b in kept]
        load = np.zeros(N)
        load[-1] = 1e3  # [N]
        rows, cols = np.array([place[:2] for place in kept]).T
        return Problem(rows, cols, (np.array(values)[None], load[None, None]))
    scattered = 5 * N
    rows, cols = (np.r_[np.arange(N), rng.integers(0, N, scattered), np.arange(N)] for _ in "rc")
    values = np.r_[np.full(N, 4.0), 0.3 * rng.standard_normal(scattered), np.full(N, 3.0)]
    b = rng.standard_normal(N)
    if kind == "complex":
        values, b = values + 0.2j * rng.standard_normal(values.shape), b + 1j * rng.standard_normal(N)
    return Problem(rows, cols, (values[None], b[None, None]))


OPTIONS = SolveOptions(backend="superlu")


def primal(kernels: Any, triplets: Any, b: Any, *, pattern: Any, slots: Any, rows: Any, cols: Any) -> Any:
    values = kernels.sum_triplets(triplets, slots=slots)
    return kernels.solve(values, b, pattern=pattern, options=OPTIONS, trans="N")


def jvp(kernels: Any, primals: Any, x: Any, tangents: Any, *, pattern: Any, slots: Any, rows: Any, cols: Any) -> Any:
    values = kernels.sum_triplets(primals[0], slots=slots)
    d_triplets, d_b = tangents
    imbalance = d_b
    if d_triplets is not None:
        d_values = kernels.sum_triplets(d_triplets, slots=slots)
        moved = kernels.spmv(d_values, x, pattern=pattern, trans="N")
        imbalance = moved * -1.0 if d_b is None else d_b - moved
    return kernels.solve(values, imbalance, pattern=pattern, options=OPTIONS, trans="N")


def vjp(
    kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, *, pattern: Any, slots: Any, rows: Any, cols: Any
) -> Any:
    values = kernels.sum_triplets(primals[0], slots=slots)
    lam = kernels.solve(values, x_bar, pattern=pattern, options=OPTIONS, trans="T")
    bar = kernels.gather(kernels.sddmm(lam * -1.0, x, pattern=pattern), slots=slots) if wanted[0] else None
    return bar, lam if wanted[1] else None


CORRECT = Rule("solve_triplets", primal, jvp, vjp, linear=(False, True))


def _changed(**parts: Callable[..., Any]) -> Rule:
    return Rule("planted", **{"primal": primal, "jvp": jvp, "vjp": vjp, "linear": (False, True), **parts})


def _on_bars(change: Callable[..., Any]) -> Rule:
    """Change the cotangents; ``change(triplets_bar, b_bar, x, static)``."""

    def planted(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
        bars = vjp(kernels, primals, x, x_bar, (True, True), **static)
        changed = change(*bars, x, static)
        return tuple(bar if want else None for bar, want in zip(changed, wanted, strict=True))

    return _changed(vjp=planted)


def _pull_back_with(trans: str, conjugate_x: bool = False, swapped: bool = False) -> Rule:
    """Make the adjoint solve, or its product with x, wrong in one way."""

    def planted(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
        values = kernels.sum_triplets(primals[0], slots=static["slots"])
        conjugated = trans == "H"
        w = np.conj(x_bar) if conjugated else x_bar
        lam = kernels.solve(values, w, pattern=static["pattern"], options=OPTIONS, trans="N" if trans == "N" else "T")
        lam = np.conj(lam) if conjugated else lam
        left, right = (static["cols"], static["rows"]) if swapped else (static["rows"], static["cols"])
        bar = -(lam[:, 0, left] * (np.conj(x) if conjugate_x else x)[:, 0, right])
        return (bar if wanted[0] else None, lam if wanted[1] else None)

    return _changed(vjp=planted)


def _first_copy_only(bar: Any, lam: Any, x: Any, static: Any) -> Any:
    first = np.zeros(bar.shape[1], bool)
    first[np.unique(static["rows"] * N + static["cols"], return_index=True)[1]] = True
    return np.where(first, bar, 0), lam


def _averaged(bar: Any, lam: Any, x: Any, static: Any) -> Any:
    slot = static["slots"].slot
    return bar / np.bincount(slot)[slot], lam


def _one_entry(bar: Any, lam: Any, x: Any, static: Any) -> Any:
    bar = bar.copy()
    bar[:, 3] *= 1.01
    return bar, lam


def _wrong_tangent(kernels: Any, primals: Any, x: Any, tangents: Any, **static: Any) -> Any:
    d_triplets, d_b = tangents
    return jvp(kernels, primals, x, (None if d_triplets is None else -d_triplets, d_b), **static)


def _factorizing_transpose(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
    """Right cotangents, from a factorization of A^T that it makes for itself."""
    pattern, slots = from_triplets(static["cols"], static["rows"], (N, N))
    values = kernels.sum_triplets(primals[0], slots=slots)
    lam = kernels.solve(values, x_bar, pattern=pattern, options=OPTIONS, trans="N")
    if not wanted[0]:
        return None, lam
    bar = kernels.gather(kernels.sddmm(-lam, x, pattern=static["pattern"]), slots=static["slots"])
    return bar, lam if wanted[1] else None


def _with_own_handle(*, stale: bool) -> Rule:
    """Share one handle among all owners: kept although the values changed, or overwritten by the newest values."""
    handle: dict[str, Any] = {}

    def factorize(triplets: Any, static: Any) -> None:
        if not (stale and handle):
            matrix = coo_array((triplets[0], (static["rows"], static["cols"])), shape=(N, N))
            handle["lu"] = splu(matrix.tocsc())

    def solve(b: Any, trans: str) -> Any:
        kind = handle["lu"].U.dtype
        return handle["lu"].solve(b[0].T.astype(kind), trans).T[None]

    def own_primal(kernels: Any, triplets: Any, b: Any, **static: Any) -> Any:
        factorize(triplets, static)
        return solve(b, "N")

    def own_jvp(kernels: Any, primals: Any, x: Any, tangents: Any, **static: Any) -> Any:
        d_triplets, d_b = tangents
        if d_triplets is None:
            return solve(d_b, "N")
        d_values = kernels.sum_triplets(d_triplets, slots=static["slots"])
        moved = kernels.spmv(d_values, x, pattern=static["pattern"], trans="N")
        return solve(-moved if d_b is None else d_b - moved, "N")

    def own_vjp(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
        lam = solve(x_bar, "T")
        bar = (
            kernels.gather(kernels.sddmm(-lam, x, pattern=static["pattern"]), slots=static["slots"])
            if wanted[0]
            else None
        )
        return bar, lam if wanted[1] else None

    return _changed(primal=own_primal, jvp=own_jvp, vjp=own_vjp)


PLANTED: dict[str, Callable[[], Rule]] = {
    "sign": lambda: _on_bars(lambda bar, lam, x, s: (-bar, lam)),
    "no transpose": lambda: _pull_back_with("N"),
    "rows and columns swapped": lambda: _pull_back_with("T", swapped=True),
    "duplicates get one share": lambda: _on_bars(_first_copy_only),
    "duplicates averaged": lambda: _on_bars(_averaged),
    "one entry wrong by 1 %": lambda: _on_bars(_one_entry),
    "all wrong by 1e-6": lambda: _on_bars(lambda bar, lam, x, s: (bar * (1 + 1e-6), lam)),
    "zero rule": lambda: _on_bars(lambda bar, lam, x, s: (0 * bar, lam)),
    "b ignored": lambda: _on_bars(lambda bar, lam, x, s: (bar, 0 * lam)),
    "tangent: sign": lambda: _changed(jvp=_wrong_tangent),
    "factorizes the transpose": lambda: _changed(vjp=_factorizing_transpose),
    "stale factorization, kept by pattern": lambda: _with_own_handle(stale=True),
    "shared handle, factorized in place": lambda: _with_own_handle(stale=False),
}
ONLY_COMPLEX: dict[str, Callable[[], Rule]] = {
    "x conjugated": lambda: _pull_back_with("T", conjugate_x=True),
    "H for T": lambda: _pull_back_with("H"),
}


# ------------------------------------------------ what one rule, seen alone and at one order, does not show
def _unwanted(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
    return vjp(kernels, primals, x, x_bar, (True, True), **static)


def _reading_the_value(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
    return vjp(kernels, primals, x + 0, x_bar, wanted, **static)


def _flat(bar: Any, lam: Any, x: Any, static: Any) -> Any:
    return bar[0], lam


def _real(kernels: Any, primals: Any, x: Any, tangents: Any, **static: Any) -> Any:
    return jvp(kernels, primals, x, tangents, **static) + 0j


def _frozen(kernels: Any, primals: Any, x: Any, x_bar: Any, wanted: Any, **static: Any) -> Any:
    while isinstance(x, Tracer):
        x = x.value
    return vjp(kernels, primals, x, x_bar, wanted, **static)


def _first_matrix(kernels: Any, triplets: Any, b: Any, **static: Any) -> Any:
    return primal(kernels, np.broadcast_to(triplets[:1], triplets.shape), b, **static)


PLANTED_FORMS: dict[str, tuple[Rule, str]] = {
    "cotangent not wanted": (_changed(vjp=_unwanted), "cotangent 1 is not wanted"),
    "cotangent without its batch axis": (_on_bars(_flat), "cotangent 0 has the wrong shape"),
    "complex tangent of real arrays": (_changed(jvp=_real), "tangent has the wrong kind"),
    "x frozen in the pullback": (_changed(vjp=_frozen), "second order"),
    "batch uses the first matrix": (_changed(primal=_first_matrix), "batch: value"),
}
READING_THE_VALUE = _changed(vjp=_reading_the_value)


# ------------------------------------------------------------------------------- the usual styles of check
def passes_in_autograds_style(rule: Rule, case: Problem, seed: int = 0) -> bool:
    """One direction, one central difference with step 1e-6; a gap of 1e-6, absolute or relative, is accepted."""
    found, expected = _projections(rule, case, 5e-7, seed)
    gap = abs(found - expected)
    return bool(gap < 1e-6 or gap / abs(found + expected) < 1e-6)


def passes_in_jaxs_style(rule: Rule, case: Problem, seed: int = 0) -> bool:
    """One direction, one central difference with step 1e-4, atol = rtol = 1e-5 on the projection."""
    found, expected = _projections(rule, case, 1e-4, seed)
    return bool(abs(found - expected) <= 1e-5 + 1e-5 * abs(expected))


def _projections(rule: Rule, case: Problem, step: float, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    tangents = [rng.standard_normal(p.shape) for p in case.primals]
    out = rule.primal(host_kernels, *case.primals, **case.static)
    out_bar = rng.standard_normal(out.shape)
    bars = rule.vjp(host_kernels, case.primals, out, out_bar, (True, True), **case.static)
    ahead, behind = (
        rule.primal(
            host_kernels, *(p + sign * step * t for p, t in zip(case.primals, tangents, strict=True)), **case.static
        )
        for sign in (1, -1)
    )
    return sum(map(pairing, bars, tangents)), pairing(out_bar, (ahead - behind) / (2 * step))
