"""The demo: real data, simulated people who are marked, and a release that holds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from fairhand.core.clock import ManualClock, parse_iso
from fairhand.core.settings import load_settings
from fairhand.demo.crew import answer_as, hire
from fairhand.demo.pictures import picture_samples
from fairhand.demo.policies import digits_policy, structures_policy
from fairhand.demo.world import open_world
from fairhand.labels.answers import validate_value
from fairhand.labels.registry import AnswerContext
from fairhand.work.projects.rules import check_policy
from tests.stories.terminal import Said, Terminal, run

pytest.importorskip("sklearn", reason="the demo's digits need scikit-learn")
pytest.importorskip("skimage", reason="the demo's pictures need scikit-image")

FEW = ("--digits", "12", "--contributors", "3")


def demo(folder: Path, name: str, *more: str) -> Said:
    workspace, target = folder / f"{name}-workspace", folder / f"{name}-release"
    return run(
        "demo", "--no-serve", "-w", str(workspace), "--release", str(target), *FEW, "--json", *more
    )


def labels_of(folder: Path) -> list[tuple[str, object]]:
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    return [(row["data"]["file_name"], row["value"]) for row in rows]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """One whole run of the demo, for every test that only looks at it."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, demo(folder, "first")


def test_the_whole_loop_ends_with_releases_that_hold(done: tuple[Path, Said]) -> None:
    folder, said = done
    assert said.code == 0, said.err
    assert said.json["ok"] is True
    assert said.json["statements"] == 3
    assert said.json["answers"] >= 2 * (12 + 20)
    checked = run("verify", "release", str(folder / "first-release"), "--json")
    assert checked.code == 0
    assert len(checked.json["releases"]) == 2


def test_simulated_people_are_marked_everywhere(done: tuple[Path, Said]) -> None:
    folder, _ = done
    card = (folder / "first-release" / "digits" / "card.md").read_text()
    assert "Made with simulated contributors: not human data." in card
    team = Terminal(folder / "first-workspace")
    people = team.ok("people", "--json").json["people"]
    simulated = [one["display_name"] for one in people if one["is_simulated"]]
    assert simulated == ["Simulated 01", "Simulated 02", "Simulated 03"]
    statement = team.ok("pay", "statement", "1", "--json").json["statement"]
    assert statement["person"]["simulated"] is True
    assert {one["mode"] for one in team.ok("project", "list", "--json").json["projects"]} == {
        "demo"
    }


def test_nobody_in_the_demo_is_paid_below_the_floor(done: tuple[Path, Said]) -> None:
    manifest = json.loads((done[0] / "first-release" / "digits" / "manifest.json").read_bytes())
    pay = manifest["facts"]["pay"]
    assert pay["below_floor"] == 0
    assert float(pay["min_per_hour"]) >= 12.71


def test_most_digits_are_read_right(done: tuple[Path, Said]) -> None:
    folder, _ = done
    truth = json.loads((folder / "first-workspace" / "demo-answers.json").read_text())
    found = labels_of(folder / "first-release" / "digits")
    right = sum(value == truth[name][0]["digit"] for name, value in found)
    assert len(found) == 12
    assert right >= 10


@pytest.mark.slow
def test_the_same_seed_gives_the_same_labels(done: tuple[Path, Said], tmp_path: Path) -> None:
    assert demo(tmp_path, "second").code == 0
    for project in ("digits", "tissue-and-vessels"):
        first = labels_of(done[0] / "first-release" / project)
        assert labels_of(tmp_path / "second-release" / project) == first


def test_a_second_start_uses_the_workspace_again(done: tuple[Path, Said]) -> None:
    folder, _ = done
    again = run(
        "demo",
        "--no-serve",
        "-w",
        str(folder / "first-workspace"),
        "--release",
        str(folder / "later"),
        *FEW,
        "--json",
    )
    assert again.code == 0, again.err
    team = Terminal(folder / "first-workspace")
    assert len(team.ok("project", "list", "--json").json["projects"]) == 2
    assert team.ok("status", "digits", "--json").json["progress"]["tasks"] == 12


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--no-serve",), 2, "add --contributors 2 or more"),
        (("--release", "somewhere"), 2, "add --no-serve"),
    ],
)
def test_a_run_that_cannot_end_well_is_refused_before_it_begins(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    said = run("demo", "-w", str(tmp_path / "demo"), *arguments)
    assert said.code == code
    assert words in said.err
    assert not (tmp_path / "demo").exists()


def test_the_demo_keeps_out_of_a_workspace_with_real_work(tmp_path: Path) -> None:
    team = Terminal(tmp_path / "team")
    team.init()
    said = run("demo", "--no-serve", "-w", str(team.workspace), *FEW)
    assert said.code == 1
    assert "not a demo" in said.err
    assert team.ok("project", "list", "--json").json["projects"] == []


def test_both_policies_are_acceptable_and_pay_the_floor() -> None:
    for policy in (digits_policy(), structures_policy()):
        assert check_policy(policy) == []
        assert policy.rate_micros_per_hour >= 1_271_000_000


def test_every_answer_of_a_simulated_person_fits_its_question() -> None:
    questions = structures_policy().questions
    samples = list(picture_samples())
    assert len(samples) >= 20
    for sample in samples:
        media = sample.task.media
        assert media is not None
        context = AnswerContext(media.width, media.height)
        proposed = [prediction.value for prediction in sample.task.predictions]
        for value in [*sample.variants, *proposed]:
            assert validate_value(questions, value, context) == []


def test_people_differ_and_the_careless_follow_the_model(tmp_path: Path) -> None:
    clock = ManualClock(parse_iso("2026-11-21T09:30:00Z"))
    world = open_world(load_settings(tmp_path / "demo"), clock, 4, lambda _done, _total: None)
    crew = hire(world, 5, random.Random(7))
    assert [one.person_id for one in hire(world, 5, random.Random(7))] == [
        one.person_id for one in crew
    ]
    assert len({one.accuracy for one in crew}) == 5
    dice = random.Random(1)
    read = [answer_as(crew[0], [{"digit": "7"}], None, dice)["digit"] for _ in range(300)]
    share = read.count("7") / 300
    assert abs(share - crew[0].accuracy) < 0.06
    world.house.close()
