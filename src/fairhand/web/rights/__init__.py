"""Consent and decisions."""
