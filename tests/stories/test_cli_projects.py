"""A project made, filled, funded and opened from the terminal; and every way it may go wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.stories.terminal import CHOICE, POLICY, Terminal

ROWS = "text,guess\nwhat a day,glad\noh dear,sad\n"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    made = Terminal(tmp_path / "team")
    made.init()
    return made


def test_a_project_is_made_from_options(terminal: Terminal) -> None:
    said = terminal.ok("project", "create", "Moods", *CHOICE, *POLICY, "--json")
    assert said.json["slug"] == "moods"
    assert said.json["mode"] == "draft"
    assert said.json["rate"] == "13.00"
    listed = terminal.ok("project", "list", "--json").json["projects"]
    assert [one["slug"] for one in listed] == ["moods"]


def test_what_a_right_answer_is_worth_is_set_and_taken_back(terminal: Terminal) -> None:
    terminal.ok("project", "create", "Moods", *CHOICE, *POLICY, "--worth", "0.40")
    said = terminal.ok("project", "worth", "moods", "0.50", "--json")
    assert said.json["worth"] == "0.50"
    assert terminal.ok("project", "worth", "moods", "none", "--json").json["worth"] is None
    refused = terminal.run("project", "worth", "moods", "much")
    assert refused.code == 2
    assert "cannot be read" in refused.err


def test_a_project_is_made_from_a_toml_file_with_guidelines_beside_it(terminal: Terminal) -> None:
    terminal.file("guide.md", "# Look closely")
    path = terminal.file(
        "project.toml",
        'title = "Nuclei"\npurpose = "To count cells."\ncurrency = "EUR"\nrate = "14.50"\n'
        'guidelines_file = "guide.md"\nmin_overlap = 1\n\n[[questions]]\nname = "cells"\n'
        'kind = "mask"\ntitle = "Paint nuclei"\nconfig = { labels = [{ value = "nucleus" }] }\n',
    )
    said = terminal.ok("project", "create", "--file", path, "--slug", "n1", "--json")
    assert said.json["slug"] == "n1"
    assert said.json["currency"] == "EUR"


def test_a_project_is_made_from_json_too(terminal: Terminal) -> None:
    config = {"labels": [{"value": "glad"}]}
    fields = {
        "title": "Moods",
        "purpose": "To tell moods apart.",
        "currency": "GBP",
        "rate": "13.00",
        "questions": [{"name": "mood", "kind": "choice", "title": "Mood", "config": config}],
    }
    path = terminal.file("project.json", json.dumps(fields))
    assert terminal.ok("project", "create", "--file", path, "--json").json["slug"] == "moods"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("T", "--choice", "mood"), 'name=first,second"'),
        (("Moods", *CHOICE), "purpose"),
        (("Moods", *CHOICE, *POLICY[:4], "--rate", "13.001"), "more than 2 digits"),
        (("Moods", *CHOICE, *POLICY[:4], "--rate", "dear"), "is not an amount"),
        (("Moods", *CHOICE, *POLICY, "--currency", "POUND"), "ISO 4217"),
        (("Moods", "--choice", "two words=a,b", *POLICY), "like a variable"),
        (("Moods", *CHOICE, *POLICY, "--min-overlap", "9"), "min_overlap"),
        (("Moods", *CHOICE, *POLICY, "--file", "absent.toml"), "absent.toml"),
    ],
)
def test_a_project_that_cannot_be_is_refused_with_its_reason(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    said = terminal.run("project", "create", *arguments)
    assert said.code == 2
    assert words in " ".join(said.err.split())
    assert terminal.ok("project", "list", "--json").json["projects"] == []


def test_a_project_file_that_is_no_toml_is_named_with_its_line(terminal: Terminal) -> None:
    path = terminal.file("project.toml", 'title = "Moods"\npurpose = = 1\n')
    said = terminal.run("project", "create", "--file", path)
    assert said.code == 2
    assert "project.toml cannot be read" in said.err
    assert "line 2" in said.err


def test_a_short_name_is_taken_once(terminal: Terminal) -> None:
    terminal.project()
    said = terminal.run("project", "create", "Moods", *CHOICE, *POLICY)
    assert said.code == 1
    assert "choose another short name" in said.err


def test_an_unknown_project_is_told_which_there_are(terminal: Terminal) -> None:
    terminal.project()
    said = terminal.run("status", "mods")
    assert said.code == 2
    assert "There is no project 'mods'. There are: moods." in said.err


def test_import_takes_rows_and_says_what_came_of_them(terminal: Terminal) -> None:
    terminal.project()
    path = terminal.file("rows.csv", ROWS + "too,many,fields\n")
    said = terminal.ok("import", "moods", path, "--text-column", "text", "--json")
    assert (said.json["added"], said.json["rejected"]) == (2, 1)
    assert said.json["issues"][0]["place"] == "rows.csv line 4"
    assert "rows.csv line 4" in said.err


def test_importing_the_same_file_again_adds_nothing(terminal: Terminal) -> None:
    terminal.project()
    path = terminal.file("rows.csv", ROWS)
    terminal.ok("import", "moods", path)
    again = terminal.ok("import", "moods", path, "--json")
    assert (again.json["added"], again.json["already_there"]) == (0, 2)


def test_a_strict_import_fails_on_a_bad_row_and_keeps_the_others(terminal: Terminal) -> None:
    terminal.project()
    path = terminal.file("rows.jsonl", '{"text": "good"}\n{"text": \n')
    said = terminal.run("import", "moods", path, "--strict", "--json")
    assert said.code == 1
    assert (said.json["added"], said.json["rejected"]) == (1, 1)


def test_predictions_come_along_and_must_answer_a_question(terminal: Terminal) -> None:
    project_id = terminal.project()
    path = terminal.file("rows.csv", ROWS + "hm,bored\n")
    arguments = ("import", "moods", path, "--text-column", "text", "--model", "parrot@2")
    said = terminal.ok(*arguments, "--prediction-column", "guess", "--json")
    assert said.json["added"] == 3
    assert any("bored" in issue["message"] for issue in said.json["issues"])
    assert terminal.ok("status", str(project_id), "--json").json["progress"]["tasks"] == 3
    wrong = terminal.run(*arguments, "--prediction-column", "guess=colour")
    assert wrong.code == 2
    assert "'colour' is not a question of moods; its questions are mood" in wrong.err


@pytest.mark.parametrize(
    ("name", "content", "options", "words"),
    [
        ("photo.csv", b"\xff\xfet\x00e\x00x\x00t\x00", (), "UTF-16"),
        ("empty.csv", b"", (), "is empty"),
        ("notes.txt", b"just words", (), "is in no known format"),
        ("rows.csv", ROWS.encode(), ("--format", "parquet"), "rows.csv"),
    ],
)
def test_a_file_that_cannot_be_read_opens_no_import(
    terminal: Terminal, name: str, content: bytes, options: tuple[str, ...], words: str
) -> None:
    project_id = terminal.project()
    said = terminal.run("import", "moods", terminal.file(name, content), *options)
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert terminal.ok("status", str(project_id), "--json").json["progress"]["tasks"] == 0


def test_a_file_that_is_not_there_is_named(terminal: Terminal) -> None:
    terminal.project()
    said = terminal.run("import", "moods", "absent.csv")
    assert said.code == 2
    assert "absent.csv" in said.err


def test_funding_with_one_key_happens_once(terminal: Terminal) -> None:
    terminal.project()
    first = terminal.ok("project", "fund", "moods", "250.00", "--key", "invoice-17", "--json")
    again = terminal.ok("pay", "fund", "moods", "250.00", "--key", "invoice-17", "--json")
    assert first.json == {"project_id": 1, "currency": "GBP", "escrow": "250.00", "again": False}
    assert again.json["again"] is True
    assert again.json["escrow"] == "250.00"
    assert terminal.run("project", "fund", "moods", "a lot").code == 2
    assert terminal.run("project", "fund", "moods", "0").code == 2


def test_a_project_opens_when_its_gate_is_green_and_not_before(terminal: Terminal) -> None:
    guide = terminal.file("guide.md", "# Listen closely")
    terminal.project("Moods", "--guidelines", guide)
    red = terminal.run("project", "open", "moods")
    assert red.code == 1
    assert "Import tasks first." in red.err
    assert "Set money aside first" in red.err
    terminal.ok("import", "moods", terminal.file("rows.csv", ROWS))
    terminal.ok("project", "fund", "moods", "100")
    unready = terminal.run("project", "open", "moods")
    assert unready.code == 1
    assert "No pilot has been run" in unready.err
    terminal.make_ready(1)
    assert terminal.ok("project", "open", "moods", "--json").json["mode"] == "open"
    assert terminal.ok("project", "pause", "moods", "--json").json["mode"] == "paused"
    assert terminal.ok("project", "close", "moods", "--json").json["mode"] == "closed"
    late = terminal.run("import", "moods", terminal.file("more.csv", "text\nlate\n"))
    assert late.code == 1
    assert "finished" in late.err


def test_guidelines_get_a_new_version(terminal: Terminal) -> None:
    terminal.project()
    text = terminal.file("guide.md", "# Listen closely")
    said = terminal.ok("project", "guidelines", "moods", text, "--json")
    assert said.json["version"] == 2
    assert terminal.run("project", "guidelines", "moods", terminal.file("e.md", " ")).code == 2
    said = terminal.run("project", "guidelines", "moods", terminal.file("b.md", b"\xff\xfe"))
    assert said.code == 2
    assert "b.md is not UTF-8" in said.err


def test_status_says_what_holds_a_project_up(terminal: Terminal) -> None:
    terminal.project()
    said = terminal.ok("status", "moods")
    assert "There are no tasks yet: import some." in said.out
    assert "moods" in terminal.ok("status").out
    assert terminal.ok("status", "--json").json["projects"][0]["slug"] == "moods"


def test_floors_are_listed_and_bad_rows_named(terminal: Terminal) -> None:
    listed = terminal.ok("pay", "floors", "--country", "GB", "--json").json["floors"]
    assert [row["amount"] for row in listed if row["active"]] == ["12.71"]
    head = "id,country,region,area,kind,household,basis,amount,currency,period\n"
    said = terminal.run("pay", "floors", "--load", terminal.file("floors.csv", head + "x,GB\n"))
    assert said.code in (1, 2)
    assert "Traceback" not in said.err


def test_a_list_of_nothing_but_archived_projects_says_where_they_are(terminal: Terminal) -> None:
    assert "There is no project yet" in terminal.ok("project", "list").out
    terminal.project()
    terminal.ok("project", "archive", "moods")
    assert "project list --archived" in terminal.ok("project", "list").out
    assert "moods" in terminal.ok("project", "list", "--archived").out


def drawn_elsewhere(folder: Path) -> Path:
    """Two pictures with boxes, as COCO."""
    folder.mkdir()
    for name in ("a", "b"):
        pixels = np.full((24, 32, 3), 40 if name == "a" else 90, np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    whole = {
        "images": [
            {"id": at, "file_name": f"{name}.png", "width": 32, "height": 24}
            for at, name in enumerate(("a", "b"))
        ],
        "annotations": [{"id": 1, "image_id": 0, "category_id": 5, "bbox": [1, 2, 3, 4]}],
        "categories": [{"id": 5, "name": "automobile"}],
    }
    (folder / "annotations.json").write_text(json.dumps(whole))
    return folder


def test_a_project_is_made_from_what_was_drawn_elsewhere_in_one_command(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = drawn_elsewhere(tmp_path / "cars")
    said = terminal.ok("project", "create", "--from", str(folder), *POLICY, "--json")
    assert said.json["slug"] == "cars"
    assert said.json["import"]["added"] == 2
    assert said.json["import"]["issues"] == []
    again = terminal.ok("import", "cars", str(folder), "--json")
    assert again.json["already_there"] == 2
    refused = terminal.run("project", "create", "--from", str(folder / "a.png"), *POLICY)
    assert refused.code != 0
    assert "Traceback" not in refused.err


def test_names_in_a_file_are_mapped_to_our_labels_and_drawings_may_be_gold(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = drawn_elsewhere(tmp_path / "cars")
    fields = {
        "title": "Vehicles",
        "purpose": "To count cars.",
        "currency": "GBP",
        "rate": "13.00",
        "questions": [
            {
                "name": "cars",
                "kind": "boxes",
                "title": "?",
                "config": {"labels": [{"value": "car"}]},
            }
        ],
    }
    terminal.ok("project", "create", "--file", terminal.file("p.json", json.dumps(fields)))
    unknown = terminal.ok("import", "vehicles", str(folder), "--as-gold", "--json").json
    assert "'automobile' is no label here" in unknown["issues"][0]["message"]
    wrong = terminal.run("import", "vehicles", str(folder), "--map", "automobile")
    assert "THEIRS=OURS" in wrong.err
    mapped = ("--map", "automobile=car", "--as-gold", "--format", "coco")
    assert terminal.ok("import", "vehicles", str(folder), *mapped, "--json").json["issues"] == []
    listed = terminal.ok("gold", "list", "vehicles", "--json").json["tasks"]
    assert sorted(len(one["value"]["cars"]["boxes"]) for one in listed) == [0, 1]
