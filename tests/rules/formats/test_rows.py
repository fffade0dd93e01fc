"""JSONL, CSV and Parquet: good rows become tasks, bad rows are named with place and reason."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import detect, formats, read_tasks
from tests.data import data_dir
from tests.rules.formats.reading import Asked, gradient, read, saved, split

TEXT = ReadOptions(text_column="text")


def reasons(issues: list[Issue]) -> list[str]:
    """Place and message of each issue."""
    return [f"{issue.place}: {issue.message}" for issue in issues]


def test_each_line_of_jsonl_is_a_task(tmp_path: Path) -> None:
    tasks, issues = read(tmp_path, "a.jsonl", b'{"text": "habari", "n": 1}\r\n{"text": "nzuri"}')
    assert issues == []
    assert [task.data for task in tasks] == [{"text": "habari", "n": 1}, {"text": "nzuri"}]
    assert [task.place for task in tasks] == ["a.jsonl line 1", "a.jsonl line 2"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "cut o', "is not JSON"),
        (b'{"text": "a", "text": "b"}', "has the key 'text' twice in one object"),
        (b'{"text": "a", "more": {"x": 1, "x": 2}}', "has the key 'x' twice"),
        (b'{"text": "a", "n": NaN}', "holds NaN, which is not JSON; write null"),
        (b'{"text": "a", "n": -Infinity}', "holds -Infinity, which is not JSON"),
        (b'{"text": "a", "n": 1e999}', "is not strict JSON"),
        (b'{"text": "a\xff"}', "is not UTF-8 (byte 12)"),
        (b'{"text": "\\ud800"}', "is not strict JSON"),
        (b'{"text": "nul \\u0000"}', "holds a NUL character"),
        (b'{"text": "a", "n": 123456789012345678901234567890}', "beyond 64 bits"),
        (b"[1, 2, 3]", "must be a JSON object with the task's fields, not a list"),
        (b"42", "not a number"),
        (b'"text"', "not text"),
        (b"null", "not null"),
        (b"{}", "has no 'text', which is named as the text"),
        (b'{"other": "x"}', "has no 'text', which is named as the text"),
        (b'{"text": ""}', "has an empty 'text'"),
        (b'{"text": [1, 2]}', "must have text in 'text', not a list"),
        (b'{"text": null}', "must have text in 'text', not null"),
        (b'{"text":' + b"[" * 5000 + b"]" * 5000 + b"}", "is nested too deeply"),
        (b'{"text": "a", "deep":' + b"[" * 500 + b"]" * 500 + b"}", "is nested too deeply"),
        (b'{"text": "' + b"x" * 2_000_000 + b'"}', "is longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_named_and_its_neighbours_are_kept(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n'
    tasks, issues = read(tmp_path, "t.jsonl", content, TEXT)
    assert [task.data["text"] for task in tasks] == ["before", "after"]
    (found,) = reasons(issues)
    assert found.startswith("t.jsonl line 2: ")
    assert reason in found
    assert len(found) < 300


def test_text_that_spells_an_escape_is_not_taken_for_a_nul(tmp_path: Path) -> None:
    tasks, issues = read(tmp_path, "t.jsonl", json.dumps({"text": "write \\u0000"}).encode())
    assert (len(tasks), issues) == (1, [])


def test_blank_lines_are_one_warning_a_run_and_none_at_the_end(tmp_path: Path) -> None:
    content = b'{"a": 1}\n\n  \n\n{"a": 2}\n\n{"a": 3}\n\n\n'
    tasks, issues = read(tmp_path, "t.jsonl", content)
    assert len(tasks) == 3
    assert reasons(issues) == ["t.jsonl lines 2 to 4: are empty", "t.jsonl line 6: is empty"]
    assert {issue.severity for issue in issues} == {"warning"}


def test_a_row_whose_every_field_is_empty_is_refused(tmp_path: Path) -> None:
    _, issues = read(tmp_path, "t.jsonl", b'{"a": null, "b": "", "c": []}')
    assert reasons(issues) == ["t.jsonl line 1: is empty"]


def test_reading_again_gives_the_same_fingerprints_whatever_the_order_of_keys(
    tmp_path: Path,
) -> None:
    (one,), _ = read(tmp_path, "a.jsonl", '{"text": "é", "n": 1.0}'.encode())
    (same,), _ = read(tmp_path, "b.jsonl", b'{ "n" : 1.0, "text":"\\u00e9"}')
    (other,), _ = read(tmp_path, "c.jsonl", '{"text": "è", "n": 1.0}'.encode())
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 64


def test_packed_files_are_read_and_a_damaged_one_keeps_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"n": %d, "x": "%x"}\n' % (n, n**9) for n in range(9000)))
    tasks, issues = read(tmp_path, "t.jsonl.gz", whole)
    assert (len(tasks), issues) == (9000, [])
    tasks, issues = read(tmp_path, "t.jsonl.gz", whole[: len(whole) // 2])
    assert 0 < len(tasks) < 9000
    assert "damaged gzip" in issues[-1].message


def test_csv_rows_become_tasks_with_any_usual_delimiter(tmp_path: Path) -> None:
    for name, sign in (("a.csv", ","), ("b.tsv", "\t"), ("c.csv", ";"), ("d.csv", "|")):
        content = f'\ufefftext{sign}n\n"line one\nline ""two"""{sign}1\nlast{sign}2'.encode()
        tasks, issues = read(tmp_path, name, content)
        assert issues == []
        assert [task.data for task in tasks] == [
            {"text": 'line one\nline "two"', "n": "1"},
            {"text": "last", "n": "2"},
        ]
        assert [task.place for task in tasks] == [f"{name} line 2", f"{name} line 4"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"one", "has 1 fields; the header has 2"),
        (b"one,two,three", "has 3 fields; the header has 2"),
        (b"caf\xe9,2", "is not UTF-8"),
        (b'"closed" too early,2', "cannot be read"),
        (b"nul\x00,2", "holds a NUL character"),
        (b",2", "has an empty 'text'"),
        (b"x" * 2_000_000 + b",2", "is longer than the limit"),
    ],
)
def test_a_bad_csv_row_is_named_and_its_neighbours_are_kept(
    tmp_path: Path, row: bytes, reason: str
) -> None:
    content = b"text,n\nbefore,1\n" + row + b"\nafter,3\n"
    tasks, issues = read(tmp_path, "t.csv", content, TEXT)
    assert [task.data["text"] for task in tasks] == ["before", "after"]
    (found,) = reasons(issues)
    assert found.startswith("t.csv line 3: ")
    assert reason in found


