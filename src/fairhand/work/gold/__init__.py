"""Gold tasks: tasks with a known answer, mixed in unseen."""
