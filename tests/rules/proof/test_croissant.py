"""A card for machines loads in Croissant's own reader, and a wrong word in it is named."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairhand.core.clock import Instant
from fairhand.formats.odrl import Policy, Royalty, dump_policy
from fairhand.model.licence import Terms
from fairhand.proof.release import writer
from fairhand.proof.release.croissant_check import check_croissant
from fairhand.proof.release.fair_work import fair_work_facts
from fairhand.proof.release.rules import AnnotationRow, ModelFacts, OwnDataFacts, ReleaseRow
from fairhand.proof.release.verify import verify_release
from tests.network import only_this_machine
from tests.rules.proof import releases
from tests.rules.proof.releases import NOW, SIGNER, make_release
from tests.rules.proof.test_fair_work import known, who_of

Json = dict[str, Any]

# The reader calls what its own libraries call old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def own_data() -> OwnDataFacts:
    terms = Terms(
        "voice", frozenset({"training"}), NOW, Instant(NOW + 86_400_000), frozenset({"*"})
    )
    policy = Policy(
        "urn:fairhand:digits:v1:policy",
        "Offer",
        "urn:fairhand:digits:v1",
        "Carmen",
        terms,
        royalty=Royalty("licence_sale", 300, "KES", "digits"),
        revocations="/releases/1/revocations",
    )
    return OwnDataFacts(
        ("voice",),
        ("training",),
        ("*",),
        "2026-11-21",
        "2026-11-22",
        "",
        "/releases/1/revocations",
        dump_policy(policy),
        supersedes=None,
    )


def make_full(folder: Path) -> Path:
    """A release that says everything that a card can say."""
    return make_release(
        folder,
        models=(ModelFacts("digits@1", 6),),
        fair_work=fair_work_facts(known()),
        who=who_of(20),
    )


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with everything but data that people gave of themselves."""
    return make_full(tmp_path_factory.mktemp("croissant"))


def card_of(folder: Path) -> Json:
    content: Json = json.loads((folder / "croissant.json").read_bytes())
    return content


def faults(card: Json) -> list[str]:
    data = json.dumps(card).encode()
    return [issue.message for issue in check_croissant(data) if issue.severity == "error"]


def load(folder: Path) -> Any:  # noqa: ANN401  # mlcroissant has no types
    """Load a card as its readers do; whatever its reader complains of fails the test."""
    import mlcroissant

    with only_this_machine():
        dataset = mlcroissant.Dataset(folder / "croissant.json")
    issues = dataset.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    return dataset


