"""Imported exchange rates."""
