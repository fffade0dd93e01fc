"""Floor 3: batch work and model runtimes."""