def test_croissants_own_reader_finds_no_fault_and_reads_every_row(
    release: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        dataset = load(release)
        labels = list(dataset.records("labels"))
        annotations = list(dataset.records("annotations"))
    assert [record.getMessage() for record in caplog.records if record.name == "absl"] == []
    assert (len(labels), len(annotations)) == (24, 24)
    assert labels[0]["labels/label"] == b"1"
    assert annotations[0]["annotations/contributor"].startswith(b"c-")


def test_several_shards_and_splits_are_read_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def side(row: Any) -> Any:  # noqa: ANN401  # either kind of row
        return replace(row, split="test" if row.task_id % 3 == 0 else "train")

    rows, answers = releases.rows, releases.answers

    def split_rows(tasks: int) -> Iterator[ReleaseRow]:
        return map(side, rows(tasks))

    def split_answers(tasks: int) -> Iterator[AnnotationRow]:
        return map(side, answers(tasks))

    monkeypatch.setattr(releases, "rows", split_rows)
    monkeypatch.setattr(releases, "answers", split_answers)
    monkeypatch.setattr(writer, "SHARD_ROWS", 10)
    shares = {"train": 0.667, "test": 0.333}
    folder = make_release(
        tmp_path, splits={"names": list(shares), "shares": shares, "by": "task", "seed": 0}
    )
    dataset = load(folder)
    labels = list(dataset.records("labels"))
    assert len(labels) == 24
    assert sum(one["labels/split"] == b"test" for one in labels) == 8
    assert {one["splits/name"] for one in dataset.records("splits")} == {"train", "test"}


def test_terms_of_use_are_odrl_that_needs_no_network(tmp_path: Path) -> None:
    folder = make_release(tmp_path, own_data=own_data())
    card = card_of(folder)
    assert faults(card) == []
    (permission,) = card["usageInfo"]["odrl:permission"]
    assert permission["odrl:action"] == {"@id": "fairhand:training"}
    assert permission["odrl:target"] == {"@id": "urn:fairhand:digits:v1"}
    assert "odrl:duty" in permission
    assert "odrl.jsonld" not in json.dumps(card)
    load(folder)


def test_two_modalities_have_two_policies_and_the_reader_takes_them(tmp_path: Path) -> None:
    one = own_data()
    policies = [one.policy, {**one.policy, "uid": "urn:fairhand:digits:v1:photo"}]
    both = replace(one, modalities=("voice", "photo"), policy={"policies": policies})
    folder = make_release(tmp_path, own_data=both)
    card = card_of(folder)
    assert faults(card) == []
    assert [len(policy["odrl:permission"]) for policy in card["usageInfo"]] == [1, 1]
    assert len(list(load(folder).records("labels"))) == 24
    card["usageInfo"][1]["odrl:permission"] = []
    assert any(fault.startswith("usageInfo permits nothing") for fault in faults(card))


def test_rows_that_are_on_no_side_are_read_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = releases.rows

    def some_rows(tasks: int) -> Iterator[ReleaseRow]:
        sides = ("train", "train", "test", "test", None)  # five pictures, each on one side
        for place, side in enumerate(sides):
            of_side = (row for row in rows(tasks) if row.task_id % 5 == place)
            yield from (replace(row, split=side) for row in of_side)

    monkeypatch.setattr(releases, "rows", some_rows)
    shares = {"train": 0.5, "test": 0.5}
    folder = make_release(
        tmp_path, splits={"names": list(shares), "shares": shares, "by": "task", "seed": 0}
    )
    labels = list(load(folder).records("labels"))
    assert [one["labels/split"] for one in labels].count(None) == 4
    assert verify_release(folder, SIGNER.verifier).ok


def test_it_follows_from_the_manifest_and_a_change_is_found(release: Path, tmp_path: Path) -> None:
    again = make_full(tmp_path)
    assert (again / "croissant.json").read_bytes() == (release / "croissant.json").read_bytes()
    assert verify_release(again, SIGNER.verifier).ok
    (again / "croissant.json").write_bytes(b"{}")
    found = [issue.message for issue in verify_release(again, SIGNER.verifier).issues]
    assert any(message.startswith("croissant.json:") for message in found)


def test_a_whole_card_has_no_fault(release: Path) -> None:
    assert check_croissant((release / "croissant.json").read_bytes()) == []


def test_it_names_no_contributor(release: Path) -> None:
    for name in ("croissant.json", "datasheet.md", "training-summary.md"):
        text = (release / name).read_text("utf-8")
        assert not any(person in text for person in releases.PEOPLE), name


def test_a_licence_that_is_not_stated_is_a_warning_and_never_a_permission(tmp_path: Path) -> None:
    folder = make_release(tmp_path, licence="unstated")
    (issue,) = check_croissant((folder / "croissant.json").read_bytes())
    assert (issue.severity, issue.message) == ("warning", "the licence is not stated")
    assert card_of(folder)["license"].startswith("not stated")


def _drop(name: str) -> Callable[[Json], Any]:
    return lambda card: card.pop(name)


def _put(name: str, value: object) -> Callable[[Json], Any]:
    return lambda card: card.__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop("license"), "license is missing"),
        (_drop("@context"), "@context is missing"),
        (_put("version", "banana"), "version 'banana' is none: write it as 3.0.0"),
        (
            _put("conformsTo", "http://mlcommons.org/croissant/1.0"),
            "conformsTo must name http://mlcommons.org/croissant/1.1",
        ),
        (
            _put("rai:annotatorDemografics", ["x"]),
            "rai:annotatorDemografics is no word of the responsible-AI part 1.0; "
            "did you mean rai:annotatorDemographics?",
        ),
        (_put("rai:annotationsPerItem", ["2"]), "rai:annotationsPerItem is one text, not a list"),
        (
            _put("licence", "MIT"),
            "licence is no field of a Croissant dataset; did you mean license?",
        ),
        (_put("dpv:hasPurpose", "x"), "dpv:hasPurpose is of a vocabulary that is not known here"),
        (_put("prov:wasMade", "x"), "prov:wasMade is no word of PROV-O"),
        (_put("usageInfo", {"odrl:permission": []}), "usageInfo permits nothing"),
        (
            lambda card: card["fw:fairWork"]["fw:pay"].__setitem__("fw:people", 3),
            "fw:fairWork.fw:pay.fw:people: a figure about 3 people must be withheld",
        ),
        (
            lambda card: card["fw:fairWork"]["fw:pay"].__setitem__("fw:medianPerHours", "1"),
            "fw:medianPerHours is no word of the fair-work vocabulary; "
            "did you mean fw:medianPerHour?",
        ),
        (
            lambda card: card["distribution"][0].pop("sha256"),
            "README.md lacks its sha256",
        ),
        (
            lambda card: card["distribution"][0].__setitem__("contentUrl", "../../etc/passwd"),
            "README.md: contentUrl is no file of this release",
        ),
        (
            lambda card: card["recordSet"][0]["field"][0]["source"].__setitem__(
                "fileObject", {"@id": "gone"}
            ),
            "labels/task_id: fileObject points at gone, which is not here",
        ),
        (
            lambda card: card["recordSet"][0]["field"][0].__setitem__("dataType", "sc:Number"),
            "labels/task_id: dataType 'sc:Number' is not known",
        ),
        (lambda card: card["recordSet"].append(card["recordSet"][0]), "labels is there twice"),
        (_put("datePublished", "yesterday"), "datePublished 'yesterday' is no ISO 8601 date"),
    ],
)
def test_what_is_wrong_in_a_card_is_named(
    release: Path, change: Callable[[Json], Any], message: str
) -> None:
    card = card_of(release)
    change(card)
    assert any(fault.startswith(message) for fault in faults(card)), faults(card)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_card_is_refused(data: bytes) -> None:
    assert [issue.severity for issue in check_croissant(data)] == ["error"]


def test_an_owners_words_are_in_the_datasheet_and_what_nobody_said_is_not_known(
    tmp_path: Path,
) -> None:
    folder = make_release(tmp_path, notes={"not_for": "Not for *judging* people."})
    sheet = (folder / "datasheet.md").read_text("utf-8")
    assert "In the owner's words: Not for \\*judging\\* people." in sheet
    assert sheet.count("Not known: the owner has not said.") == 6
    assert "12 tasks, 24 aggregated answers" in sheet
    summary = (folder / "training-summary.md").read_text("utf-8")
    for part in ("General information", "List of data sources", "Data processing"):
        assert f"## {part}" in summary


def test_the_card_tells_the_conditions_of_the_work(release: Path) -> None:
    card = (release / "card.md").read_text("utf-8")
    assert "## Conditions of the work" in card
    assert "- median per hour: 170.34" in card
