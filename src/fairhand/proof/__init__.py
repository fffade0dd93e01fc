"""The proof wing."""
