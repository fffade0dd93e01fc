"""Floor 7: sample projects and simulated contributors, always marked."""
