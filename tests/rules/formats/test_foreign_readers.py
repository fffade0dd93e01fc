"""Files of other tools become tasks with proposals, and hostile ones become clear issues."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.imports import webdataset
from fairhand.formats.options import ReadOptions, Row
from fairhand.formats.registry import detect, read_tasks
from fairhand.labels.registry import with_defaults
from fairhand.model.task import NewTask
from tests.rules.formats.reading import Asked, gradient, read, saved, split
from tests.rules.formats.test_sounds import tone

USER = {"role": "user", "content": "Habari ya asubuhi? 🌄"}
GOOD = {"role": "assistant", "content": "صباح الخير\n\t“quoted”"}
BAD = {"role": "assistant", "content": "No."}


def asked(kind: str, name: str = "q", **config: Any) -> ReadOptions:  # noqa: ANN401
    return ReadOptions(questions=[Asked(name, kind, dict(with_defaults(kind, config)))])


def jsonl(*rows: object) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def said(task: NewTask) -> dict[str, str]:
    return {one["id"]: one.get("text", "") for one in task.data["replies"]}


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ({"prompt": [USER], "chosen": [GOOD], "rejected": [BAD], "margin": 2}, "trl-preference"),
        ({"chosen": [USER, GOOD], "rejected": [USER, BAD], "margin": 2.0}, "trl-preference"),
        (
            {
                "input": {"messages": [USER]},
                "preferred_output": [GOOD],
                "non_preferred_output": [BAD],
            },
            "openai-preference",
        ),
        (
            {
                "chosen": f"\n\nHuman: {USER['content']}\n\nAssistant: {GOOD['content']}",
                "rejected": f"\n\nHuman: {USER['content']}\n\nAssistant: {BAD['content']}",
            },
            "anthropic-hh",
        ),
    ],
)
def test_a_known_preference_is_proposed_for_one_task_whatever_its_format(
    row: dict[str, Any], form: str, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(gzip.compress(jsonl(row)))
    assert detect(path) == form
    tasks, issues = split(read_tasks(path, asked("pairwise", strength=3)))
    (task,) = tasks
    assert task.data["conversation"] == [{"role": "prompter", "text": USER["content"]}]
    (made,) = task.predictions
    assert said(task)[made.value["q"]["better"]] == GOOD["content"]
    assert made.value["q"]["strength"] == (2 if "margin" in row else 1)
    assert len(issues) == (0 if "margin" in row else 1)
    assert "chosen" not in task.data


def test_the_better_reply_stands_first_about_as_often_as_second(tmp_path: Path) -> None:
    rows = [{"prompt": f"{n}?", "chosen": f"yes {n}", "rejected": f"no {n}"} for n in range(200)]
    tasks, _ = read(tmp_path, "a.jsonl", jsonl(*rows), asked("pairwise", strength=1))
    first = sum(task.predictions[0].value["q"]["better"] == "a" for task in tasks)
    assert 70 < first < 130
    turned = [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} for row in rows]
    again, _ = read(tmp_path, "b.jsonl", jsonl(*turned), asked("pairwise", strength=1))
    assert [one.fingerprint for one in again] == [one.fingerprint for one in tasks]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "a", "chosen": "b", "rejected": None}, "has no 'rejected'"),
        ({"prompt": "a", "chosen": "b", "rejected": "b"}, "same reply twice"),
        ({"prompt": "a", "chosen": " ", "rejected": "b"}, "has an empty reply in 'chosen'"),
        ({"prompt": 7, "chosen": "c", "rejected": "b"}, "must have messages or a text in 'prompt'"),
        ({"prompt": "a", "chosen": ["c"], "rejected": "b"}, "has text among the messages"),
        ({"prompt": "a", "chosen": [{"role": "tool"}], "rejected": "b"}, "of the role 'tool'"),
        (
            {"prompt": "a", "rejected": "b", "chosen": [{**GOOD, "content": [{"type": "image"}]}]},
            "a part of the type 'image'",
        ),
    ],
)
def test_a_row_that_is_no_preference_is_named_and_the_others_stay(
    row: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    options = ReadOptions(format="trl-preference")
    tasks, issues = read(tmp_path, "a.jsonl", jsonl(row, good), options)
    assert len(tasks) == 1
    assert reason in issues[0].message
    assert issues[0].place == "a.jsonl line 1"


def test_columns_that_would_tell_the_answer_leave_the_data(tmp_path: Path) -> None:
    row = {"prompt": "a", "chosen": "b", "rejected": "c", "score_chosen": 9, "source": "x"}
    (task,), issues = read(tmp_path, "a.jsonl", jsonl(row, row)[: len(jsonl(row))])
    assert task.data.keys() == {"conversation", "replies", "source"}
    assert "would tell an answer" in issues[0].message


def test_single_judgements_and_demonstrations_find_their_question(tmp_path: Path) -> None:
    row = {"prompt": [USER], "completion": [GOOD], "label": True}
    labels = [{"value": "good"}, {"value": "bad"}]
    (task,), issues = read(tmp_path, "a.jsonl", jsonl(row), asked("choice", labels=labels))
    assert (task.predictions[0].value, issues) == ({"q": "good"}, [])
    sft = {"messages": [{"role": "system", "content": "Be kind."}, USER, GOOD]}
    (task,), _ = read(tmp_path, "b.jsonl", jsonl(sft), asked("text"))
    assert task.predictions[0].value == {"q": GOOD["content"]}
    assert [one["role"] for one in task.data["conversation"]] == ["system", "prompter"]
    (task,), _ = read(tmp_path, "c.jsonl", jsonl(sft), asked("rating"))
    assert task.predictions == ()
    assert said(task) == {"a": GOOD["content"]}


def test_a_named_column_means_a_plain_table(tmp_path: Path) -> None:
    rows = jsonl({"prompt": "a", "completion": "b"})
    (task,), _ = read(tmp_path, "a.jsonl", rows, ReadOptions(text_column="completion"))
    assert task.data == {"prompt": "a", "text": "b"}


def tree(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "message_tree_id": "p",
        "prompt": {
            "message_id": "p",
            "text": "Hujambo?",
            "role": "prompter",
            "lang": "sw",
            "user_id": "u1",
            "replies": [
                {"message_id": "x", "text": "Sijambo.", "role": "assistant", "rank": 1},
                {"message_id": "y", "text": "Mzima.", "role": "assistant", "rank": 0},
                {"message_id": "z", "text": "Gone.", "role": "assistant", "deleted": True},
            ],
        },
        **more,
    }


def test_trees_become_rankings_or_pairs_and_nobody_is_named(tmp_path: Path) -> None:
    (task,), issues = read(tmp_path, "a.trees.jsonl", jsonl(tree()), asked("ranking"))
    assert issues == []
    assert task.predictions[0].value == {"q": {"ranks": [["y"], ["x"]]}}
    assert "user_id" not in json.dumps(task.data)
    (pair,), _ = read(tmp_path, "b.jsonl", jsonl(tree()), asked("pairwise", strength=1))
    assert pair.predictions[0].value["q"]["better"] == "y"
    flat = [
        {"message_id": "p", "parent_id": None, "text": "Hujambo?", "role": "prompter"},
        {**tree()["prompt"]["replies"][0], "parent_id": "p"},
        {**tree()["prompt"]["replies"][1], "parent_id": "p"},
    ]
    rows = [{**one, "message_tree_id": "p"} for one in flat]
    (same,), _ = read(tmp_path, "c.messages.jsonl", jsonl(*rows), asked("ranking"))
    assert same.predictions == task.predictions
    orphan = {**rows[1], "message_tree_id": "q"}
    _, issues = read(tmp_path, "d.jsonl", jsonl(*rows, orphan), asked("ranking"))
    assert "whose parent is not in its tree" in issues[0].message


def beir(root: Path) -> Path:
    (root / "qrels").mkdir()
    (root / "qrels/test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq9\td1\t1\nq1\td1\tx\n"
    )
    (root / "queries.jsonl").write_bytes(jsonl({"_id": "q1", "text": "mvua 🌧️"}))
    rows = [{"_id": "d1", "title": "Mvua", "text": "Mvua hunyesha."}, {"_id": "d2", "text": "Jua"}]
    (root / "corpus.jsonl").write_bytes(jsonl(*rows))
    return root


def test_beir_and_trec_give_the_grades_as_proposals(tmp_path: Path) -> None:
    root = beir(tmp_path)
    assert detect(root) == "beir"
    (task,), issues = split(read_tasks(root, asked("relevance")))
    assert task.predictions[0].value == {"q": {"grades": {"d1": 2, "d2": 0}}}
    assert task.data["query_id"] == "q1"
    assert len(issues) == 2
    qrels = root / "qrels.txt"
    qrels.write_text("q1 0 d1 2\nq1 0 d2 0\nnonsense\n")
    assert detect(qrels) == "trec"
    (same,), wrong = split(read_tasks(qrels, ReadOptions(media_root=root)))
    assert same.fingerprint == task.fingerprint
    assert wrong[0].place == "qrels.txt line 3"
    with pytest.raises(MalformedError, match="import it from its folder"):
        list(read_tasks(qrels, ReadOptions()))


VTT = """WEBVTT - said

