"""What can be told of a file: copies, loudness, signs of replay or of a machine."""
