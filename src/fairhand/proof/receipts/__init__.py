"""Receipts that people keep: all that is proven of one event, in one small file."""
