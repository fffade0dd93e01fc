"""The people wing."""
