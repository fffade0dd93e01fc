"""Lessons and qualifications."""
