"""Floor 7: sample projects on real data, and simulated contributors, always marked as such."""
