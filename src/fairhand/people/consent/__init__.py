"""Grants and their withdrawal."""
