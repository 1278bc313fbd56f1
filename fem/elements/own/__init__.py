"""Weak forms of one's own: from an energy or a residual, point by point."""
