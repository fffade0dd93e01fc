"""Wage floors: the lowest hourly pay allowed for a person's place and date."""
