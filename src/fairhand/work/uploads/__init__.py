"""Photos that come in parts and become one clean file."""
