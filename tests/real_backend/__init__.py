"""Label Studio's own model server, from its package, for journeys."""
