"""The steps of a build: pure functions with a version, values in, value out; none knows another."""
