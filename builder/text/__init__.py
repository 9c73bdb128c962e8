"""Shared text tools of the steps: Markdown, front matter, URLs, positions."""
