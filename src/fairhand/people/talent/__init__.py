"""Skills, credentials, who may be found, and the way to more responsibility."""
