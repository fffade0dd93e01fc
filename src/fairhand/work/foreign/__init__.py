"""What other tools said of projects, tasks and answers, kept whole."""
