"""Earnings and statements."""
