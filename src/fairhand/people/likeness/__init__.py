"""Voices and faces of those who agreed to be looked up; templates that end by themselves."""
