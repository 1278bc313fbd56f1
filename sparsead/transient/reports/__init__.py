"""What a run tells: its statistics, its factorizations, and what went wrong."""
