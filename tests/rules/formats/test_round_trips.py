"""Out, in and out again is the same file; and each file is read by the library that owns it."""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ir_measures
import pytest
import webvtt
from datasets import Audio, ClassLabel, Image, load_dataset
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from praatio import textgrid
from webdataset.tariterators import group_by_keys, tar_file_expander

from fairhand.formats.exports.items import Options, Report, items_of
from fairhand.formats.exports.registry import format_of
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import detect, read_tasks
from fairhand.labels.kind import AnswerContext
from fairhand.labels.registry import normalise_answer, validate_answer, with_defaults
from tests.rules.formats.reading import Asked, gradient, saved, split
from tests.rules.formats.test_sounds import tone

SHA = "ab" * 32
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, Any]

awkward = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60),
    st.sampled_from([
        "Habari ya asubuhi", "صباح الخير", "👩🏾‍🌾🌄", 'He said "no",\n\n\nthen\tleft.', "=1+1",
        "line\r\nline\u2028line", "'=1+1", "x" * 9000, "{\"a\": [1]}", "a,b;c|d", "--> &amp; <v B>",
    ]),
)  # fmt: skip
spoken = awkward.filter(lambda text: bool(text.strip()))


def row(task: int, kind: str, value: object, data: Row, **more: object) -> Row:
    return {
        "task_id": task,
        "question": "q",
        "kind": kind,
        "value": value,
        "confidence": 0.75,
        "data": data,
        "media_sha256": None,
        "media_type": None,
        "split": None,
        **more,
    }


def export(name: str, rows: list[Row], folder: Path, **more: Any) -> Report:  # noqa: ANN401
    folder.mkdir(parents=True, exist_ok=True)
    return format_of(name).load()(items_of(rows), folder, Options(**{"labels": {"q": []}, **more}))


def asked(kind: str, **config: Any) -> ReadOptions:  # noqa: ANN401
    return ReadOptions(questions=[Asked("q", kind, dict(with_defaults(kind, config)))])


