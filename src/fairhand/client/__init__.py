"""The SDK: speaks HTTP to a Fairhand server and imports nothing of it."""

from fairhand.client.answers import Answer, Answers
from fairhand.client.client import Client
from fairhand.client.errors import FairhandError, Issue, JobFailedError
from fairhand.client.notebook import Workspace, connect
from fairhand.client.project import Added, Project
from fairhand.client.questions import choice, mask
from fairhand.client.webhooks import WebhookError, verify_webhook

__all__ = [
    "Added",
    "Answer",
    "Answers",
    "Client",
    "FairhandError",
    "Issue",
    "JobFailedError",
    "Project",
    "WebhookError",
    "Workspace",
    "choice",
    "connect",
    "mask",
    "verify_webhook",
]
