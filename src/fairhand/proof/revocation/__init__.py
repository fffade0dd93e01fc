"""What left again: signed revocation lists, notices to recipients, models that must unlearn."""