def content(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def rows_again(path: Path, kind: str, options: ReadOptions) -> list[Row]:
    """Read a file, and make rows of a release of what it proposes."""
    tasks, issues = split(read_tasks(path, options))
    assert [one for one in issues if one.severity == "error"] == []
    return [
        row(number, kind, task.predictions[0].value["q"], task.data)
        for number, task in enumerate(tasks, start=1)
    ]


def talk(texts: list[str]) -> list[dict[str, str]]:
    return [
        {"role": "assistant" if number % 2 else "prompter", "text": text}
        for number, text in enumerate(texts)
    ]


pairs = st.lists(
    st.tuples(st.lists(spoken, min_size=1, max_size=3), spoken, spoken, st.integers(1, 3)).filter(
        lambda pair: pair[1] != pair[2]
    ),
    min_size=1,
    max_size=4,
)


def pair_row(task: int, before: list[str], one: str, two: str, strength: int) -> Row:
    data = {
        "conversation": talk(before[: len(before) // 2 * 2 + 1][: len(before) | 1]),
        "replies": [{"id": "x", "text": one}, {"id": "y", "text": two}],
    }
    best = "x" if strength % 2 else "y"
    return row(task, "pairwise", {"verdict": "better", "better": best, "strength": strength}, data)


KEYS = {
    "trl-preference": {"prompt", "chosen", "rejected", "margin"},
    "openai-preference": {"input", "preferred_output", "non_preferred_output"},
    "anthropic-hh": {"chosen", "rejected"},
}


@settings(max_examples=15)
@given(given_pairs=pairs, name=st.sampled_from(sorted(KEYS)))
def test_preferences_come_back_as_they_left(
    given_pairs: list[Any], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    rows = [pair_row(task, *pair) for task, pair in enumerate(given_pairs, start=1)]
    report = export(name, rows, folder / "one")
    if not report.written:
        assert report.left_out.total() >= len(rows)
        return
    path = folder / "one/train.jsonl"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert all(line.keys() == KEYS[name] for line in lines)
    strength = 3 if name == "trl-preference" else 1
    again = rows_again(path, "pairwise", replace(asked("pairwise", strength=strength), format=name))
    export(name, again, folder / "two")
    assert content(folder / "two") == content(folder / "one")


@settings(max_examples=15)
@given(given_pairs=pairs)
def test_single_judgements_come_back_as_they_left(
    given_pairs: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("judged")
    rows = [pair_row(task, *pair) for task, pair in enumerate(given_pairs, start=1)]
    assert export("trl-kto", rows, folder / "one").written == 2 * len(rows)
    path = folder / "one/train.jsonl"
    assert detect(path) == "trl-kto"
    options = asked("choice", labels=[{"value": "yes"}, {"value": "no"}])
    again = rows_again(path, "choice", options)
    assert [one["value"] for one in again] == ["yes", "no"] * len(rows)
    export("trl-kto", again, folder / "two")
    assert content(folder / "two") == content(folder / "one")


@settings(max_examples=15)
@given(texts=st.lists(spoken, min_size=2, max_size=6), name=st.sampled_from(["sft", "openai-chat"]))
def test_demonstrations_come_back_as_they_left(
    texts: list[str], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sft")
    before = talk(texts[:-1])
    export(name, [row(1, "text", texts[-1], {"conversation": before})], folder / "one")
    path = folder / "one/train.jsonl"
    assert detect(path) == name
    (task,), _ = split(read_tasks(path))
    again = [row(1, "text", task.predictions[0].value["text"], task.data)]
    export(name, again, folder / "two")
    assert content(folder / "two") == content(folder / "one")


@settings(max_examples=15)
@given(texts=st.lists(spoken, min_size=3, max_size=5, unique=True), tied=st.booleans())
def test_trees_come_back_as_they_left(
    texts: list[str], tied: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trees")
    data = {
        "conversation": talk(texts[:1]),
        "replies": [{"id": str(at), "text": one} for at, one in enumerate(texts[1:])],
    }
    ids = [one["id"] for one in data["replies"]]
    ranks = [ids] if tied else [[one] for one in ids]
    export("oasst", [row(1, "ranking", {"ranks": ranks}, data)], folder / "one")
    path = folder / "one/train.trees.jsonl"
    assert detect(path) == "oasst"
    (again,) = rows_again(path, "ranking", asked("ranking"))
    assert [len(some) for some in again["value"]["ranks"]] == [len(some) for some in ranks]
    export("oasst", [again], folder / "two")
    # Replies of one rank have no order of their own.
    assert {name: sorted(found) for name, found in content(folder / "two").items()} == {
        name: sorted(found) for name, found in content(folder / "one").items()
    }


def test_judged_replies_and_ties_come_back(tmp_path: Path) -> None:
    labels = [{"value": "yes"}, {"value": "no"}]
    data = {"conversation": talk(["Hujambo?"]), "replies": [{"id": "a", "text": "Sijambo 🌄"}]}
    report = export("trl-kto", [row(1, "choice", "no", data)], tmp_path / "one")
    assert report.left_out.total() == 0
    (again,) = rows_again(tmp_path / "one/train.jsonl", "choice", asked("choice", labels=labels))
    assert (again["value"], again["data"]) == ("no", data)
    tie = pair_row(1, ["a"], "b", "c", 1) | {"value": {"verdict": "tie"}}
    rows = [pair_row(2, ["a"], "b", "c", 3), tie | {"task_id": 3}]
    report = export("trl-preference", rows, tmp_path / "ties")
    assert report.files == ["train.jsonl", "ties.jsonl"]
    line = json.loads((tmp_path / "ties/ties.jsonl").read_bytes())
    assert (line["verdict"], len(line["completions"])) == ("tie", 2)
    assert report.left_out.total() == 1


LINES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40), spoken), min_size=0, max_size=4)


@settings(max_examples=12)
@given(drawn=LINES)
def test_lines_with_times_come_back_and_their_libraries_read_them(
    drawn: list[tuple[int, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("timed")
    lines, at = [], 0
    for length, gap, text in drawn:
        start, at = at + gap * 10, at + gap * 10 + length * 10
        lines.append({"start": start, "end": at, "text": text})
    data = {"file_name": "one.wav", "media_details": {"duration_ms": 4_000}}
    config = with_defaults("transcript", {"timed": True})
    said = {"segments": lines} if lines else {"text": "", "nothing": True}
    value = normalise_answer("transcript", config, said)
    for name, file in (("webvtt", "one.vtt"), ("textgrid", "one.TextGrid")):
        one, two = folder / name, folder / f"{name}-again"
        report = export(name, [row(1, "transcript", value, data)], one)
        (one / "one.wav").write_bytes(tone(4))
        options = replace(asked("transcript", timed=True), media_root=one)
        (again,) = rows_again(one / file, "transcript", options)
        again["data"] = data
        export(name, [again], two)
        assert (two / file).read_bytes() == (one / file).read_bytes()
        if not report.left_out:
            assert again["value"] == value
    cues = webvtt.read(str(folder / "webvtt/one.vtt"))
    assert len(cues) == len(lines)
    grid = textgrid.openTextgrid(str(folder / "textgrid/one.TextGrid"), includeEmptyIntervals=False)
    assert grid.maxTimestamp == pytest.approx(4.0)
    if lines:
        assert len(grid.getTier("q").entries) == len(lines)


MARKS = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 40), st.sampled_from(["low", "high <&>"])),
    max_size=5,
)


@settings(max_examples=12)
@given(drawn=MARKS, is_apart=st.booleans())
def test_marks_of_a_sound_come_back_by_their_labels(
    drawn: list[tuple[int, int, str]], is_apart: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("marks")
    marks: list[Row] = []
    ends = {"low": 0, "high <&>": 0}
    for length, gap, label in drawn:
        start = (max(ends.values()) if is_apart else ends[label]) + gap * 10
        ends[label] = start + length * 10
        marks.append({"start": start, "end": ends[label], "label": label})
    data = {"file_name": "one.wav", "media_details": {"duration_ms": 5_000}}
    config = {"labels": [{"value": "low"}, {"value": "high <&>"}]}
    value = {"segments": marks} if marks else {"segments": [], "nothing": True}
    stored = normalise_answer("segments", with_defaults("segments", config), value)
    for name, file in (("webvtt", "one.vtt"), ("textgrid", "one.TextGrid")):
        one = folder / name
        assert not export(name, [row(1, "segments", stored, data)], one).left_out
        (one / "one.wav").write_bytes(tone(5))
        options = replace(asked("segments", **config), media_root=one)
        (again,) = rows_again(one / file, "segments", options)
        assert again["value"] == stored
    if marks:
        grid = textgrid.openTextgrid(str(folder / "textgrid/one.TextGrid"), False)
        assert set(grid.tierNames) == {one["label"] for one in marks}


@settings(max_examples=12)
@given(text=spoken, name=st.sampled_from(["nemo", "common-voice"]))
def test_transcripts_come_back_with_their_sounds(
    text: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("clips")
    one, two = folder / "one", folder / "two"
    value = normalise_answer("transcript", with_defaults("transcript", {}), {"text": text})
    data = {"file_name": "one.wav", "locale": "sw", "media_details": {"duration_ms": 100}}
    export(name, [row(1, "transcript", value, data)], one)
    (one / "one.wav").write_bytes(tone(0.1))
    (path,) = [path for path in one.iterdir() if path.suffix != ".wav"]
    assert detect(path) == name
    options = replace(asked("transcript"), media_root=one)
    (again,) = rows_again(path, "transcript", options)
    export(name, [again | {"data": data}], two)
    assert (two / path.name).read_bytes() == path.read_bytes()


def test_grades_come_back_and_the_tools_of_search_read_them(tmp_path: Path) -> None:
    documents = [
        {"id": f"d{n}", "title": "Mvua 🌧️", "text": f"Tab\there, line\nthere {n}"} for n in range(12)
    ]
    value = {"grades": {one["id"]: at % 4 for at, one in enumerate(documents)}}
    data = {"query_id": "q1", "query": 'mvua "kubwa"', "documents": documents}
    rows = [row(1, "relevance", value, data)]
    export("beir", rows, tmp_path / "one")
    again = rows_again(tmp_path / "one", "relevance", asked("relevance"))
    assert [len(one["data"]["documents"]) for one in again] == [10, 2]
    export("beir", again, tmp_path / "two")
    assert content(tmp_path / "two") == content(tmp_path / "one")
    export("trec", rows, tmp_path / "trec")
    path = str(tmp_path / "trec/qrels.txt")
    qrels = list(ir_measures.read_trec_qrels(path))  # type: ignore[no-untyped-call]
    assert {one.doc_id: one.relevance for one in qrels} == value["grades"]
    for name in ("queries.jsonl", "corpus.jsonl"):
        (tmp_path / "trec" / name).write_bytes((tmp_path / "one" / name).read_bytes())
    again = rows_again(tmp_path / "trec", "relevance", asked("relevance"))
    export("trec", again, tmp_path / "trec-again")
    found = (tmp_path / "trec-again/qrels.txt").read_bytes()
    assert found == (tmp_path / "trec/qrels.txt").read_bytes()


ids = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"),
            min_size=1, max_size=6),
    st.sampled_from(["d1", "d 2", "d\t3", 'd"4"', '"d5', "d\n6", "d\u20287", "#d8", "e\u0301"]),
).filter(str.strip)  # fmt: skip


@settings(max_examples=30)
@given(
    asked_for=st.lists(
        st.tuples(ids, st.dictionaries(ids, st.integers(0, 3), min_size=1, max_size=4)),
        min_size=1, max_size=3, unique_by=lambda one: one[0],
    ),
    name=st.sampled_from(["beir", "trec"]),
)  # fmt: skip
def test_grades_of_any_ids_come_back_or_are_told(
    asked_for: list[tuple[str, dict[str, int]]], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("graded")
    export_rows: list[Row] = []
    wanted: dict[tuple[str, str], int] = {}
    for task, (query, grades) in enumerate(asked_for, start=1):
        documents = [{"id": one, "text": f"text of {one!r}"} for one in grades]
        data = {"query_id": query, "query": f"query {task}", "documents": documents}
        export_rows.append(row(task, "relevance", {"grades": grades}, data))
        wanted |= {(query, one): grade for one, grade in grades.items()}
    report = export(name, export_rows, folder / "one")
    assert report.written + report.left_out.total() == len(wanted)
    if not report.written:
        return
    if name == "trec":
        export("beir", export_rows, folder / "texts")
        for file in ("queries.jsonl", "corpus.jsonl"):
            (folder / "one" / file).write_bytes((folder / "texts" / file).read_bytes())
    again = rows_again(folder / "one", "relevance", asked("relevance"))
    found = {
        (one["data"]["query_id"], document): grade
        for one in again
        for document, grade in one["value"]["grades"].items()
    }
    assert len(found) == report.written
    assert found.items() <= wanted.items()


def held(folder: Path, name: str, made: bytes) -> Path:
    """A release that holds one file."""
    path = folder / "release/media/ab" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(made)
    return folder / "release"


@pytest.mark.parametrize(
    ("kind", "ending", "make"),
    [
        ("image/png", ".png", lambda: saved(gradient(8, 6))),
        ("audio/wav", ".wav", lambda: tone(0.2)),
    ],
)
def test_a_data_set_with_files_is_loaded_by_its_libraries_and_comes_back(
    kind: str, ending: str, make: Callable[[], bytes], tmp_path: Path
) -> None:
    made = make()
    release = held(tmp_path, SHA + ending, made)
    more = {"media_sha256": SHA, "media_type": kind}
    data = {"text": 'Habari 🌄\n"q"', "file_name": f"in/one{ending}", "n": [1, None]}
    rows = [
        row(1, "choice", "sad", data, split="train", **more),
        row(1, "text", "[1]", data, question="why", split="train", **more),
        row(2, "choice", "glad", {"text": "sad"}, split="test"),
    ]
    labels = {"q": ["glad", "sad"], "why": []}
    report = export("hf", rows, tmp_path / "hub", labels=labels, release=release)
    assert report.left_out.total() == 0
    loaded = load_dataset(str(tmp_path / "hub"), cache_dir=str(tmp_path / "cache"))
    feature = loaded["train"].features
    assert feature["q"] == ClassLabel(names=["glad", "sad"])
    column = "image" if kind == "image/png" else "audio"
    bare = Image(decode=False) if column == "image" else Audio(decode=False)
    assert isinstance(feature[column], type(bare))
    (one,) = loaded["train"].cast_column(column, bare)
    assert (one["q"], one["text"], one["why"]) == (1, data["text"], "[1]")
    assert one[column]["bytes"] == made
    assert len(loaded["test"]) == 1
    questions = [
        Asked("q", "choice", {"labels": [{"value": "glad"}, {"value": "sad"}]}),
        Asked("why", "text", dict(with_defaults("text", {}))),
    ]
    export("webdataset", rows, tmp_path / "tars", labels=labels, release=release)
    with (tmp_path / "tars/train-000000.tar").open("rb") as shard:
        (sample,) = group_by_keys(tar_file_expander([{"url": "one", "stream": shard}]))
    assert (sample["__key__"], sample[ending[1:]]) == ("000000001", made)
    assert (sample["cls"], sample["txt"].decode()) == (b"1", data["text"])
    assert json.loads(sample["json"])["answers"] == {"q": "sad", "why": "[1]"}
    with tarfile.open(tmp_path / "tars/train-000000.tar") as archive:
        assert {member.mtime for member in archive} == {0}
    for folder in (tmp_path / "hub", tmp_path / "tars"):
        tasks, issues = split(read_tasks(folder, ReadOptions(questions=questions)))
        assert issues == []
        known = {str(task.data.get("file_name")): task for task in tasks}
        assert known[f"in/one{ending}"].data == data
        assert known[f"in/one{ending}"].predictions[0].value == {"q": "sad", "why": "[1]"}
        assert known[f"in/one{ending}"].media is not None
        assert known["None"].data == {"text": "sad"}
    report = export("hf", rows, tmp_path / "bare", labels=labels)
    assert "make it with --media copy" in report.issues()[0].message


@settings(max_examples=10)
@given(text=awkward, answer=spoken)
def test_plain_exports_are_read_back_with_their_answers(
    text: str, answer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plain")
    data = {"text": text, "more": {"n": 1.5, "none": None, "list": [True, text]}}
    config = with_defaults("text", {"max_length": 50_000})
    assume(not validate_answer("text", config, answer, AnswerContext(data={})))
    value = normalise_answer("text", config, answer)
    for name in ("jsonl", "csv", "parquet", "hf", "webdataset"):
        export(name, [row(1, "text", value, data)], folder / name)
        path = folder / name
        path = path if name in ("hf", "webdataset") else path / f"labels.{name}"
        (again,) = rows_again(path, "text", asked("text", max_length=50_000))
        assert (again["data"], again["value"]) == (data, value)


@settings(max_examples=20)
@given(text=awkward, answer=spoken)
def test_a_table_of_text_holds_the_data_and_the_answers_whole(
    text: str, answer: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("table")
    data = {"text": text, "more": {"n": 1.5, "none": None, "list": [True, text]}}
    report = export("csv", [row(1, "text", answer, data)], folder)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        (read,) = csv.DictReader(file, strict=True)
    assert json.loads(read["data"]) == data
    assert read["q"].removeprefix("'" if answer.lstrip("'").startswith(FORMULA) else "") == answer
    assert (read["task_id"], read["q_confidence"], report.left_out.total()) == ("1", "0.75", 0)
