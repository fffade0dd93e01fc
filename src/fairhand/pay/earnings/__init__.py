"""What pages and releases read about pay."""
