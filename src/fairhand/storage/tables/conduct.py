"""Tables of conduct: decisions about people, appeals, monitors, incidents, and the council."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from fairhand.storage.tables.base import Key, metadata
from fairhand.storage.tables.pay import guard_append_only

# Something decided about a person. Never edited: what became of it stands in `appeal`.
decision = Table(
    "decision",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, nullable=False, server_default="0"),  # 0: the whole workspace
    Column("kind", String(20), nullable=False),
    Column("subject", Text, nullable=False, server_default="{}"),  # JSON: task, annotation, course
    Column("decider_id", Key, ForeignKey("person.id")),  # null: a registered system
    Column("system", String(60), nullable=False, server_default=""),
    Column("system_version", String(60), nullable=False, server_default=""),
    Column("reason", Text, nullable=False),
    Column("inputs", Text, nullable=False),  # JSON, readable
    Column("inputs_sha256", String(64), nullable=False),
    Column("weights", Text, nullable=False, server_default="[]"),  # JSON: what counted, how much
    Column("counterfactual", Text, nullable=False),
    Column("pay_effect", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("client_key", String(64), nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("appeal_by", BigInteger, nullable=False),
    CheckConstraint(
        "kind IN ('answer_not_taken', 'redo_asked', 'not_qualified', 'queue_closed', "
        "'pay_changed', 'fraud_flag', 'suspended', 'ended', 'not_selected', 'gold_missed', "
        "'restored')",
        name="kind",
    ),
    CheckConstraint("decider_id IS NOT NULL OR system <> ''", name="decider"),
    Index("ix_decision_person", "person_id", "made_at"),
    Index("ix_decision_project", "project_id", "made_at"),
)
event.listen(decision, "after_create", guard_append_only)

appeal = Table(
    "appeal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("decision_id", Key, ForeignKey("decision.id"), nullable=False, unique=True),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("project_id", Key, nullable=False),
    Column("client_key", String(64), nullable=False, unique=True),
    Column("message", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("panel", Integer, nullable=False, server_default="1"),  # how many reviewers it needs
    Column("state", String(10), nullable=False, server_default="open"),
    Column("opened_at", BigInteger, nullable=False),
    Column("answer_by", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    Column("repaired", Text, nullable=False, server_default="{}"),  # JSON: what was put right
    CheckConstraint("state IN ('open', 'upheld', 'declined', 'silent', 'withdrawn')", name="state"),
)
_open = "state = 'open'"
Index(
    "ix_appeal_open",
    appeal.c.answer_by,
    sqlite_where=text(_open),
    postgresql_where=text(_open),
)

# Who looked at an appeal, since when, and what they found. Never the person who decided.
appeal_review = Table(
    "appeal_review",
    metadata,
    Column("appeal_id", Key, ForeignKey("appeal.id"), primary_key=True),
    Column("reviewer_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("opened_at", BigInteger, nullable=False),  # saw the evidence
    Column("is_peer", Boolean, nullable=False),  # works as the person does, holds no office
    Column("finding", String(10)),
    Column("reason", Text, nullable=False, server_default=""),
    Column("found_at", BigInteger),
    CheckConstraint("finding IS NULL OR finding IN ('uphold', 'decline')", name="finding"),
)

# A gold task that was overturned: it is asked no more and counts for nobody.
gold_quarantine = Table(
    "gold_quarantine",
    metadata,
    Column("task_id", Key, ForeignKey("task.id"), primary_key=True, autoincrement=False),
    Column("project_id", Key, ForeignKey("project.id"), nullable=False),
    Column("appeal_id", Key, ForeignKey("appeal.id")),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Who answers to whom: an appeal never goes to the decider or to somebody who reports to them.
reports_to = Table(
    "reports_to",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("manager_id", Key, ForeignKey("person.id"), nullable=False),
    Column("set_at", BigInteger, nullable=False),
)

# What monitors found, and what became of it.
incident = Table(
    "incident",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, nullable=False, server_default="0"),
    Column("kind", String(20), nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("sentence", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON; sums over people only where k is asked
    Column("audience", String(10), nullable=False),
    Column("state", String(10), nullable=False, server_default="open"),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_by", Key, ForeignKey("person.id")),
    Column("closed_at", BigInteger),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint(
        "kind IN ('rubber_stamp', 'retaliation', 'adverse_impact', 'late_answer', 'unregistered')",
        name="kind",
    ),
    CheckConstraint("audience IN ('owner', 'council')", name="audience"),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)

# What people say of themselves so that unfair effects are found; shown for ten people and more.
self_declared = Table(
    "self_declared",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
)

# ---- the council -----------------------------------------------------------------------------

election = Table(
    "election",
    metadata,
    Column("id", Key, primary_key=True),
    Column("seats", Integer, nullable=False),
    Column("term_ms", BigInteger, nullable=False),
    Column("called_by", Key, ForeignKey("person.id"), nullable=False),
    Column("called_at", BigInteger, nullable=False),
    Column("stands_until", BigInteger, nullable=False),
    Column("votes_until", BigInteger, nullable=False),
    Column("state", String(10), nullable=False, server_default="standing"),
    Column("result", Text, nullable=False, server_default="{}"),  # JSON: the count, step by step
    CheckConstraint("seats BETWEEN 1 AND 25", name="seats"),
    CheckConstraint("state IN ('standing', 'voting', 'counted', 'void')", name="state"),
)
candidate = Table(
    "candidate",
    metadata,
    Column("election_id", Key, ForeignKey("election.id"), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("statement", Text, nullable=False),
    Column("stood_at", BigInteger, nullable=False),
    Column("withdrew_at", BigInteger),
)
# That somebody voted, and how somebody voted, lie in two tables that nothing connects: neither
# keeps the order in which its rows came, and counting empties `ballot` into the result.
voted = Table(
    "voted",
    metadata,
    Column("election_id", Key, ForeignKey("election.id"), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    sqlite_with_rowid=False,
)
ballot = Table(
    "ballot",
    metadata,
    Column("uid", String(36), primary_key=True),  # random, so that the order says nothing
    Column("election_id", Key, ForeignKey("election.id"), nullable=False),
    Column("approves", Text, nullable=False),  # JSON list of candidates
    Index("ix_ballot_election", "election_id"),
    sqlite_with_rowid=False,
)
council_seat = Table(
    "council_seat",
    metadata,
    Column("id", Key, primary_key=True),
    Column("election_id", Key, ForeignKey("election.id"), nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    UniqueConstraint("election_id", "person_id"),
)

# A policy that waits for the council. What was proposed is never edited; its hash is signed.
proposal = Table(
    "proposal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("project_id", Key, nullable=False, server_default="0"),
    Column("body", Text, nullable=False),  # JSON, canonical
    Column("sha256", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("proposed_by", Key, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),  # the earliest it can take effect
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("quorum", Integer, nullable=False),
    # At least as strict as what holds: it needs no council, and holds if the council keeps silent.
    Column("is_stricter", Boolean, nullable=False),
    Column("decide_by", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("applied_at", BigInteger),
    CheckConstraint("kind IN ('pay', 'exposure', 'appeals', 'contract')", name="kind"),
    CheckConstraint(
        "state IN ('waiting', 'signed', 'refused', 'no_council', 'lapsed', 'withdrawn')",
        name="state",
    ),
)
proposal_vote = Table(
    "proposal_vote",
    metadata,
    Column("proposal_id", Key, ForeignKey("proposal.id"), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("sha256", String(64), nullable=False),  # of what was read
    Column("vote", String(10), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("vote IN ('sign', 'refuse')", name="vote"),
)

# How appeals are heard: days to appeal, days to answer, panels. The council signs it.
appeals_policy = Table(
    "appeals_policy",
    metadata,
    Column("id", Key, primary_key=True),
    Column("version", Integer, nullable=False, unique=True),
    Column("terms", Text, nullable=False),  # JSON
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("proposal_id", Key),
)

# The words under which people work, version by version; each acceptance names the words it read.
contract = Table(
    "contract",
    metadata,
    Column("id", Key, primary_key=True),
    Column("project_id", Key, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
    Column("locale", String(35), nullable=False),
    Column("body", Text, nullable=False),  # Markdown
    Column("sha256", String(64), nullable=False),
    Column("findings", Text, nullable=False, server_default="[]"),  # JSON: what the linter said
    Column("author_id", Key, ForeignKey("person.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    UniqueConstraint("project_id", "version", "locale"),
)
contract_acceptance = Table(
    "contract_acceptance",
    metadata,
    Column("contract_id", Key, ForeignKey("contract.id"), primary_key=True),
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

# ---- the contributors' own channel: the server carries sealed letters and can open none -------

channel_member = Table(
    "channel_member",
    metadata,
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("handle", String(60), nullable=False, unique=True),
    Column("public_key", Text, nullable=False),  # JWK
    Column("wrapped_key", Text, nullable=False),  # JSON: the private key, sealed by its words
    Column("joined_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
)
channel = Table(
    "channel",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("made_by", Key, ForeignKey("person.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
channel_key = Table(
    "channel_key",
    metadata,
    Column("channel_id", Key, ForeignKey("channel.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),  # a new key when somebody leaves
    Column("person_id", Key, ForeignKey("person.id"), primary_key=True),
    Column("sealed", Text, nullable=False),  # JSON: the channel's key, sealed for this person
)
channel_letter = Table(
    "channel_letter",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channel.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("person_id", Key, ForeignKey("person.id"), nullable=False),
    Column("client_key", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("person_id", "client_key"),
    Index("ix_channel_letter", "channel_id", "id"),
)

# Whether an automatic system may run; a system that no row names runs as its code says.
system_switch = Table(
    "system_switch",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Key, ForeignKey("person.id"), nullable=False),
    Column("set_at", BigInteger, nullable=False),
)
