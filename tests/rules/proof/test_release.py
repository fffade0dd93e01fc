"""A release is the same bytes from the same inputs, and any change to it is found and named."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fairhand import __version__
from fairhand.core.errors import ConflictError, UnavailableError
from fairhand.proof.log.note import Signer
from fairhand.proof.release import folder as folders
from fairhand.proof.release import shape, shards, writer
from fairhand.proof.release.cards import WRITTEN_CARDS
from fairhand.proof.release.croissant import write_croissant
from fairhand.proof.release.folder import place_release
from fairhand.proof.release.manifest import parse_manifest
from fairhand.proof.release.rules import (
    AnnotationRow,
    ModelFacts,
    PersonPay,
    ReleaseRow,
    may_enter,
    pay_facts,
)
from fairhand.proof.release.stats import Counting
from fairhand.proof.release.verify import VerifyReport, verify_release
from fairhand.proof.release.writer import write_release
from tests.rules.proof import releases
from tests.rules.proof.releases import SIGNER, facts, make_release, proof_of


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check(folder: Path) -> VerifyReport:
    return verify_release(folder, SIGNER.verifier)


def errors(folder: Path) -> list[str]:
    return [issue.message for issue in check(folder).issues if issue.severity == "error"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with media."""
    return make_release(tmp_path_factory.mktemp("release"), media=True)


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(release, tmp_path / "copy"))


def test_a_release_verifies_and_every_check_says_what_it_found(release: Path) -> None:
    report = check(release)
    assert report.ok
    assert report.issues == ()
    assert [check.name for check in report.checks if not check.passed] == []
    assert [check.name for check in report.checks][-1] == "The card for machines says the same"


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    first = make_release(tmp_path / "first", media=True)
    again = make_release(tmp_path / "again", media=True)
    assert files_of(first) == files_of(again)


def test_the_files_are_those_that_the_card_promises(release: Path) -> None:
    names = [name for name in files_of(release) if not name.startswith("media/")]
    assert names == [
        "README.md",
        "annotations.parquet",
        "card.md",
        "croissant.json",
        "data/part-00000.parquet",
        "datasheet.md",
        "labels.jsonl",
        "log.json",
        "manifest.json",
        "media.jsonl",
        "release.intoto.json",
        "rows/annotations.leaves",
        "rows/labels.hashes",
        "training-summary.md",
    ]
    assert sum(name.startswith("media/") for name in files_of(release)) == 5


def test_parquet_and_jsonl_say_the_same(release: Path) -> None:
    table = pq.read_table(release / "data").to_pylist()
    lines = [json.loads(line) for line in (release / "labels.jsonl").read_text().splitlines()]
    assert len(table) == len(lines) == 24
    for record, line in zip(table, lines, strict=True):
        assert json.loads(record["value"]) == line["value"]
        assert json.loads(record["data"]) == line["data"]
        assert record["confidence"] == line["confidence"]
        assert record["label"] == (line["value"] if line["kind"] == "choice" else None)


@given(st.data())
def test_one_flipped_bit_anywhere_is_found_and_its_file_named(
    release: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(files_of(release))))
    content = bytearray((release / name).read_bytes())
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    folder = Path(shutil.copytree(release, tmp_path_factory.mktemp("flip") / "copy"))
    (folder / name).write_bytes(content)
    found = errors(folder)
    assert found
    assert all(message.startswith(f"{name}: ") for message in found)
    shutil.rmtree(folder)


def test_a_flipped_bit_in_a_line_names_the_line(copy: Path) -> None:
    path = copy / "labels.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b'"4"', b'"5"', 1)
    path.write_bytes(b"".join(lines))
    assert "labels.jsonl: line 7: was changed" in errors(copy)


def test_a_changed_row_of_parquet_is_named(copy: Path) -> None:
    path = copy / "data" / "part-00000.parquet"
    table = pq.read_table(path)
    changed = table.to_pylist()
    changed[10]["label"], changed[10]["value"] = "9", '"9"'
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), path)
    assert "data/part-00000.parquet: row 10: was changed" in errors(copy)


