"""Floor 3: foreign files to nouns and back, pure and streaming."""
