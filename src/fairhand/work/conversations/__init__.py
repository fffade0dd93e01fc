"""Conversation trees: messages, their gates, and the tasks that make them grow."""
