"""Floor 0: remembers the results of pure steps; knows nothing of courses."""
