"""Figures of a project as they were counted day by day."""
