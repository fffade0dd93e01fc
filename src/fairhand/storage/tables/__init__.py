"""One file of tables per wing; no logic."""
