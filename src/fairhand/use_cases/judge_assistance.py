"""Proposals that do not help switch themselves off: measured, said why, and never flapping.

Only a person switches assistance on again; then the measurement begins anew, so that what is known
already cannot switch it off at once.
"""

from __future__ import annotations

from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.people.conduct import monitor_store as monitors
from fairhand.quality.assistance.helps import LEAST_SAVING, OFF_CHANCE, Help
from fairhand.storage.blobs import BlobStore
from fairhand.storage.database import Database
from fairhand.use_cases.read_experiment import measure_help, read_experiment
from fairhand.use_cases.set_assist_policy import SetAssistPolicy, set_assist_policy
from fairhand.work.prelabel import store
from fairhand.work.prelabel.store import AssistPolicy, Shown

NO_HELP: Final = "no_help"


def judge_assistance(db: Database, now: Instant, *, blobs: BlobStore) -> list[int]:
    """Switch assistance off where it is sure enough not to help; give the projects."""
    with db.read() as connection:
        if monitors.is_off(connection, "assist.helps"):
            return []
        judged = [
            (policy, store.load_shown(connection, policy.project_id), help_of)
            for policy in store.list_ticked(connection)
            for help_of in [measure_help(read_experiment(connection, policy.project_id, policy))]
            if help_of.switches_off
        ]
    for policy, shown, found in judged:
        command = SetAssistPolicy(
            policy.changed_by,
            policy.project_id,
            is_on=False,
            because=_because(policy, shown, found, now),
        )
        set_assist_policy(db, command, now, blobs=blobs)
    return [policy.project_id for policy, _, _ in judged]


def _because(policy: AssistPolicy, shown: Shown, found: Help, now: Instant) -> dict[str, Any]:
    """Say why, with the evidence and what is needed to read it again later."""
    return {
        "code": NO_HELP,
        "reason": words_of_harm(found),
        "at": now,
        "since": policy.on_since,
        "version_id": shown.version_id,
        "blind_permille": shown.blind_permille,
        "holdout_permille": shown.holdout_permille,
        "with": found.with_it,
        "without": found.without,
        "people": found.people,
        "seconds_with": found.seconds_with,
        "seconds_without": found.seconds_without,
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
    }


def words_of_harm(found: Help) -> str:
    """Say in a sentence why proposals were switched off; raises ValueError where nothing is known.

    The figures are those of the experiment, for typical answers.
    """
    if found.ratio is None or found.low is None or found.high is None:
        raise ValueError("nothing is known of this help yet")
    return (
        f"With a proposal an answer took {_times(found.ratio)} the paid time it took without "
        f"({_times(found.low)} to {_times(found.high)}; {found.with_it:,} answers with, "
        f"{found.without:,} without, drawn by chance). It is {1 - OFF_CHANCE:.0%} sure that less "
        f"than {LEAST_SAVING:.0%} of the time is saved."
    )


def _times(ratio: float) -> str:
    return f"{ratio:.2f} ×"
