"""Floor 3: the only rooms that touch disk and network."""
