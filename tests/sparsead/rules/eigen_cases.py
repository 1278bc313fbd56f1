"""Cases of the operations of eigenpairs, with the dense oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg

from sparsead.eigen.options import EigenOptions, GeneralOptions
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from sparsead.rules import RULES, Rule
from sparsead.rules.rule import add
from tests.sparsead.rules.cases import Case, dense, numbers


def eigsh(dtype: Any) -> Iterator[Case]:
    """Yield pencils whose matrices store zeros off the diagonal, with and without a shift between eigenvalues.

    As `_matrix` says: the checker moves every entry by itself, unsymmetric directions included.
    """
    if np.dtype(dtype).kind == "c":
        return
    pencil, static = _pencil(np.random.default_rng(6))
    for sigma in (0.0, 3.8):
        options = replace(static["options"], sigma=sigma)
        yield Case(f"sigma={sigma}", pencil, {**static, "options": options}, _dense_pairs(static["patterns"], 3, sigma))


def _pencil(rng: np.random.Generator) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """Return stored values of K and M, on patterns of their own, with eigenvalues 1 to 6, and how to find pairs."""
    n = 6
    diagonal = np.arange(n)
    patterns = []
    for many in (2 * n, n):
        rows, cols = rng.integers(0, n, many), rng.integers(0, n, many)
        patterns.append(from_triplets(np.r_[rows, cols, diagonal], np.r_[cols, rows, diagonal], (n, n))[0])
    masses = 1.0 + np.round(rng.random(n), 1)
    values = []
    for pattern, along in zip(patterns, (rng.permutation(n) + 1.0, np.ones(n)), strict=True):
        stored = np.zeros((1, pattern.size))
        stored[:, pattern.indices == pattern.cols] = along * masses
        values.append(stored)
    options = EigenOptions(3, 0.0, Structure(symmetric=True), "superlu")
    return (values[0], values[1]), {"patterns": tuple(patterns), "options": options}


def _dense_pairs(patterns: Any, k: int, sigma: float) -> Callable[..., Any]:
    """Eigenpairs of the real parts by LAPACK, then Newton's method, which carries the smallest imaginary part."""

    def oracle(stiffness: Any, mass: Any) -> Any:
        packed = []
        for own in zip(dense(stiffness, patterns[0]), dense(mass, patterns[1]), strict=True):
            values, vectors = np.linalg.eig(np.linalg.solve(own[1].real, own[0].real))
            nearest = np.argsort(abs(values.real - sigma))[:k]
            nearest = nearest[np.argsort(values[nearest].real)]
            starts = zip(values[nearest].real, vectors[:, nearest].T.real, strict=True)
            packed.append([_by_newton(*own, value, v * np.sign(v[abs(v).argmax()])) for value, v in starts])
        return np.array(packed)

    return oracle


def _by_newton(stiffness: Any, mass: Any, value: Any, v: Any) -> Any:
    pair = np.concatenate([[value], v / np.sqrt(v @ mass @ v)])
    for _ in range(3):
        value, v = pair[0], pair[1:]
        residual = np.concatenate([[0.5 - 0.5 * v @ mass @ v], stiffness @ v - value * (mass @ v)])
        pair = pair - np.linalg.solve(_system(stiffness, mass, value, v), residual)
    return pair


def _system(stiffness: Any, mass: Any, value: Any, v: Any) -> Any:
    """The derivative of ``((1 - v M v) / 2, K v - lambda M v)`` in lambda and v."""
    top = np.concatenate([[0.0], -0.5 * (v @ mass + mass @ v)])
    return np.vstack([top, np.column_stack([-(mass @ v), stiffness - value * mass])])


def bordered(dtype: Any) -> Iterator[Case]:
    """Yield right-hand sides of the systems at the pairs of a pencil, one and two for each pair, both ways."""
    if np.dtype(dtype).kind == "c":
        return
    rng = np.random.default_rng(7)
    pencil, static = _pencil(rng)
    for trans, rows in (("N", 3), ("T", 6)):
        r = numbers(rng, (1, rows, 7), dtype)
        own = {**static, "trans": trans, "checked": trans == "T"}
        yield Case(f"trans={trans}, {rows} rows", (*pencil, r), own, _dense_bordered(static, trans), at_pairs("eigsh"))


def at_pairs(of: str) -> Callable[[Rule], Rule]:
    """Return rules of operations on K, M, their pairs and r as ones on K, M and r: pairs are not free to choose."""
    return lambda rule: _at_pairs(rule, RULES[of])


