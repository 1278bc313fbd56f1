"""What Krylov methods share: blocks of vectors, what watches the iterations, what a method is."""
