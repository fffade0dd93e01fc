"""Somebody else's library for verifiable credentials, which knows nothing of ours."""