def _at_pairs(rule: Rule, first: Rule) -> Rule:

    def pairs(kernels: Any, primals: Any, static: dict[str, Any]) -> Any:
        return first.primal(kernels, *primals[:2], patterns=static["patterns"], options=static["options"])

    def primal(kernels: Any, *primals: Any, **static: Any) -> Any:
        return rule.primal(kernels, *primals[:2], pairs(kernels, primals, static), primals[2], **static)

    def jvp(kernels: Any, primals: Any, out: Any, tangents: Any, **static: Any) -> Any:
        p = pairs(kernels, primals, static)
        own = {"patterns": static["patterns"], "options": static["options"]}
        moved = any(t is not None for t in tangents[:2])
        d_p = first.jvp(kernels, primals[:2], p, tangents[:2], **own) if moved else None
        return rule.jvp(kernels, (*primals[:2], p, primals[2]), out, (*tangents[:2], d_p, tangents[2]), **static)

    def vjp(kernels: Any, primals: Any, out: Any, out_bar: Any, wanted: Any, **static: Any) -> tuple[Any, ...]:
        p = pairs(kernels, primals, static)
        own = {"patterns": static["patterns"], "options": static["options"]}
        asked = (*wanted[:2], any(wanted[:2]), wanted[2])
        *direct, p_bar, r_bar = rule.vjp(kernels, (*primals[:2], p, primals[2]), out, out_bar, asked, **static)
        through = (None, None) if p_bar is None else first.vjp(kernels, primals[:2], p, p_bar, wanted[:2], **own)
        return *(add(one, other) for one, other in zip(direct, through, strict=True)), r_bar

    return Rule(rule.name, primal, jvp, vjp, linear=(False, False, False))


def _dense_bordered(static: dict[str, Any], trans: str) -> Callable[..., Any]:
    pairs_of = _dense_pairs(static["patterns"], 3, 0.0)

    def oracle(stiffness: Any, mass: Any, r: Any) -> Any:
        full = [dense(values, pattern) for values, pattern in zip((stiffness, mass), static["patterns"], strict=True)]
        out = []
        for k, m, pairs, own in zip(*full, pairs_of(stiffness, mass), r, strict=True):
            systems = [_system(k, m, pair[0], pair[1:]) for pair in pairs]
            systems = [system if trans == "N" else system.T for system in systems]
            out.append([np.linalg.solve(systems[i % len(systems)], row) for i, row in enumerate(own)])
        return np.array(out)

    return oracle


def repeated(dtype: Any) -> Iterator[Case]:
    """Yield pairs of which the last two have one eigenvalue, and vectors; derivatives are those in the vectors."""
    yield from _of_members(dtype, 6, lambda pairs, y: _along_the_other(pairs[:, :, 1:], y))


def _along_the_other(v: Any, y: Any) -> Any:
    swapped = v[:, [0, 2, 1]]
    along = np.einsum("bkn,bkn->bk", swapped, y)[:, :, None] * swapped
    along[:, 0] = 0
    return along


def alike(dtype: Any) -> Iterator[Case]:
    """Yield numbers that come back as they are."""
    yield from _of_members(dtype, None, lambda pairs, g: 1.0 * g)


def _of_members(dtype: Any, n: int | None, oracle: Callable[..., Any]) -> Iterator[Case]:
    """A case of an operation on K, M, their pairs and vectors, or numbers, in which only these move."""
    if np.dtype(dtype).kind == "c":
        return
    rng = np.random.default_rng(8)
    pencil, static = _pencil(rng)
    values = [[2.0], [3.0], [3.0]] if n else [[1.0], [2.0], [3.0]]
    pairs = np.concatenate([[values], numbers(rng, (1, 3, 6), dtype)], axis=2)
    y = numbers(rng, (1, 3, n) if n else (1, 2, 3), dtype)
    own = static if n else {**static, "checked": False}

    def fixed(rule: Rule) -> Rule:
        def all_of(primals: Any) -> tuple[Any, ...]:
            lanes = primals[0].shape[0]
            return *(np.repeat(one, lanes, axis=0) for one in (*pencil, pairs)), *primals

        return Rule(
            rule.name,
            lambda kernels, *p, **s: rule.primal(kernels, *all_of(p), **s),
            lambda kernels, p, out, d, **s: rule.jvp(kernels, all_of(p), out, (None, None, None, *d), **s),
            lambda kernels, p, out, bar, w, **s: rule.vjp(kernels, all_of(p), out, bar, (False,) * 3 + tuple(w), **s)[
                3:
            ],
            linear=(False,),
        )

    yield Case("members of eigenvalues", (y,), own, lambda y: oracle(np.repeat(pairs, len(y), axis=0), y), fixed)


def eigs(dtype: Any) -> Iterator[Case]:
    """Yield general pencils, real ones with real eigenvalues; shifts among them."""
    pencil, static = _general(np.random.default_rng(9), dtype)
    for sigma in (0.0, 2.2 + (0.3j if np.dtype(dtype).kind == "c" else 0)):
        options = replace(static["options"], sigma=complex(sigma))
        oracle = _dense_triples(static["patterns"], complex(sigma))
        yield Case(f"sigma={sigma}", pencil, {**static, "options": options}, oracle)


