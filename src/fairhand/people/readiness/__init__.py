"""Training, skills, credentials."""
