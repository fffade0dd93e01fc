"""Predictions that a model proposes."""
