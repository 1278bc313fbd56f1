"""Numbers of the unknowns: spaces, patterns and constraints. Integers, known before a program is traced."""
