"""The SDK: speaks HTTP to a Fairhand server and imports nothing of it."""

from fairhand.client.client import Client
from fairhand.client.errors import FairhandError, Issue, JobFailedError
from fairhand.client.questions import choice, mask

__all__ = ["Client", "FairhandError", "Issue", "JobFailedError", "choice", "mask"]
