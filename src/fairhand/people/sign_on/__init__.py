"""Single sign-on: who somebody is at an identity provider, and which roles that gives."""
