"""The stages of a build: each brings one column of results up to date, and says what ran and what was recalled."""
