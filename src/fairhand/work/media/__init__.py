"""What is made of a task's file beforehand: tiles, peaks, other renderings."""
