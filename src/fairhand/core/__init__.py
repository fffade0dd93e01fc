"""Floor 0: ids, clock, money, errors, settings."""
