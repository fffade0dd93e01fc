"""Contributors' own letters: the server carries them sealed."""
