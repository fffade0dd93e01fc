"""Hurt files of chats, judgements, timed text and shards end in issues, or one clear refusal."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.labels.registry import with_defaults
from fairhand.model.task import NewTask
from tests.rules.formats.reading import Asked
from tests.rules.formats.test_hostile_files import lay, mutants, read_to_its_end
from tests.rules.formats.test_sounds import tone

SOUND = tone(0.02)
USER, SAID = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
OTHER = {"role": "assistant", "content": "c"}
QUESTIONS = [
    Asked(kind, kind, dict(with_defaults(kind, config)))
    for kind, config in (
        ("pairwise", {}),
        ("relevance", {}),
        ("transcript", {"timed": True}),
        ("segments", {"labels": [{"value": "b"}]}),
        ("text", {}),
        ("ranking", {}),
    )
]
TREE = {
    "message_tree_id": "p",
    "prompt": {
        "message_id": "p",
        "text": "a",
        "role": "prompter",
        "replies": [
            {"message_id": "x", "text": "b", "role": "assistant", "rank": 1, "replies": []},
            {"message_id": "y", "text": "c", "role": "assistant", "rank": 0},
        ],
    },
}
SPOKEN = "\n\nHuman: a\n\nAssistant: "
CLIPS = b"path\tsentence\tup_votes\n1.wav\tb\t2\n"
GRID = (
    b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0 0.02 <exists> 1\n'
    b'"IntervalTier" "b"\n0 0.02 1 0 0.02 "b"\n'
)


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def shard() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("1.txt", b"a"), ("1.json", b'{"n": 1}'), ("2.wav", SOUND)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()[:6_000]


def table() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"chosen": ["b"], "rejected": ["c"], "prompt": ["a"]}), out)
    return out.getvalue()


BEIR = {
    "queries.jsonl": line({"_id": "q", "text": "a"}),
    "corpus.jsonl": line({"_id": "d", "text": "b"}),
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq\td\t1\n",
}
FILES: dict[str, tuple[dict[str, bytes], str]] = {
    "trl-preference": ({"a": line({"prompt": [USER], "chosen": [SAID], "rejected": [OTHER]})}, "a"),
    "trl-kto": ({"a": line({"prompt": "a", "completion": "b", "label": True})}, "a"),
    "openai-chat": ({"a": line({"messages": [USER, {**SAID, "weight": 1}]})}, "a"),
    "openai-preference": (
        {
            "a": line({
                "input": {"messages": [USER]},
                "preferred_output": [SAID],
                "non_preferred_output": [OTHER],
            })
        },
        "a",
    ),
    "anthropic-hh": (
        {"a": line({"chosen": SPOKEN + "b", "rejected": SPOKEN + "c"})},
        "a",
    ),
    "oasst": ({"a": line(TREE)}, "a"),
    "nemo": ({"a": line({"audio_filepath": "1.wav", "text": "b"}), "1.wav": SOUND}, "a"),
    "common-voice": ({"a.tsv": CLIPS, "1.wav": SOUND}, "a.tsv"),
    "webvtt": ({"1.vtt": b"WEBVTT\n\n00:00.000 --> 00:00.020\n<v b>b\n", "1.wav": SOUND}, "1.vtt"),
    "textgrid": ({"1.TextGrid": GRID, "1.wav": SOUND}, "1.TextGrid"),
    "beir": (BEIR, "qrels/test.tsv"),
    "webdataset": ({"a.tar": shard()}, "a.tar"),
    "sft": ({"a": line({"messages": [USER, SAID]})}, "a"),
    "trec": (
        {**BEIR, "qrels.txt": b"q 0 d 1\n"},
        "qrels.txt",
    ),
    "parquet": ({"a.parquet": table()}, "a.parquet"),
    "hf": ({"data/train.parquet": table()}, "data/train.parquet"),
    "fairhand": ({"a": line({"task_id": 1, "data": {"text": "a"}, "answers": {"text": "b"}})}, "a"),
}  # fmt: skip
FOLDERS = ("beir", "hf")


@pytest.mark.parametrize("form", sorted(FILES))
def test_a_hurt_file_gives_issues_or_one_refusal(form: str, tmp_path: Path) -> None:
    files, hurt = FILES[form]

    def read(folder: Path) -> Any:  # noqa: ANN401  # tasks and issues
        options = ReadOptions(format=form, questions=QUESTIONS, media_root=folder)
        return read_tasks(folder if form in FOLDERS else folder / hurt, options)

    lay(tmp_path, files)
    assert any(isinstance(one, NewTask) for one in read(tmp_path)), "the good one is read"
    for bad in mutants(files[hurt]):
        (tmp_path / hurt).write_bytes(bad)
        read_to_its_end(read, tmp_path)
