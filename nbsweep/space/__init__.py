"""The search space: distributions of values, named parameters, and what ties them together."""
