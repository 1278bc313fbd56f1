"""Time: ordinary differential equations and semi-discrete systems, with exact discrete adjoints."""

from sparsead.transient.accuracy import Accuracy, gradient_accuracy
from sparsead.transient.checkpoints.disk import Disk
from sparsead.transient.equations.semidiscrete import Motion
from sparsead.transient.gradients.backsolve import Backsolve
from sparsead.transient.march import march
from sparsead.transient.methods.formulas import generalized_alpha, hht
from sparsead.transient.odesolve import odesolve
from sparsead.transient.reports.stats import Stats
from sparsead.transient.setup import Binomial
from sparsead.transient.special import x_over_expm1

__all__ = [
    "Accuracy",
    "Backsolve",
    "Binomial",
    "Disk",
    "Motion",
    "Stats",
    "generalized_alpha",
    "gradient_accuracy",
    "hht",
    "march",
    "odesolve",
    "x_over_expm1",
]