NOTE not said

1
00:00.500 --> 00:01.200 line:0
<v Amina>Say &lt;a&gt; <i>now</i>

00:00:01.200 --> 00:00:02.000
Ndiyo

00:00:02.9 --> 00:00:03.000
Broken
"""


def test_cues_beside_their_sound_become_lines_and_marks(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(tone(3))
    options = asked("transcript", timed=True)
    (tmp_path / "one.vtt").write_text(VTT)
    assert detect(tmp_path) == "webvtt"
    (task,), issues = split(read_tasks(tmp_path, options))
    assert task.predictions[0].value["q"]["segments"] == [
        {"start": 500, "end": 1_200, "text": "Say <a> now"},
        {"start": 1_200, "end": 2_000, "text": "Ndiyo"},
    ]
    assert task.data == {"file_name": "one.wav"}
    assert [one.message for one in issues] == ["has times that cannot be read"]
    who = asked("segments", labels=[{"value": "Amina"}])
    (task,), issues = split(read_tasks(tmp_path, who))
    assert [one["label"] for one in task.predictions[0].value["q"]["segments"]] == ["Amina"]
    assert "'Ndiyo', which is no label" in issues[-1].message
    (tmp_path / "one.wav").unlink()
    tasks, issues = split(read_tasks(tmp_path / "one.vtt", ReadOptions(media_root=tmp_path)))
    assert (tasks, "has no sound beside it" in issues[0].message) == ([], True)


GRID = '''File type = "ooTextFile"
Object class = "TextGrid"

0 3 <exists> 2 ! a short one
"IntervalTier" "words" 0 3 3 0 0.5 "" 0.5 1.2 "Sema ""a""" 1.2 3 "Ndiyo"
"TextTier" "clicks" 0 3 1 1.5 "x"
'''


@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_textgrids_are_read_long_or_short(coding: str, tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(tone(3))
    (tmp_path / "one.TextGrid").write_bytes(GRID.encode(coding))
    assert detect(tmp_path / "one.TextGrid") == "textgrid"
    options = replace(asked("transcript", timed=True), media_root=tmp_path)
    (task,), issues = split(read_tasks(tmp_path / "one.TextGrid", options))
    assert [one["text"] for one in task.predictions[0].value["q"]["segments"]] == [
        'Sema "a"',
        "Ndiyo",
    ]
    assert [one.message for one in issues] == ["has 1 points, which are no stretches"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GRID[:-40], "breaks off"),
        (GRID.replace("2 !", "1e9 !"), "counts 1e+09 entries"),
        (GRID.replace("0.5 1.2", '0.5 "1.2"'), "where a number is wanted"),
        (GRID.replace("IntervalTier", "Pitch"), "of the class 'Pitch'"),
        ('File type = "ooTextFile"\nObject class = "Pitch"', "is no TextGrid"),
    ],
)
def test_a_broken_textgrid_says_where(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(tone(1))
    tasks, issues = read(tmp_path, "one.TextGrid", text.encode(), ReadOptions(media_root=tmp_path))
    assert tasks == []
    assert reason in issues[0].message


def test_manifests_and_clips_bring_their_sounds_and_nobody(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/a.wav").write_bytes(tone(1))
    line = {"audio_filepath": "clips/a.wav", "duration": 1.0, "text": "Habari"}
    rows = jsonl(
        line,
        {**line, "audio_filepath": "/etc/passwd"},
        {**line, "offset": 2.5},
        {"text": 1, "audio_filepath": "x"},
    )
    options = ReadOptions(questions=asked("transcript").questions, media_root=tmp_path)
    (task,), issues = read(tmp_path, "m.json", rows, options)
    assert task.predictions[0].value == {"q": {"text": "Habari"}}
    assert len(issues) == 3
    header = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage"
    clips = f"{header}\nab12\ta.wav\tHabari\t3\t1\ttwenties\nragged\n"
    (tmp_path / "validated.tsv").write_text(clips)
    assert detect(tmp_path) == detect(tmp_path / "validated.tsv") == "common-voice"
    (clip,), issues = split(read_tasks(tmp_path, options))
    assert clip.predictions[0].score == 0.75
    assert clip.data == {"file_name": "clips/a.wav"}
    assert [one.severity for one in issues] == ["warning", "error"]


def tar(*members: tuple[str, bytes | tarfile.TarInfo]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(kind: bytes, name: str) -> tuple[str, tarfile.TarInfo]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return name, info


def test_samples_of_an_archive_are_tasks_and_what_leads_out_is_refused(tmp_path: Path) -> None:
    picture = saved(gradient(8, 8))
    content = tar(
        ("./a/1.png", picture),
        ("./a/1.json", b'{"source": "x"}'),
        ("./a/1.cls", b"3"),
        ("2.txt", "Habari 🌄".encode()),
        ("../3.txt", b"out"),
        ("/4.txt", b"out"),
        link(tarfile.SYMTYPE, "5.txt"),
        link(tarfile.LNKTYPE, "6.txt"),
        link(tarfile.CHRTYPE, "7.txt"),
        ("8.txt", b"\xff"),
        ("9.cls", b"many"),
        ("noending", b""),
    )
    tasks, issues = read(tmp_path, "s-000000.tar", content)
    assert [task.data for task in tasks] == [
        {"source": "x", "cls": 3, "file_name": "a/1.png"},
        {"text": "Habari 🌄", "key": "2"},
    ]
    assert tasks[0].media is not None
    assert len(issues) == 8
    cut, issues = read(tmp_path, "cut.tar", content[:1_700])
    assert (cut, issues[-1].message[:17]) == ([], "is damaged after ")


def test_what_grows_without_end_is_refused_before_it_is_held(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 3 * 1024**3
    bomb = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(4_000_000))
    with pytest.raises(MalformedError, match="a header is"):
        read(tmp_path, "bomb.tar", bomb, ReadOptions(format="webdataset"))
    zeros = tar(("1.txt", bytes(40_000_000)))
    _, issues = read(
        tmp_path, "zeros.tar", gzip.compress(zeros, 1), ReadOptions(format="webdataset")
    )
    assert "bytes; " in issues[0].message
    (tmp_path / "one.wav").write_bytes(tone(1))
    vtt = gzip.compress(b"WEBVTT\n\n" + b"a" * 40_000_000, 1)
    _, issues = read(tmp_path, "one.vtt", vtt, ReadOptions(format="webvtt", media_root=tmp_path))
    assert "is larger than" in issues[0].message


def test_data_sets_of_the_hub_are_read_with_the_names_of_their_classes(tmp_path: Path) -> None:
    features = Features({"text": Value("string"), "mood": ClassLabel(names=["glad", "sad"])})
    made = Dataset.from_dict({"text": ["Habari", "🌄"], "mood": [1, 0]}, features=features)
    made.save_to_disk(str(tmp_path / "one"))
    DatasetDict({"train": made}).save_to_disk(str(tmp_path / "more"))
    (tmp_path / "hub/data").mkdir(parents=True)
    made.to_parquet(str(tmp_path / "hub/data/train-00000-of-00001.parquet"))
    (tmp_path / "hub/README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: data/train-*\n- config_name: other\n  data_files: other/*\n---\n"
    )
    for name in ("one", "more", "hub"):
        assert detect(tmp_path / name) == "hf"
        tasks, issues = split(read_tasks(tmp_path / name))
        assert issues == []
        assert [task.data for task in tasks] == [
            {"text": "Habari", "mood": "sad"},
            {"text": "🌄", "mood": "glad"},
        ]
    arrow = next((tmp_path / "one").glob("*.arrow"))
    arrow.write_bytes(arrow.read_bytes()[:-40] + b"\x07" * 20)
    list(read_tasks(tmp_path / "one"))
    (tmp_path / "one/state.json").write_text('{"_data_files": [{"filename": "../more/x"}]}')
    with pytest.raises(MalformedError, match="holds no Parquet"):
        list(read_tasks(tmp_path / "one"))


def test_preferences_in_parquet_are_preferences(tmp_path: Path) -> None:
    table = pa.table({"prompt": ["a"], "chosen": ["b"], "rejected": ["c"]})
    pq.write_table(table, tmp_path / "pairs.parquet")
    (task,), _ = split(read_tasks(tmp_path / "pairs.parquet", asked("pairwise")))
    assert said(task)[task.predictions[0].value["q"]["better"]] == "b"
    assert all(isinstance(one, NewTask | Issue) for one in read_tasks(tmp_path / "pairs.parquet"))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([(f"1.f{n}.txt", b"x" * 60_000) for n in range(40)], "bytes beside"),
        ([(f"1.f{n}.txt", b"x") for n in range(100)], "more than 64 fields"),
        ([(f"1.f{n}.png", bytes(60_000)) for n in range(40)], "more than one picture"),
        ([("1.txt", b"x")] * 100, "twice"),
    ],
)
def test_one_sample_of_a_tar_never_takes_more_memory_than_a_task_may(
    tmp_path: Path, members: list[tuple[str, bytes]], reason: str
) -> None:
    path = tmp_path / "s.tar"
    path.write_bytes(tar(*members, ("2.txt", b"the next one")))
    options = ReadOptions(
        format="webdataset", max_payload_bytes=4_096, max_image_bytes=65_536, max_sound_bytes=65_536
    )
    tracemalloc.start()
    try:
        found = list(webdataset.read_rows(path, options))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [type(one) for one in found] == [Issue, Row]
    assert reason in found[0].message  # type: ignore[union-attr]
    assert peak < 1_000_000, peak


def test_a_long_tar_is_not_remembered_member_by_member(tmp_path: Path) -> None:
    path = tmp_path / "long.tar"
    path.write_bytes(tar(*((f"{n:06}.txt", b"x") for n in range(5_000))))
    tracemalloc.start()
    try:
        assert sum(1 for _ in webdataset.read_rows(path, ReadOptions())) == 5_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000, peak
