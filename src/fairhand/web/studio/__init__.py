"""The owner's project pages."""
