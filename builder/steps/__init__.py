"""Floor 2: pure functions, values in, value out."""
