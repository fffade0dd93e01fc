"""Disputes: what a person contests about their pay, and the human answer to it."""
