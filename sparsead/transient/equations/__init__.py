"""What is solved: the user's functions traced once, right-hand sides, residuals with their matrices, motion."""
