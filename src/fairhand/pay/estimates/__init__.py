"""What people are told a task takes, and how often that came true."""
