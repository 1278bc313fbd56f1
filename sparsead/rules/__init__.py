"""How each kernel differentiates: one file each, with its derivation; `RULES` is the table that tests walk."""

from sparsead.factors.options import SolveOptions
from sparsead.rules import (
    alike,
    bordered,
    eigs,
    eigsh,
    gather,
    logdet,
    repeated,
    sddmm,
    selected_inverse,
    solve,
    spgemm,
    spmv,
    sum_triplets,
    two_sided,
)
from sparsead.rules.kernels import Kernels, KernelsByName
from sparsead.rules.rule import Rule

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        solve.RULE,
        spmv.RULE,
        sddmm.RULE,
        spgemm.RULE,
        sum_triplets.RULE,
        gather.RULE,
        logdet.RULE,
        selected_inverse.RULE,
        eigsh.RULE,
        bordered.RULE,
        repeated.RULE,
        alike.RULE,
        eigs.RULE,
        two_sided.RULE,
    )
}

__all__ = ["RULES", "Kernels", "KernelsByName", "Rule", "SolveOptions"]
