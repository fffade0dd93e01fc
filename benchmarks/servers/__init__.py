"""One adapter per annotation server, all driven through the same loop."""
