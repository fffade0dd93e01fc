"""Journeys with a server of their own."""
