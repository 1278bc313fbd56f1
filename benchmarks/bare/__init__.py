"""What a careful user writes by hand: one factorization and two solves on the bare library, no sparsead."""
