"""How a step is taken: tableaus and formulas as data, explicit and implicit steps, and the table of methods."""