def test_a_label_column_that_contradicts_the_value_is_named(copy: Path) -> None:
    path = copy / "data" / "part-00000.parquet"
    table = pq.read_table(path)
    changed = table.to_pylist()
    changed[4]["label"] = "9"
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), path)
    [message] = [text for text in errors(copy) if "row 4" in text]
    assert "column label contradicts column value" in message


def test_an_unreadable_page_names_its_rows(copy: Path) -> None:
    path = copy / "annotations.parquet"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert any("annotations.parquet: row" in message for message in errors(copy))


def test_rows_of_a_later_shard_are_named_by_their_place_in_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SHARD_ROWS", 10)
    monkeypatch.setattr(shards, "GROUP_ROWS", 4)
    folder = make_release(tmp_path)
    assert errors(folder) == []
    path = folder / "data" / "part-00002.parquet"
    assert [pq.read_metadata(item).num_rows for item in sorted((folder / "data").iterdir())] == [
        10,
        10,
        4,
    ]
    table = pq.read_table(path)
    changed = table.to_pylist()
    changed[1]["confidence"] = 0.123
    pq.write_table(pa.Table.from_pylist(changed, schema=table.schema), path)
    assert "data/part-00002.parquet: row 21: was changed" in errors(folder)


@pytest.mark.parametrize("tasks", [1, 2, 4, 5, 8])
def test_any_number_of_rows_fits_any_group_and_shard(
    tmp_path: Path, tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SHARD_ROWS", 8)
    monkeypatch.setattr(shards, "GROUP_ROWS", 4)
    assert errors(make_release(tmp_path, tasks)) == []


def test_missing_and_extra_files_are_named(copy: Path) -> None:
    (copy / "card.md").unlink()
    (copy / "data" / "part-00001.parquet").write_bytes(b"smuggled in")
    (copy / "media" / "note.txt").write_text("smuggled in")
    (copy / "link").symlink_to("/etc/hostname")
    assert errors(copy) == [
        "link: not a plain file",
        "card.md: it is missing",
        "data/part-00001.parquet: not part of this release",
        "media/note.txt: not part of this release",
    ]


@pytest.mark.parametrize("name", ["log.json", "manifest.json"])
def test_a_release_without_its_proof_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert errors(copy) == [f"{name}: it is missing"]


def test_a_missing_media_file_is_named(copy: Path) -> None:
    path = next(path for path in sorted((copy / "media").rglob("*")) if path.is_file())
    path.unlink()
    assert errors(copy) == [f"{path.relative_to(copy).as_posix()}: it is missing"]


def test_a_release_made_again_by_a_forger_fails_under_the_true_key(tmp_path: Path) -> None:
    forged = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"f" * 32))
    folder = make_release(tmp_path)
    assert verify_release(folder, SIGNER.verifier).ok
    report = verify_release(folder, forged.verifier)
    assert not report.ok
    assert "not the one to be trusted" in report.issues[0].message


def test_without_a_key_from_elsewhere_the_report_warns(release: Path) -> None:
    report = verify_release(release)
    assert report.ok
    assert [issue.severity for issue in report.issues] == ["warning"]


def test_the_proof_of_another_release_does_not_fit(tmp_path: Path) -> None:
    one, other = make_release(tmp_path / "one"), make_release(tmp_path / "other", version=2)
    shutil.copy(one / "log.json", other / "log.json")
    assert errors(other) == ["manifest.json: it was changed: its SHA-256 is not the one in the log"]


def test_a_manifest_whose_numbers_do_not_follow_from_the_rows_is_refused(tmp_path: Path) -> None:
    """Even one that the log holds: whoever signs a false card is found out by the rows."""
    pay = facts().pay
    assert pay is not None
    folder = make_release(tmp_path / "pay", pay=replace(pay, paid_minutes=1, below_floor=9))
    assert errors(folder) == [
        "manifest.json: pay: paid minutes do not add up",
        "manifest.json: pay: people do not add up",
    ]


