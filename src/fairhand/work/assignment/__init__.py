"""The lease queue: who gets which task, and for how long."""
