"""Time: ordinary differential equations and semi-discrete systems, with exact discrete adjoints."""

from sparsead.transient.accuracy import Accuracy, gradient_accuracy
from sparsead.transient.backsolve import Backsolve
from sparsead.transient.disk import Disk
from sparsead.transient.formulas import generalized_alpha, hht
from sparsead.transient.march import march
from sparsead.transient.odesolve import odesolve
from sparsead.transient.semidiscrete import Motion
from sparsead.transient.setup import Binomial
from sparsead.transient.special import x_over_expm1
from sparsead.transient.stats import Stats

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
