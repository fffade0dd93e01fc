"""Two releases side by side: every row that came, went or changed is counted and named."""

from __future__ import annotations

from pathlib import Path

from fairhand.proof.release.compare import compare_facts, compare_people, compare_rows
from fairhand.proof.release.manifest import parse_manifest
from fairhand.proof.release.shape import LABELS
from tests.rules.proof.releases import make_release

QUESTIONS = ["digit", "nuclei"]


def test_rows_that_came_went_and_changed_are_told_apart(tmp_path: Path) -> None:
    old = make_release(tmp_path / "old", tasks=12)
    new = make_release(tmp_path / "new", tasks=14, version=2, licence="CC0-1.0")
    lines = (new / "labels.jsonl").read_bytes().splitlines()
    kept = []
    for line in lines:
        row = LABELS.parse(line)
        if row.task_id == 3:
            continue
        changed = line.replace(b'"value":"4"', b'"value":"9"') if row.task_id == 4 else line
        kept.append(changed.replace(b"digit 5.png", b"five.png"))
    (new / "labels.jsonl").write_bytes(b"\n".join(reversed(kept)) + b"\n")
    rows, questions, examples = compare_rows(old / "labels.jsonl", new / "labels.jsonl", QUESTIONS)
    assert (rows.added, rows.removed, rows.changed, rows.same) == (4, 2, 3, 19)
    assert (rows.relabelled, rows.resplit) == (1, 0)
    digit = questions[0]
    assert (digit.question, digit.counts.relabelled) == ("digit", 1)
    assert [(one.old, one.new, one.rows) for one in digit.changes] == [("4", "9", 1)]
    named = {(one.kind, one.task_id, one.question) for one in examples}
    assert ("removed", 3, "nuclei") in named
    assert ("added", 14, "digit") in named
    changed_one = next(one for one in examples if one.kind == "changed" and one.task_id == 4)
    assert (changed_one.old, changed_one.new, changed_one.what) == ("4", "9", ("value",))


def test_a_release_is_the_same_as_itself(tmp_path: Path) -> None:
    folder = make_release(tmp_path)
    rows, questions, examples = compare_rows(
        folder / "labels.jsonl", folder / "labels.jsonl", QUESTIONS
    )
    assert (rows.added, rows.removed, rows.changed, rows.same) == (0, 0, 0, 24)
    assert not examples
    assert not any(one.changes for one in questions)
    manifest = parse_manifest((folder / "manifest.json").read_bytes())
    assert compare_facts(manifest, manifest) == ()
    assert compare_people(manifest.stats, manifest.stats)[1:] == ((), ())


def test_facts_that_differ_are_named_with_both_values(tmp_path: Path) -> None:
    folders = (
        make_release(tmp_path / "old"),
        make_release(tmp_path / "new", licence="CC0-1.0", version=2),
    )
    old, new = (parse_manifest((one / "manifest.json").read_bytes()) for one in folders)
    assert [(one.name, one.old, one.new) for one in compare_facts(old, new)] == [
        ("licence", "CC-BY-4.0", "CC0-1.0")
    ]