@pytest.mark.parametrize("version", [__version__, "0.0.9"])
def test_cards_in_other_words_are_a_fault_unless_another_version_wrote_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """An upgrade must not make what was released before seem forged."""
    otherwise = {
        name: lambda facts, stats, write=write: write(facts, stats) + "\nSaid otherwise.\n"
        for name, write in WRITTEN_CARDS.items()
    }
    with monkeypatch.context() as patched:
        patched.setattr(writer, "WRITTEN_CARDS", otherwise)
        patched.setattr(writer, "__version__", version)
        patched.setattr(
            writer,
            "write_croissant",
            lambda *made: write_croissant(*made).replace(b"Manual", b"manual"),
        )
        folder = make_release(tmp_path)
    found = {issue.place: issue.severity for issue in check(folder).issues}
    severity = "error" if version == __version__ else "warning"
    assert found == dict.fromkeys((*WRITTEN_CARDS, "croissant.json"), severity)
    (folder / "card.md").write_text("nothing")
    assert errors(folder)


def test_a_false_count_in_a_signed_manifest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_result = Counting.result
    with monkeypatch.context() as patched:
        patched.setattr(
            Counting,
            "result",
            lambda self, made: replace(true_result(self, made), assisted_annotations=0),
        )
        folder = make_release(tmp_path)
    assert errors(folder) == ["manifest.json: assisted_annotations are not what the rows give"]


def test_the_card_tells_pay_agreement_gaps_and_how_to_check(release: Path) -> None:
    card = (release / "card.md").read_text()
    for line in (
        "# Digits \\| of \\*Carmen\\*, version 1",
        "- Annotations made with a model's proposal in view: 6 of 24 (25.0 %)",
        "- `digit`: Krippendorff's alpha (nominal) 0.810 (95 % interval 0.780 to 0.840)",
        "- `nuclei`: not measured",
        "- Per hour, the least: EUR 1.80",
        "- At or above their floor: 4; below it: 0; not known: 0",
        "- Tasks without an aggregated answer, not in this release: 2",
        "| c-00000000aa | 6 | 10 |",
        f"- Public key: `{SIGNER.verifier.vkey}`",
    ):
        assert line in card.splitlines()
    assert card.startswith("---\npretty_name:")
    assert "not human data" not in card


@pytest.mark.parametrize("mode", ["demo", "draft"])
def test_a_release_of_a_trial_says_so_and_does_not_call_people_simulated(
    tmp_path: Path, mode: str
) -> None:
    folder = make_release(tmp_path, mode=mode)
    card = (folder / "card.md").read_text()
    assert f"**{mode.capitalize()}: made for trying out.**" in card
    assert f"- {mode}" in card
    assert "not human data" not in card
    assert errors(folder) == []


def test_somebody_simulated_is_marked_by_who_they_are(tmp_path: Path) -> None:
    folder = make_release(tmp_path, simulated_people=("c-00000000aa",))
    assert "| c-00000000aa (simulated) | 6 | 10 |" in (folder / "card.md").read_text()
    assert errors(folder) == []


def test_models_that_proposed_are_told_with_how_they_did(tmp_path: Path) -> None:
    models = (
        ModelFacts("pets@1", 7, "pet", "accuracy", 0.75, 0.61, 0.85, 48, True, ("language = sw",)),
        ModelFacts("older@1", 2),
    )
    folder = make_release(tmp_path, models=models)
    assert errors(folder) == []
    card = (folder / "card.md").read_text("utf-8")
    assert "## Models that proposed" in card
    assert "pets@1: in view for 7 annotations. On 48 held-out tasks" in card
    assert "75.0 % as people answered (95 % interval 61.0 to 85.0). Worse than the rest" in card
    assert "older@1: in view for 2 annotations. How good it is was not measured here." in card
    manifest = (folder / "manifest.json").read_bytes()
    assert parse_manifest(manifest).facts.models == models


def test_a_release_that_no_model_helped_with_says_nothing_of_models(release: Path) -> None:
    content = json.loads((release / "manifest.json").read_bytes())
    assert content["facts"]["models"] == []
    assert parse_manifest((release / "manifest.json").read_bytes()).facts.models == ()
    assert "Models that proposed" not in (release / "card.md").read_text("utf-8")


