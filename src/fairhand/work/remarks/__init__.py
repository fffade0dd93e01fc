"""What people say about tasks and guidelines, and what they are answered."""
