"""Exposure, limits, doses: private to the person."""
