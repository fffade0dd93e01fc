"""Floor 6: pages and the JSON API."""
