"""A person's own page on what they see and how they are; nobody else's."""
