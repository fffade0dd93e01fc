"""After people have worked: pay, release, receipts and their verification from the terminal."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from fairhand.core.clock import Instant, ManualClock, system_now
from fairhand.core.settings import load_settings
from fairhand.use_cases.hand_out_task import HandOutTask, hand_out_task
from fairhand.use_cases.house import open_house
from fairhand.use_cases.join_project import JoinProject, join_project
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.stories.terminal import Terminal, run

HOUR_MS = 3_600_000


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A workspace where Amina and Bao have answered three tasks each, an hour ago."""
    made = Terminal(tmp_path / "team")
    made.init()
    made.project()
    made.ok("import", "moods", made.file("rows.csv", "text\nwhat a day\noh dear\nhm\n"))
    made.ok("project", "fund", "moods", "100")
    for name in ("Amina", "Bao"):
        said = made.ok("invite", name, "--country", "GB", "--json")
        _work(made.workspace, said.json["person_id"])
    return made


def _work(workspace: Path, person_id: int) -> None:
    clock = ManualClock(Instant(system_now() - HOUR_MS))
    house = open_house(load_settings(workspace), clock)
    join_project(house.db, JoinProject(person_id, 1), clock())
    for number in range(3):
        got = hand_out_task(
            house.db,
            HandOutTask(person_id, 1),
            clock(),
            terms=house.terms,
            idle_cap_ms=house.idle_cap_ms,
        )
        assert got.sheet is not None
        clock.advance(30_000)
        key = f"00000000-0000-4000-8000-{person_id:06d}{number:06d}"
        command = SubmitAnnotation(person_id, got.sheet.task.id, key, {"mood": "glad"})
        submit_annotation(
            house.db, command, clock(), signer=house.signer, idle_cap_ms=house.idle_cap_ms
        )
    house.close()


def test_status_counts_what_was_done_and_what_it_cost(terminal: Terminal) -> None:
    state = terminal.ok("status", "moods", "--json").json
    assert state["progress"]["answers"] == 6
    assert state["progress"]["finished"] == 3
    assert state["paid_ms"] == 180_000
    assert state["spent"] == "0.65"  # three minutes at GBP 13.00 an hour
    assert state["cost_per_answer"] == "0.1083"
    assert "6 by 2 people" in terminal.ok("status", "moods").out


def test_a_period_closes_once_and_its_statements_can_be_read(terminal: Terminal) -> None:
    foreseen = terminal.ok("pay", "close", "--preview", "--json").json["preview"]
    assert len(foreseen) >= 1
    assert all(one["gross_micros"] > 0 for one in foreseen)
    assert "In all" in terminal.ok("pay", "close", "--preview").out
    closed = terminal.ok("pay", "close", "--json").json
    assert (closed["people"], closed["statements"]) == (2, 2)
    assert terminal.ok("pay", "close", "--json").json["period_id"] is None
    owed = terminal.ok("pay", "owed", "--json").json["owed"]
    assert [(one["name"], one["unsettled"]) for one in owed] == [("Amina", "0.00"), ("Bao", "0.00")]
    text = terminal.ok("pay", "statement", str(owed[0]["statements"][0]))
    assert "GBP 12.71 an hour since 2026-04-01" in text.out
    body = terminal.ok("pay", "statement", str(owed[0]["statements"][0]), "--json").json
    assert body["statement"]["totals"]["paid_ms"] == 90_000
    assert terminal.run("pay", "statement", "99").code == 2


@pytest.mark.parametrize(
    ("until", "words"),
    [("tomorrow", "cannot be read"), ("2999-01-01T00:00:00Z", "before it ends")],
)
def test_a_period_that_cannot_be_closed_is_refused(
    terminal: Terminal, until: str, words: str
) -> None:
    said = terminal.run("pay", "close", "--until", until)
    assert said.code == 2
    assert words in said.err


