"""`fairhand aggregate`: anybody's table of answers becomes labels, with reasons; no workspace."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from tests.stories.terminal import run

ROWS = [
    (f"photo {task}", f"person {person}", "dog" if (task + (person == 2)) % 2 else "cat")
    for task in range(12)
    for person in range(3)
]
COLUMNS = {
    "task": [task for task, _, _ in ROWS],
    "worker": [worker for _, worker, _ in ROWS],
    "label": [label for _, _, label in ROWS],
}


def write(path: Path, names: tuple[str, str, str] = ("task", "worker", "label")) -> str:
    """Write the answers in the format that the ending names."""
    columns = dict(zip(names, COLUMNS.values(), strict=True))
    table = pa.table(columns)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()), "utf-8")
    elif path.suffix == ".gz":
        lines = [",".join(names), *(",".join(row) for row in ROWS)]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
    else:
        pc.write_csv(table, path)
    return str(path)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet"])
def test_every_format_gives_the_same_labels(tmp_path: Path, name: str) -> None:
    said = run("aggregate", write(tmp_path / name), "--method", "majority", "--json")
    assert said.code == 0, said.err
    labels = {one["task"]: one["label"] for one in said.json["labels"]}
    assert labels == {f"photo {task}": "dog" if task % 2 else "cat" for task in range(12)}
    assert (said.json["answers"], said.json["people"]) == (36, 3)


def test_auto_says_what_it_chose_and_why_and_draws_a_picture(tmp_path: Path) -> None:
    said = run("aggregate", write(tmp_path / "a.csv"))
    assert said.code == 0, said.err
    assert "36 answers of 3 people to 12 tasks." in said.out
    assert "Method: auto" in said.out
    assert "██" in said.out
    assert "Mean probability of the labels" in said.out


def test_labels_are_written_and_measured_against_the_truth(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("task,label\nphoto 0,cat\nphoto 1,dog\nphoto 2,dog\nnobody,cat\n")
    out = tmp_path / "labels.parquet"
    said = run(
        "aggregate", write(tmp_path / "a.csv"), "--truth", str(truth), "--output", str(out),
        "--method", "dawid-skene",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "Right: 2 of the 3 known" in said.out
    table = pq.read_table(out)
    assert table.column_names == ["task", "label", "probability", "p(cat)", "p(dog)"]
    assert table.num_rows == 12
    for row in table.to_pylist():
        assert row["p(cat)"] + row["p(dog)"] == pytest.approx(1.0)


def test_other_names_of_columns_are_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ("item", "rater", "mark"))
    refused = run("aggregate", path)
    assert refused.code == 2
    assert "item, rater, mark" in refused.err
    named = ("--task", "item", "--worker", "rater", "--label", "mark")
    assert run("aggregate", path, *named, "--method", "majority").code == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "task,worker,label\na,b\n", "cannot be read as csv"),
        ("a.csv", "task,worker,label\na,b,\nc,d,1\n", "label is missing in row 1"),
        ("a.xlsx", "PK", "is none of .csv"),
        ("a.parquet", "PAR?", "cannot be read as parquet"),
        ("a.jsonl", '{"task": 1,\n', "cannot be read as jsonl"),
        ("a.csv", "", "cannot be read as csv"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    said = run("aggregate", str(path))
    assert said.code == 2
    assert words in said.err


def test_an_unknown_method_lists_those_there_are(tmp_path: Path) -> None:
    said = run("aggregate", write(tmp_path / "a.csv"), "--method", "magic")
    assert said.code == 2
    assert "dawid-skene" in said.err


def test_a_table_without_rows_gives_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"task": "a", "worker": "b", "label": "c"}\n')
    assert run("aggregate", str(path)).code == 0
    empty = tmp_path / "b.parquet"
    schema = pa.schema([(name, pa.string()) for name in ("task", "worker", "label")])
    pq.write_table(pa.table({name: [] for name in ("task", "worker", "label")}, schema), empty)
    said = run("aggregate", str(empty), "--json")
    assert said.code == 0, said.err
    assert said.json["labels"] == []
    assert said.json["mean_confidence"] is None


def test_a_folder_of_files_is_joined_in_partitions(tmp_path: Path) -> None:
    pytest.importorskip("daft", reason="the extra `scale` is not installed")
    folder, output = tmp_path / "answers", tmp_path / "labels.parquet"
    folder.mkdir()
    write(folder / "a.csv")
    write(folder / "b.parquet")
    said = run(
        "aggregate", str(folder), "--method", "majority", "--engine", "native",
        "--partitions", "2", "--output", str(output), "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert (said.json["answers"], said.json["tasks"], said.json["people"]) == (72, 12, 3)
    labels = pq.read_table(output).to_pylist()
    assert {row["task"]: row["label"] for row in labels} == {
        f"photo {task}": "dog" if task % 2 else "cat" for task in range(12)
    }


def test_partitions_tell_of_every_pass_and_refuse_what_they_cannot_do(tmp_path: Path) -> None:
    pytest.importorskip("daft", reason="the extra `scale` is not installed")
    answers, output = write(tmp_path / "a.csv"), str(tmp_path / "labels.csv")
    said = run("aggregate", answers, "--engine", "native", "--output", output)
    assert said.code == 0, said.err
    assert "36 answers of 3 people to 12 tasks, in 1 partition." in said.out
    assert "Pass 0:" in said.err
    assert "dawid-skene is used" in said.err
    assert "--output" in run("aggregate", answers, "--engine", "native").err
    other = run("aggregate", answers, "--engine", "native", "--output", output, "--gold", answers)
    assert (other.code, "--gold and --truth" in other.err) == (2, True)
    assert "no engine 'spark'" in run(
        "aggregate", answers, "--engine", "spark", "--output", output
    ).err  # fmt: skip
