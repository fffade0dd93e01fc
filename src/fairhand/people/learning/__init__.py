"""Lessons from guidelines and gold tasks, practice, and exams."""
