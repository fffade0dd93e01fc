"""Licences: who asked for a release under which terms, and what they may do with it."""