@pytest.mark.parametrize("rows_after", [3, 80_000])
def test_an_unclosed_quote_loses_one_row_and_not_the_rest_of_the_file(
    tmp_path: Path, rows_after: int
) -> None:
    after = b"".join(b"after,%d\n" % n for n in range(rows_after))
    tasks, issues = read(tmp_path, "t.csv", b'text,n\nbefore,1\n"open,2\n' + after)
    assert len(tasks) == 1 + rows_after
    (found,) = reasons(issues)
    assert found.startswith("t.csv line 3: cannot be read")
    assert "is a quote not closed?" in found


def test_a_file_full_of_open_quotes_is_refused_in_bounded_time(tmp_path: Path) -> None:
    options = ReadOptions(max_payload_bytes=10_000)
    content = b"text,n\n" + b'x,"\xc2\xa0a\n' * 20_000
    _, issues = read(tmp_path, "t.csv", content, options)
    assert issues
    assert sum(len(issue.message) for issue in issues) < 10_000_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b,a\n1,2,3\n", "names the column 'a' twice"),
        (b"caf\xe9,b\n1,2\n", "is not UTF-8"),
        ("text,n\nx,1\n".encode("utf-16"), "is in UTF-16"),
        (b'"open,b\n1,2\n', "is not a CSV header"),
    ],
)
def test_a_csv_file_without_a_usable_header_is_refused_whole(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(MalformedError, match=reason):
        read(tmp_path, "t.csv", content)


@given(st.binary(max_size=300))
def test_no_bytes_crash_a_reader_of_lines(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "t.csv"
    for name in ("jsonl", "csv", "label_studio", "parquet"):
        path.write_bytes(b"a,b\n" + content if name == "csv" else content)
        with contextlib.suppress(MalformedError):
            split(read_tasks(path, ReadOptions(format=name)))


def write_parquet(path: Path, columns: dict[str, object], **how: object) -> Path:
    """Write columns as Parquet."""
    pq.write_table(pa.table(columns), path, **how)
    return path


def test_parquet_cells_become_json(tmp_path: Path) -> None:
    columns: dict[str, object] = {
        "text": ["a"],
        "n": [7],
        "x": [0.5],
        "missing": [math.nan],
        "nothing": pa.nulls(1),
        "list": [["x", None]],
        "when": [datetime(2026, 11, 21, tzinfo=UTC)],
        "day": [date(2026, 11, 21)],
        "price": [Decimal("1.50")],
        "struct": [{"k": 1}],
    }
    (task,), issues = split(read_tasks(write_parquet(tmp_path / "t.parquet", columns)))
    assert issues == []
    assert task.place == "t.parquet row 1"
    assert task.data == {
        "text": "a",
        "n": 7,
        "x": 0.5,
        "missing": None,
        "nothing": None,
        "list": ["x", None],
        "when": "2026-11-21T00:00:00+00:00",
        "day": "2026-11-21",
        "price": "1.50",
        "struct": {"k": 1},
    }


def test_bad_parquet_rows_are_named_and_the_rest_kept(tmp_path: Path) -> None:
    columns = {"text": ["a", None, "c", "d", "e" * 2_000_000], "x": [1.0, 2.0, math.inf, None, 1.0]}
    path = write_parquet(tmp_path / "t.parquet", dict(columns))
    tasks, issues = split(read_tasks(path, TEXT))
    assert [task.data["text"] for task in tasks] == ["a", "d"]
    assert reasons(issues) == [
        "t.parquet row 2: must have text in 'text', not null",
        "t.parquet row 3: holds an infinite number in 'x'",
        "t.parquet row 5: is 2000019 bytes of data; 1048576 are allowed",
    ]


def test_bytes_in_parquet_are_refused_with_a_hint_unless_they_are_the_image(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "t.parquet", {"jpeg": [saved(gradient(8, 9), "JPEG")]})
    _, (issue,) = split(read_tasks(path))
    assert "name it as the image column" in issue.message
    (task,), issues = split(read_tasks(path, ReadOptions(image_column="jpeg")))
    assert issues == []
    assert task.media is not None
    assert (task.media.width, task.media.height) == (9, 8)
    assert task.media.content_type == "image/jpeg"


def test_the_image_column_of_a_hugging_face_file_is_found(tmp_path: Path) -> None:
    rows = [{"bytes": saved(gradient(8, 9)), "path": "a.png"}, {"bytes": b"x", "path": "b.png"}]
    path = write_parquet(tmp_path / "t.parquet", {"image": rows, "label": [1, 2]})
    (task,), (issue,) = split(read_tasks(path))
    assert task.data == {"label": 1, "file_name": "a.png"}
    assert issue.place == "t.parquet row 2"
    assert "is not an image" in issue.message


def test_a_truncated_parquet_file_is_one_fatal_issue_that_names_it(tmp_path: Path) -> None:
    whole = write_parquet(tmp_path / "w.parquet", {"text": ["a"] * 1000}).read_bytes()
    for length in (4, 8, len(whole) // 2, len(whole) - 1):
        with pytest.raises(MalformedError, match=r"t\.parquet cannot be read as Parquet") as caught:
            read(tmp_path, "t.parquet", whole[:length])
        (issue,) = caught.value.issues
        assert issue.place == "t.parquet"


def test_a_parquet_file_with_a_damaged_page_ends_with_an_issue(tmp_path: Path) -> None:
    texts = [f"text number {n} {n**7:x}" for n in range(20_000)]
    path = write_parquet(tmp_path / "t.parquet", {"text": texts}, row_group_size=5_000)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    tasks, issues = read(tmp_path, "t.parquet", bytes(content))
    assert 0 < len(tasks) < 20_000
    assert "breaks off after row" in issues[-1].message


def test_real_tweets_are_read_with_their_votes_as_context() -> None:
    path = data_dir("text_toxicity") / "davidson2017.parquet"
    options = ReadOptions(text_column="tweet", prediction_columns={"class": "verdict"})
    tasks, issues = split(read_tasks(path, options))
    assert (len(tasks), issues) == (12_500, [])
    assert {"text", "count", "hate_speech"} <= tasks[0].data.keys()
    assert "class" not in tasks[0].data
    assert {task.predictions[0].value["verdict"] for task in tasks} == {"0", "1", "2"}


def test_predictions_in_columns_are_checked_against_the_questions(tmp_path: Path) -> None:
    verdict = Asked("verdict", "choice", {"labels": [{"value": "ok"}, {"value": "bad"}]})
    tags = Asked("tags", "choice", {"labels": [{"value": "x"}, {"value": "y"}], "multiple": True})
    options = ReadOptions(
        prediction_columns={"guess": "verdict", "marks": "tags"},
        prediction_score_column="p",
        prediction_model="net@1",
        questions=(verdict, tags),
    )
    content = b'text,guess,marks,p\na,ok,x|y,0.9\nb,worse,"[""y""]",0.8\nc,,,\nd,ok,,high\n'
    tasks, issues = read(tmp_path, "t.csv", content, options)
    assert [task.data for task in tasks] == [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    (first,) = tasks[0].predictions
    assert (first.value, first.score) == ({"verdict": "ok", "tags": ["x", "y"]}, 0.9)
    assert first.model == "net@1"
    assert [task.predictions for task in tasks[1:]] == [(), ()]
    assert reasons(issues) == [
        "t.csv line 3: has an unusable prediction: verdict 'worse' is not a label of this question",
        "t.csv line 5: has a prediction score that is not a number",
    ]
    assert [issue.severity for issue in issues] == ["warning", "error"]


def test_images_named_in_a_column_are_read_from_below_the_media_root_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.png").write_bytes(saved(gradient(5, 6)))
    (tmp_path / "secret.png").write_bytes(saved(gradient(5, 6)))
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    names = ["a.png", "../secret.png", "/etc/passwd", "link.png", "http://x/y.png", "gone.png"]
    content = "image,n\n" + "".join(f"{name},1\n" for name in names)
    options = ReadOptions(image_column="image", media_root=root)
    tasks, issues = read(tmp_path, "t.csv", content.encode(), options)
    assert [task.data for task in tasks] == [{"n": "1", "file_name": "a.png"}]
    assert [issue.place for issue in issues] == [f"t.csv line {n}" for n in range(3, 8)]


def test_formats_are_told_apart_by_content(tmp_path: Path) -> None:
    def told(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return detect(tmp_path / name)

    assert detect(tmp_path) == "image_folder"
    assert told("x", b' \n{"a": 1}') == "jsonl"
    assert told("x.csv", b'[{"a": 1}]') == "label_studio"
    assert told("x.txt", b"PAR1....") == "parquet"
    assert told("x.CSV.gz", gzip.compress(b"a,b\n1,2\n")) == "csv"
    for name, content in (("x.exe", b"MZ"), ("x.png", saved(gradient(3, 3))), ("x.csv", b"")):
        with pytest.raises(MalformedError):
            told(name, content)


def test_a_format_or_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="not there"):
        read_tasks(tmp_path / "gone.csv")
    (tmp_path / "t.csv").write_bytes(b"a\n1\n")
    with pytest.raises(MalformedError, match="label_studio"):
        read_tasks(tmp_path / "t.csv", ReadOptions(format="xlsx"))
    assert formats()[:4] == ("jsonl", "csv", "parquet", "label_studio")
    assert formats()[-2:] == ("image_folder", "image_archive")


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "label_studio"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"many.{name}"
    write_many(path, name, 10_000)
    tracemalloc.start()
    count = sum(1 for _ in read_tasks(path, ReadOptions(format=name)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 6_000_000


def write_many(path: Path, name: str, count: int) -> None:
    """Write a large file of texts."""
    texts = (f"text number {n}, {'word ' * 20}" for n in range(count))
    if name == "parquet":
        pq.write_table(pa.table({"text": list(texts)}), path)
        return
    with path.open("w", encoding="utf-8") as file:
        if name == "csv":
            file.write("text\n")
            file.writelines(f'"{text}"\n' for text in texts)
        elif name == "jsonl":
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        else:
            file.write("[")
            for index, text in enumerate(texts):
                file.write(("," if index else "") + json.dumps({"data": {"text": text}}))
            file.write("]")
