"""Immutable dataset versions."""