def test_unknown_facts_are_said_to_be_unknown(tmp_path: Path) -> None:
    folder = make_release(tmp_path, pay=None, paid_minutes={}, agreement=(), licence="unstated")
    card = (folder / "card.md").read_text()
    assert "Not known: no paid time was recorded" in card
    assert "- `digit`: not measured" in card
    assert "Licence: not stated" in card
    assert errors(folder) == []


def test_a_failure_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    def breaks() -> Iterator[ReleaseRow]:
        yield from releases.rows(3)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UnavailableError, match="disk is full"):
        write_release(tmp_path / "draft", facts(), breaks(), [])
    assert list(tmp_path.iterdir()) == []


def test_a_draft_left_by_a_killed_run_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "draft" / "data").mkdir(parents=True)
    (tmp_path / "draft" / "data" / "part-00000.parquet").write_bytes(b"half a f")
    written = write_release(tmp_path / "draft", facts(), releases.rows(3), releases.answers(3))
    place_release(tmp_path / "draft", tmp_path / "release", proof_of(written, facts()))
    assert errors(tmp_path / "release") == []


def test_placing_twice_does_nothing(tmp_path: Path) -> None:
    folder = make_release(tmp_path)
    before = files_of(folder)
    place_release(tmp_path / "draft", folder, b"other")
    assert files_of(folder) == before


def test_a_folder_holds_the_release_of_its_own_manifest_alone(tmp_path: Path) -> None:
    folder = make_release(tmp_path)
    assert folders.holds(folder, folders.sha256_of(folder / "manifest.json"))
    assert not folders.holds(folder, "0" * 64)
    assert not folders.holds(tmp_path / "nowhere", "0" * 64)


def test_two_writers_do_not_write_one_draft(tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    with (
        folders.only_writer(draft),
        pytest.raises(ConflictError, match="just now"),
        folders.only_writer(draft),
    ):
        pass
    with folders.only_writer(draft):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_project_without_answers_has_nothing_to_release(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="no aggregated answer"):
        write_release(tmp_path / "draft", facts(), [], [])
    assert list(tmp_path.iterdir()) == []


def test_only_the_rows_of_a_group_are_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "GROUP_ROWS", 50)
    most = 0
    original = pa.RecordBatch.from_pylist

    class Spy:
        @staticmethod
        def from_pylist(rows: list[object], schema: object) -> object:
            nonlocal most
            most = max(most, len(rows))
            return original(rows, schema=schema)

    monkeypatch.setattr(pa, "RecordBatch", Spy)
    make_release(tmp_path, 300)
    assert most == 50


def test_who_withdrew_or_is_in_review_or_unanswered_does_not_enter() -> None:
    assert may_enter(answers=1, held=False, withdrawn_answers=0)
    assert not may_enter(answers=0, held=False, withdrawn_answers=0)
    assert not may_enter(answers=3, held=True, withdrawn_answers=0)
    assert not may_enter(answers=3, held=False, withdrawn_answers=1)


def test_pay_never_looks_better_than_it_was() -> None:
    hour = 3_600_000
    people = [
        PersonPay("c-1", hour, 999_999_999, 900_000_000),
        PersonPay("c-2", hour, 800_000_000, 900_000_000),
        PersonPay("c-3", hour, 1_500_000_000, None),
        PersonPay("c-4", 0, 0, None),
    ]
    pay = pay_facts("EUR", people)
    assert pay is not None
    assert (pay.min_per_hour, pay.median_per_hour) == ("8.00", "9.99")
    assert (pay.at_or_above_floor, pay.below_floor, pay.floor_unknown) == (1, 1, 1)
    assert pay_facts("EUR", people[3:]) is None


@given(st.integers(1, 40).flatmap(lambda tasks: st.tuples(st.just(tasks), st.integers(1, tasks))))
def test_rows_come_back_from_parquet_as_they_went_in(pair: tuple[int, int]) -> None:
    row = list(releases.rows(pair[0]))[pair[1] - 1]
    assert shape.LABELS.row(shape.LABELS.record(row)) == row
    assert shape.LABELS.parse(shape.row_bytes(row)) == row
    annotation: AnnotationRow = next(iter(releases.answers(pair[1])))
    assert shape.ANNOTATIONS.row(shape.ANNOTATIONS.record(annotation)) == annotation
