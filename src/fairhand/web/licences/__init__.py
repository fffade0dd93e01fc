"""Screens of licensing: what is offered in public, a licensee's page, an owner's decisions."""
