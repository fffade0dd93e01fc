"""What a decision did is undone: work given back, lost pay paid, a gold overturned.

A part of the stories that uphold an appeal or lift a suspension; theirs is the log line.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.words import words_for
from fairhand.model.decision import NewDecision
from fairhand.pay.ledger.store import Earning, post_earning
from fairhand.people.accounts import store as accounts
from fairhand.people.conduct import effects, store, words
from fairhand.people.conduct.effects import Lost
from fairhand.people.conduct.store import Decision
from fairhand.people.contributions import review_store
from fairhand.storage.database import Connection
from fairhand.use_cases.note_decision import note_decision
from fairhand.use_cases.overturn_gold import overturn_gold
from fairhand.use_cases.requalify import requalify
from fairhand.use_cases.tree_steps import accept_after_all


@dataclass(frozen=True, slots=True)
class Why:
    """Why a decision is taken back: in whose name (None: the clock), after which appeal.

    `is_wrong` says that it should not have been made, so that what it cost is paid back.
    """

    reason: str
    decider_id: int | None
    appeal_id: int | None = None
    is_wrong: bool = True


def repair_decision(
    connection: Connection, decision: Decision, why: Why, now: Instant
) -> dict[str, object]:
    """Undo a decision; says what was put right. Doing it again changes nothing."""
    done: dict[str, object] = {}
    paid: list[Lost] = []
    if decision.kind in ("suspended", "ended"):
        done["enrolments"] = _give_work_back(connection, decision, now)
        paid = _pay_back(connection, decision, now) if why.is_wrong else []
        done["paid"] = [
            {"project": one.project_id, "currency": one.currency, "micros": one.micros,
             "interest_micros": one.interest_micros, "paid_ms": one.paid_ms}
            for one in paid
        ]  # fmt: skip
    elif decision.kind == "gold_missed":
        task_id = int(decision.subject["task"])
        done |= overturn_gold(
            connection, decision.project_id, task_id, why.appeal_id, why.reason, now,
            decider_id=why.decider_id,
        )  # fmt: skip
    elif decision.kind == "answer_not_taken" and "message" in decision.subject:
        message_id = int(decision.subject["message"])
        done["accepted"] = accept_after_all(connection, message_id, now)
    elif decision.kind in ("answer_not_taken", "redo_asked") and "annotation" in decision.subject:
        annotation_id, task_id = int(decision.subject["annotation"]), int(decision.subject["task"])
        done["counted"] = effects.count_answer(connection, annotation_id, task_id)
        if "contribution" in decision.subject:
            contribution_id = int(decision.subject["contribution"])
            done["kept"] = review_store.keep_after_all(connection, contribution_id, now)
    elif decision.kind == "not_qualified":
        done |= requalify(connection, decision, now)
    done["decision"] = _say_so(connection, decision, why, paid, now)
    return done


def _give_work_back(connection: Connection, decision: Decision, now: Instant) -> list[int]:
    """Give enrolments back, unless another decision still bars them."""
    given = []
    for project_id, state in decision.inputs.get("enrolments", []):
        bars = store.list_bars(connection, decision.person_id, project_id, now)
        others = [one for one in bars if one.id != decision.id]
        if not others and effects.let_work(connection, decision.person_id, project_id, state):
            given.append(int(project_id))
    return given


def _pay_back(connection: Connection, decision: Decision, now: Instant) -> list[Lost]:
    until = now if decision.until is None else min(now, decision.until)
    policy = store.policy_at(connection, decision.made_at)
    lost = effects.lost_by(
        connection, decision.person_id, decision.project_id, decision.made_at, Instant(until),
        policy.interest_percent,
    )  # fmt: skip
    for one in lost:
        key = f"back-pay:{decision.id}:{one.project_id}:{one.currency}"
        _post(connection, decision, one, key, one.paid_ms, one.micros, now)
        if one.interest_micros:
            _post(connection, decision, one, f"{key}:interest", 0, one.interest_micros, now)
    return lost


def _post(
    connection: Connection,
    decision: Decision,
    lost: Lost,
    key: str,
    paid_ms: int,
    micros: int,
    now: Instant,
) -> None:
    earned = Earning(
        kind="accrual",
        idem_key=key,
        person_id=decision.person_id,
        project_id=lost.project_id,
        activity="annotate",
        started_at=now,
        ended_at=now,
        paid_ms=paid_ms,
        rate_micros_per_hour=lost.rate_micros_per_hour if paid_ms else 0,
        currency=lost.currency,
        amount_micros=micros,
        basis="correction",
    )
    post_earning(connection, earned, now)


def _say_so(
    connection: Connection, decision: Decision, why: Why, paid: list[Lost], now: Instant
) -> int:
    """Tell the person that it was taken back; where that was told before, nothing is added."""
    person = accounts.load_person(connection, decision.person_id)
    say = words_for(person.locale if person else "")
    total = " + ".join(say.money(one.micros + one.interest_micros, one.currency) for one in paid)
    new = NewDecision(
        person_id=decision.person_id,
        project_id=decision.project_id,
        kind="restored",
        reason=why.reason,
        counterfactual=words.RESTORED_OTHERWISE,
        values={"decision": decision.id, "money": total},
        pay_effect=words.BACK_PAY if paid else words.NO_PAY_EFFECT,
        inputs={"decision": decision.id, "appeal": why.appeal_id},
        subject={"decision": decision.id},
        decider_id=why.decider_id,
        system="" if why.decider_id else "appeals.clock",
        client_key=f"restored:{decision.id}",
    )
    return note_decision(connection, new, now)
