"""Submitted answers, drafts and skips."""
