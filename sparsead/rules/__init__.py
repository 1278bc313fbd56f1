"""How each kernel differentiates: one file each, with its derivation; `RULES` is the table that tests walk."""

from sparsead.factors.options import SolveOptions
from sparsead.rules import alike, bordered, eigsh, gather, repeated, sddmm, solve, spmv, sum_triplets
from sparsead.rules.kernels import Kernels, KernelsByName
from sparsead.rules.rule import Rule

RULES: dict[str, Rule] = {
    module.RULE.name: module.RULE
    for module in (solve, spmv, sddmm, sum_triplets, gather, eigsh, bordered, repeated, alike)
}

__all__ = ["RULES", "Kernels", "KernelsByName", "Rule", "SolveOptions"]
