"""Watching: evidence for a human about gold tasks, pace, likeness, drift, slices; no verdicts."""
