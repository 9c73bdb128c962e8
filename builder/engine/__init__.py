"""The engine: remembers the results of pure steps, and runs them; knows nothing of courses."""