def two_sided(dtype: Any) -> Iterator[Case]:
    """Yield right-hand sides of the systems at the pairs of a general pencil, one and two for each pair, both ways."""
    rng = np.random.default_rng(10)
    pencil, static = _general(rng, dtype)
    for trans, rows in (("N", 3), ("T", 6)):
        r = numbers(rng, (1, rows, 14), dtype)
        own = {**static, "trans": trans}
        yield Case(f"trans={trans}, {rows} rows", (*pencil, r), own, _dense_two_sided(static, trans), at_pairs("eigs"))


def _general(rng: np.random.Generator, dtype: Any) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """Return stored values of A, far from normal, and of M, with eigenvalues 1 to 6 or near them; how to find three."""
    n = 6
    rows, cols = np.triu_indices(n, 1)
    some = rng.random(len(rows)) < 0.6
    diagonal = np.arange(n)
    patterns, values = [], []
    for more, along in ((some, diagonal + 1.0), (np.zeros_like(some), np.ones(n))):
        pattern, _ = from_triplets(np.r_[rows[more], 4, diagonal], np.r_[cols[more], 1, diagonal], (n, n))
        masses = 1.0 + np.arange(n) / 10
        stored = 0.4 * numbers(rng, (1, pattern.size), dtype)
        stored[:, pattern.indices > pattern.cols] *= 0.1
        stored[:, pattern.indices == pattern.cols] = along * masses
        patterns.append(pattern)
        values.append(stored)
    return (values[0], values[1]), {"patterns": tuple(patterns), "options": GeneralOptions(3, 0.0, "superlu")}


def _dense_triples(patterns: Any, sigma: complex) -> Callable[..., Any]:
    """Triples of the real parts, or of all of a complex array, by LAPACK; then Newton's method, as `_by_newton` has."""

    def oracle(matrix: Any, mass: Any) -> Any:
        packed = []
        for own in zip(dense(matrix, patterns[0]), dense(mass, patterns[1]), strict=True):
            values, left, right = scipy.linalg.eig(*own, left=True)
            row = []
            for i in np.argsort(abs(values - sigma))[:3]:
                sides = [
                    _general_newton(*pair, values[i], v)
                    for pair, v in ((own, right[:, i]), ([one.T for one in own], left[:, i].conj()))
                ]
                row.append(np.concatenate(sides))
            packed.append(row)
        found = np.array(packed)
        return found if any(np.iscomplexobj(one) for one in (matrix, mass)) else found.real

    return oracle


def _general_newton(matrix: Any, mass: Any, value: Any, v: Any) -> Any:
    at = int((abs(v) >= 0.99 * abs(v).max()).argmax())
    pair = np.concatenate([[value], v / v[at]])
    for _ in range(3):
        residual = np.concatenate([[pair[1 + at] - 1], matrix @ pair[1:] - pair[0] * (mass @ pair[1:])])
        pair = pair - np.linalg.solve(_general_system(matrix, mass, pair), residual)
    return pair


def _general_system(matrix: Any, mass: Any, pair: Any) -> Any:
    """The derivative of ``(v_j - 1, A v - lambda M v)`` in lambda and v."""
    value, v = pair[0], pair[1:]
    top = np.zeros(1 + len(v))
    top[1 + (abs(v) >= 0.99 * abs(v).max()).argmax()] = 1
    return np.vstack([top, np.column_stack([-(mass @ v), matrix - value * mass])])


def _dense_two_sided(static: dict[str, Any], trans: str) -> Callable[..., Any]:
    triples_of = _dense_triples(static["patterns"], 0.0)

    def oracle(matrix: Any, mass: Any, r: Any) -> Any:
        full = [dense(values, pattern) for values, pattern in zip((matrix, mass), static["patterns"], strict=True)]
        out = []
        for a, m, triples, own in zip(*full, triples_of(matrix, mass), r, strict=True):
            rows = []
            for i, row in enumerate(own):
                triple, sides = triples[i % len(triples)], []
                for pair, at in (((a, m), slice(0, 7)), ((a.T, m.T), slice(7, 14))):
                    system = _general_system(*pair, triple[at])
                    sides.append(np.linalg.solve(system if trans == "N" else system.T, row[at]))
                rows.append(np.concatenate(sides))
            out.append(rows)
        return np.array(out)

    return oracle


CASES: dict[str, Callable[[Any], Iterator[Case]]] = {
    "eigsh": eigsh,
    "bordered": bordered,
    "repeated": repeated,
    "alike": alike,
    "eigs": eigs,
    "two_sided": two_sided,
}
