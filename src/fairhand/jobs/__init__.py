"""Floor 7: durable background work."""
