"""The pipeline: a folder of Markdown in, a finished course site out."""

__version__ = "0.1.0"
