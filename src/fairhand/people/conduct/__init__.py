"""Decisions, appeals, policies."""
