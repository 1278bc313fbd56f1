"""The factor store: who owns a factorization, until when, and how good its solutions are."""
