"""Eigenpairs of symmetric pencils by shift and invert, on the factor store; plain NumPy, no derivatives."""
