"""Time: ordinary differential equations and semi-discrete systems, with exact discrete adjoints."""

from sparsead.transient.backsolve import Backsolve
from sparsead.transient.odesolve import odesolve
from sparsead.transient.stats import Stats

__all__ = ["Backsolve", "Stats", "odesolve"]
