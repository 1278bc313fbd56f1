"""Krylov methods, one a file: derivation, loop, public function."""
