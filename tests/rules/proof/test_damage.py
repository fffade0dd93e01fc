"""Damage is named by what was done: taken out, put in, moved, exchanged, changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fairhand.proof.release.damage import row_faults
from fairhand.proof.release.verify import verify_release
from tests.rules.proof.releases import SIGNER, make_release

WANTED = [b"a", b"b", b"c", b"d"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("whole"), media=True)


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "copy"))


def told(folder: Path) -> list[str]:
    return [issue.message for issue in verify_release(folder, SIGNER.verifier).issues]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([b"a", b"x", b"c", b"d"], ["row 11: was changed"]),
        ([b"a", "no JSON", b"c", b"d"], ["row 11: no JSON"]),
        (
            [b"b", b"a", b"c", b"d"],
            ["row 10: holds what belongs in row 11", "row 11: holds what belongs in row 10"],
        ),
        ([b"a", b"a", b"c", b"d"], ["row 11: holds what belongs in row 10"]),
        ([b"b", b"c", b"d"], ["3 rows: instead of 4", "row 10: is missing"]),
        ([b"a", b"b", b"c"], ["3 rows: instead of 4", "row 13: is missing"]),
        (
            [b"a", b"x", b"b", b"c", b"d"],
            ["5 rows: instead of 4", "row 11: was changed or put in"],
        ),
        (
            [b"a", b"b", b"b", b"c", b"d"],
            ["5 rows: instead of 4", "row 12: stands there a second time"],
        ),
        ([], ["0 rows: instead of 4", *(f"row {n}: is missing" for n in range(10, 14))]),
    ],
)
def test_what_was_done_to_rows_is_said(found: list[bytes | str], said: list[str]) -> None:
    assert [f"{one.place}: {one.what}" for one in row_faults(found, WANTED, "row", 10)] == said


def test_no_more_than_twenty_rows_are_named() -> None:
    many = [str(number).encode() for number in range(1_000)]
    assert len(row_faults(many[500:], many, "row", 0)) == 21
    assert len(row_faults([b"x"] * 1_000, many, "row", 0)) == 21


def test_a_row_that_was_taken_out_is_the_only_one_that_is_named(copy: Path) -> None:
    path = copy / "data" / "part-00000.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    lines = (copy / "labels.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "labels.jsonl").write_bytes(b"".join(lines[:4] + lines[5:]))
    assert [one for one in told(copy) if "missing" in one] == [
        "labels.jsonl: line 5: is missing",
        "data/part-00000.parquet: row 0: is missing",
    ]
    assert not [one for one in told(copy) if "row" in one and "was changed" in one]


def test_two_files_that_were_exchanged_name_each_other(copy: Path) -> None:
    one, other = sorted(path for path in (copy / "media").rglob("*") if path.is_file())[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    names = [path.relative_to(copy).as_posix() for path in (one, other)]
    found = told(copy)
    assert found[0].startswith(f"{names[0]}: ")
    assert found[0].endswith(f"; what it holds is {names[1]}")
    assert found[1].endswith(f"; what it holds is {names[0]}")


def test_a_figure_of_a_changed_manifest_is_told_by_the_card(copy: Path) -> None:
    path = copy / "manifest.json"
    text = path.read_text()
    assert '"min_per_hour": "' in text
    figure = text.partition('"min_per_hour": "')[2].partition('"')[0]
    path.write_text(text.replace(f'"min_per_hour": "{figure}"', '"min_per_hour": "99.99"'))
    found = told(copy)
    assert found[0] == "manifest.json: it was changed: its SHA-256 is not the one in the log"
    assert any("card.md says" in one and figure in one for one in found)
    assert any("changed manifest" in one and "99.99" in one for one in found)
    assert found[-1].endswith("the rest was not looked at: it is held against the manifest")


def test_the_proof_of_another_version_is_called_that(copy: Path, tmp_path: Path) -> None:
    other = make_release(tmp_path / "other", media=True, version=2)
    shutil.copy(other / "log.json", copy / "log.json")
    assert any("log.json is of version 2 of project" in one for one in told(copy))


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b"", b"\xff\xfe", b"[" * 100_000])
def test_a_proof_that_is_none_is_refused_in_words(copy: Path, content: bytes) -> None:
    (copy / "log.json").write_bytes(content)
    assert told(copy)[0].startswith("log.json: it cannot be read: ")
    if content == b"{}":
        assert "it has no 'format'" in told(copy)[0]
