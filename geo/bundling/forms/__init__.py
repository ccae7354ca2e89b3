"""A problem in the forms that loops work on: atoms and columns, flat arrays, packages as columns (编排)."""
