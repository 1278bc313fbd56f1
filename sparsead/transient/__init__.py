"""Time: ordinary differential equations and semi-discrete systems, with exact discrete adjoints."""

from sparsead.transient.backsolve import Backsolve
from sparsead.transient.formulas import generalized_alpha, hht
from sparsead.transient.march import Motion, march
from sparsead.transient.odesolve import odesolve
from sparsead.transient.setup import Binomial
from sparsead.transient.stats import Stats

__all__ = ["Backsolve", "Binomial", "Motion", "Stats", "generalized_alpha", "hht", "march", "odesolve"]
