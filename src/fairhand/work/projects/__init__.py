"""Projects, their questions and their tasks."""
