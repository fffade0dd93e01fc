"""The screens of those who decide about people, and what watches them."""
