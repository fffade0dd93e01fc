"""Recordings that come in parts and become one file."""
