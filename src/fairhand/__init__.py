"""Fairhand: human data, done by a fair hand."""

__version__ = "0.1.0"
