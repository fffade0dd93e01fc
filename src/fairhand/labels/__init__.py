"""Floor 1: one file per question kind: its value, its validation, its JSON."""