def test_a_release_is_made_listed_shown_and_verified(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "moods-v1"
    made = terminal.ok("release", "create", "moods", "-o", str(folder), "--json").json
    assert (made["version"], made["stats"]["rows"]) == (1, 3)
    listed = terminal.ok("release", "list", "moods", "--json").json["releases"]
    assert [one["directory"] for one in listed] == [str(folder)]
    assert "# Moods, version 1" in terminal.ok("release", "show", str(made["release_id"])).out
    key = terminal.ok("log", "key").out.strip()
    said = run("verify", "release", str(folder), "--key", key, "--json")
    assert (said.code, said.json["ok"]) == (0, True)
    assert all(check["passed"] for check in said.json["checks"])


def test_two_versions_are_compared_and_told_in_words_and_for_machines(terminal: Terminal) -> None:
    terminal.ok("release", "create", "moods", "--split", "67/33", "--licence", "MIT")
    terminal.ok("release", "create", "moods", "--split", "67/33", "--seed", "5")
    said = terminal.ok("release", "diff", "1", "2").out
    assert "Version 1 (release 1) and version 2 (release 2)" in said
    assert "0 came, 0 went" in said
    assert "MIT" in said
    told = terminal.ok("release", "diff", "1", "2", "--json").json
    assert [part["name"] for part in told["splits"]] == ["train", "test"]
    assert told["rows"]["same"] + told["rows"]["changed"] == 3
    missing = terminal.run("release", "diff", "1", "7")
    assert missing.code == 2
    assert "There is no release 7" in missing.err
    by_version = terminal.ok("release", "diff", "v1", "v2", "--project", "moods", "--json")
    assert by_version.json == told
    for said_so, words in (
        (("v1", "v2"), "Say of which project v1 is"),
        (("v1", "v9", "--project", "moods"), "no release 9"),
        (("nowhere", "2"), "neither a release's number nor a folder"),
    ):
        refused = terminal.run("release", "diff", *said_so)
        assert (refused.code, words in refused.err) == (2, True), refused.err


def test_two_folders_are_compared_where_there_is_no_workspace(
    terminal: Terminal, tmp_path: Path
) -> None:
    one, other = str(tmp_path / "moods-v1"), str(tmp_path / "moods-v2")
    terminal.ok("release", "create", "moods", "-o", one)
    terminal.ok("release", "create", "moods", "-o", other, "--licence", "MIT")
    here = terminal.ok("release", "diff", "1", "2", "--json").json
    anywhere = run("release", "diff", one, other, "--json").json
    assert [anywhere[side].pop("id") for side in ("old", "new")] == [None, None]
    assert {**here, "old": anywhere["old"], "new": anywhere["new"]} == anywhere
    assert "Version 1 and version 2" in run("release", "diff", one, other).out

    lines = tmp_path / "moods-v2" / "labels.jsonl"
    whole = lines.read_bytes()
    lines.write_bytes(whole[:-3])
    changed = run("release", "diff", one, other)
    assert (changed.code, "fetch it again" in changed.err) == (1, True), changed.err
    lines.unlink()
    half = run("release", "diff", one, other)
    assert (half.code, "it has no labels.jsonl" in half.err) == (2, True), half.err


def test_one_flipped_bit_fails_the_verification_and_names_the_file(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "moods-v1"
    terminal.ok("release", "create", "moods", "-o", str(folder))
    target = folder / "labels.jsonl"
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    said = run("verify", "release", str(folder))
    assert said.code == 1
    assert target.name in said.err
    assert "DOES NOT HOLD" in said.out


def test_each_card_of_a_release_is_printed(terminal: Terminal) -> None:
    made = terminal.ok("release", "create", "moods", "--note", "not_for=Judging people.", "--json")
    card = ("release", "card", str(made.json["release_id"]))
    assert terminal.ok(*card).out.startswith("---")
    assert "Judging people." in terminal.ok(*card, "--kind", "datasheet").out
    assert terminal.ok(*card, "--kind", "croissant").json["@type"] == "sc:Dataset"
    assert "## Data processing" in terminal.ok(*card, "--kind", "summary").out
    assert "Who labelled is not told" in terminal.ok(*card, "--kind", "who").out
    assert terminal.ok(*card, "--kind", "who", "--json").json["who"]["groups"] == []
    said = terminal.run("release", "card", "99")
    assert said.code == 2
    assert "There is no release 99" in said.err
    said = terminal.run("release", "create", "moods", "--note", "motive=x")
    assert said.code == 2
    assert "notes.motive is not asked" in said.err


def test_a_release_under_another_key_does_not_hold(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "moods-v1"
    terminal.ok("release", "create", "moods", "-o", str(folder))
    other = Terminal(tmp_path / "other")
    other.init()
    key = other.ok("log", "key").out.strip()
    assert run("verify", "release", str(folder), "--key", key).code == 1
    said = run("verify", "release", str(folder), "--key", "no key at all")
    assert said.code == 2
    assert "--key is neither" in said.err


def test_a_release_does_not_overwrite_a_folder(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    said = terminal.run("release", "create", "moods", "-o", str(folder))
    assert said.code == 1
    assert "name another directory" in said.err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_receipt_proves_an_event_offline_and_a_changed_one_does_not(
    terminal: Terminal, tmp_path: Path
) -> None:
    early = terminal.run("log", "receipt", "1")
    assert early.code == 1
    assert "Run `fairhand log seal`" in early.err
    sealed = terminal.ok("log", "seal", "--json").json
    assert sealed["sealed"] == sealed["size"] > 0
    assert terminal.ok("log", "checkpoint").out.startswith("fairhand/")
    receipt, key = tmp_path / "mine.tlog-proof", tmp_path / "log.vkey"
    terminal.ok("log", "receipt", "1", "-o", str(receipt))
    key.write_text(terminal.ok("log", "key").out)
    said = run("verify", "receipt", str(receipt), "--key", str(key), "--json")
    assert (said.code, said.json["event"]) == (0, {"owner": 1, "decided": []})
    receipt.write_text(receipt.read_text().replace("index 0", "index 1"))
    assert run("verify", "receipt", str(receipt), "--key", str(key)).code == 1


def test_a_workspace_checks_itself_and_names_what_was_tampered_with(terminal: Terminal) -> None:
    assert "are right" in terminal.ok("verify", "workspace").out
    books = sqlite3.connect(terminal.workspace / "fairhand.db")
    for (trigger,) in books.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'posting'"
    ).fetchall():
        books.execute(f'DROP TRIGGER "{trigger}"')
    books.execute("UPDATE posting SET amount_micros = amount_micros + 1 WHERE amount_micros > 0")
    books.commit()
    books.close()
    said = terminal.run("verify", "workspace")
    assert said.code == 1
    assert "unbalanced entries" in said.err


def test_a_file_that_is_no_receipt_is_not_proven(terminal: Terminal, tmp_path: Path) -> None:
    key = terminal.ok("log", "key").out.strip()
    other = tmp_path / "holiday.jpg"
    other.write_bytes(b"\xff\xd8\xff\xe0" * 10)
    assert run("verify", "receipt", str(other), "--key", key).code == 2
    other.write_text(json.dumps({"not": "a receipt"}))
    assert run("verify", "receipt", str(other), "--key", key).code == 1
