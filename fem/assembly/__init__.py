"""From weak forms to operators, matrices and solutions."""
