"""Campaigns that collect what people give of themselves: terms, quotas, coverage."""
