"""The sealed books: hash chain, export for other tools, replay of statements, proof of floors."""
