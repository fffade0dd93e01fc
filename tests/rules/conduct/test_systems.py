"""Nothing decides by itself that is not in the register."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import fairhand
from fairhand.labels.kind import Config
from fairhand.model.system import UnregisteredError, automated, loaded, require_registered
from fairhand.quality import methods
from fairhand.quality.consensus import KINDS, gathered
from fairhand.quality.consensus.kind import Verdict, Voted
from fairhand.quality.consensus.mask import likeness
from fairhand.quality.methods import Method
from fairhand.use_cases.read_systems import (
    family_of,
    list_systems,
    modules_that_register,
    write_register,
)
from fairhand.work.active_learning import registry
from fairhand.work.active_learning.shapes import Strategy

SOURCE = Path(fairhand.__path__[0])


def test_every_registration_in_the_source_is_in_the_register() -> None:
    """Decorators are counted in the source as text; whoever adds one is in the register by it."""
    listed = {one.code.rpartition(".")[0].split(":")[0] for one in list_systems()}

    assert set(modules_that_register()) <= listed


def test_every_entry_says_all_that_article_9_asks_for() -> None:
    for one in list_systems():
        assert one.purpose.endswith("."), one.name
        assert one.reads, one.name
        assert one.oversight.endswith("."), one.name
        assert family_of(one) != "other", f"{one.name}: add its family to read_systems"
        assert all(part.value and part.weight for part in one.parameters), one.name


def test_a_version_changes_with_a_parameter() -> None:
    versions = {one.version for one in list_systems()}

    assert len(versions) == len(list_systems())


def test_an_unregistered_aggregator_cannot_be_loaded() -> None:
    class Sneaky:
        pass

    with pytest.raises(UnregisteredError):
        methods.gathered({"sneaky": Method(Sneaky, "ranks people by name")})  # type: ignore[arg-type]


def test_an_unregistered_scorer_cannot_hide_under_a_registered_name() -> None:
    def sneaky() -> None:
        """Nothing that anybody has described."""

    assert list_systems()
    with pytest.raises(UnregisteredError, match="not what the register describes"):
        loaded("work.next", sneaky)


def _sneaky(config: Config, answers: Sequence[Any]) -> Verdict:
    """Settle in a way that nobody has described."""
    return Verdict(answers[0], float(bool(config)))


def test_an_unregistered_strategy_or_consensus_cannot_be_loaded() -> None:
    known = registry.STRATEGIES["random"]
    with pytest.raises(UnregisteredError):
        registry.gathered({"sneaky": Strategy(known.pick, "by height", "random")})
    with pytest.raises(UnregisteredError):
        gathered({**KINDS, "sneaky": Voted("sneaky", _sneaky, likeness, "height")})


def test_two_things_cannot_have_one_name() -> None:
    assert list_systems()
    with pytest.raises(ValueError, match="registered by"):
        automated("work.next", title="", effect="routes", purpose="", reads=(), oversight="")(
            test_two_things_cannot_have_one_name
        )


def test_an_unknown_name_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnregisteredError, match="register it with its purpose"):
        require_registered("nobody.knows")


def test_nothing_in_the_register_may_suspend_or_pay_less() -> None:
    """What a system may do at most is one of six words, and none of them is a punishment."""
    for one in list_systems():
        assert one.effect in ("routes", "judges", "flags", "pays", "suggests", "tells")
        assert one.switch == "" or one.effect != "pays", f"{one.name} owes people money"


def test_ticks_that_act_on_people_are_registered_or_plumbing() -> None:
    """A new tick is either a registered system's or named here as one that decides nothing."""
    path = SOURCE / "jobs" / "background.py"
    names = {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Tick"
        and isinstance(node.args[0], ast.Constant)
    }
    told = {
        "aggregate": "aggregate.online",
        "reprice": "pay.reprice",
        "idle_caps": "pay.idle_cap",
        "hours": "work.rest",
        "help": "assist.helps",
        "disputes": "pay.silence",
        "assist": "assist.learn",
        "estimate": "pay.estimate",
        "conduct": "monitor.retaliation",
        "skills": "skill.lapse",
        "weigh": "content-severity",
        "appeals": "appeals.clock",
        "conversations": "conversation.gate",
        "intake": "intake.look_through",
    }
    assert list_systems()
    for name in set(told) & names:
        require_registered(told[name])
    assert names - set(told) <= PLUMBING


PLUMBING = {
    "erasures",  # deletes the files of erasures that were cut off
    "gone_files",  # deletes files of what was taken back, where that was cut short
    "withdrawals",  # tells recipients what people took back
    "licences",  # marks what licensees did not answer in time
    "grants",  # ends grants whose time is over, as was agreed
    "templates",  # destroys templates of voices when their time is over, as was agreed
    "sweep",  # throws away parts of recordings that nobody finished
    "witnesses",  # has others co-sign the log
    "seal",  # numbers the log
    "figures",  # counts what pages show
    "exports",  # deletes files whose days are over
    "reap",  # ends leases whose time is over, as they were promised
    "accrue",  # writes down paid time that was heard
    "policies",  # puts in force what a person has set
    "bookings",  # pays what was promised for hours that were cancelled
    "seal_books",  # numbers the ledger
    "backends",  # tells model servers what happened
    "webhooks",  # tells receivers what the log says
    "old_deliveries",  # forgets what arrived a month ago
    "labels",  # carries answers along after a change of labels that a person made
    "letters",  # sends by mail what happened to a person, as they chose
    "budgets",  # puts a letter about money that is nearly spent
    "old_letters",  # forgets letters whose days are over
    "weeks",  # counts newcomers of campaigns with noise: about nobody
    "suspensions",  # ends what has run its time
    "statistics",  # works out anew what an overturned gold task had touched
    "council",  # puts in force what the council has signed
    "elections",  # counts votes when the time is over
    "aftercare",  # lays money aside for people, theirs alone
    "waiting",  # pays what was promised at a limit
}


def test_the_page_of_the_register_is_made_from_the_code() -> None:
    """After a change: fairhand systems --markdown > docs/reference/automated-systems.md."""
    page = SOURCE.parent.parent / "docs" / "reference" / "automated-systems.md"

    assert page.read_text(encoding="utf-8") == write_register()
