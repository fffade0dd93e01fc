"""A statement as a person reads it: the same words for the page, the PDF and a short message."""
