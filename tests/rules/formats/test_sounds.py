"""Sounds from strangers are checked, cleaned of tags, and drawn small."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.options import ReadOptions
from fairhand.formats.registry import read_tasks
from fairhand.formats.sounds import is_sound, kind_of, make_peaks, read_sound_file
from fairhand.labels.registry import with_defaults
from fairhand.model.project import Question
from fairhand.model.task import NewTask

SECRET = b"recorded at 12 Harbour Street"


def tone(seconds: float = 1.0, rate: int = 8_000, channels: int = 1, width: int = 2) -> bytes:
    """A WAV file: silence, then from its middle on a tone at half of full scale."""
    time = np.arange(int(seconds * rate)) / rate
    values = 0.5 * np.sin(2 * np.pi * 400 * time) * (time >= seconds / 2)
    whole = np.rint(values * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    if width == 1:
        whole += 128
    raw = b"".join(
        int(value).to_bytes(width, "little", signed=width > 1)
        for value in whole
        for _ in range(channels)
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(raw)
    return out.getvalue()


def with_chunk(content: bytes) -> bytes:
    """The same WAV with a list of names in it."""
    chunk = b"LIST" + struct.pack("<I", len(SECRET) + 5) + b"INFO" + SECRET + b"\0\0"
    body = content[12:] + chunk
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


def encoded(kind: str) -> bytes:
    soundfile = pytest.importorskip("soundfile", reason="needs fairhand[audio]")
    time = np.arange(16_000) / 16_000
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 16_000, 1, format=kind) as file:
        if kind == "FLAC":
            file.comment = SECRET.decode()
        file.write(0.25 * np.sin(2 * np.pi * 300 * time))
    return out.getvalue()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_whole_number_wav_is_read_without_any_extra(width: int, channels: int) -> None:
    found = read_sound_file(tone(width=width, channels=channels))
    assert found.media.content_type == "audio/wav"
    assert found.media.details == {"duration_ms": 1_000, "rate": 8_000, "channels": channels}


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("FLAC", "audio/flac"), ("OGG", "audio/ogg"), ("MP3", "audio/mpeg")],
)
def test_other_kinds_are_told_by_their_content(kind: str, content_type: str) -> None:
    content = encoded(kind)
    assert kind_of(content[:16]) == kind
    media = read_sound_file(content).media
    assert media.content_type == content_type
    assert media.details is not None
    assert 950 <= media.details["duration_ms"] <= 1_120


def test_what_is_no_sound_is_none_of_ours() -> None:
    for head in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"", b"RIFF\0\0\0\0WEBP", b"\xff\xff"):
        assert not is_sound(head)


def test_names_and_places_are_taken_out_and_every_sample_stays() -> None:
    clean, tagged = tone(), with_chunk(tone())
    assert read_sound_file(tagged).content == clean
    assert read_sound_file(tagged, keep_metadata=True).content == tagged
    assert read_sound_file(clean).content is clean
    flac = encoded("FLAC")
    assert SECRET in flac
    cleaned = read_sound_file(flac).content
    assert SECRET not in cleaned
    assert make_peaks(cleaned, 1_000) == make_peaks(flac, 1_000)
    mp3 = encoded("MP3")
    tagged_mp3 = b"ID3\x04\0\0\0\0\0" + bytes([len(SECRET)]) + SECRET + mp3 + b"TAG" + b"\0" * 125
    assert SECRET not in read_sound_file(tagged_mp3).content


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF\x24\0\0\0WAVE",
        tone()[:44],
        b"fLaC" + b"\0" * 100,
        b"OggS" + b"\1" * 300,
        b"ID3" + b"\x7f" * 40,
        b"\xff\xfb\x90\x00" * 3,
    ],
)
def test_a_damaged_or_empty_sound_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(MalformedError, match=r"sound"):
        read_sound_file(content)


def test_names_are_taken_out_of_long_wav_as_well() -> None:
    pytest.importorskip("soundfile", reason="needs fairhand[audio]")
    plain = tone(0.5)
    data = plain.index(b"data")
    samples = plain[data + 8 :]
    sizes = struct.pack("<QQQI", len(plain) + 60, len(samples), len(samples) // 2, 0)
    named = b"LIST" + struct.pack("<I", 12) + b"INFO Jane D."
    huge = struct.pack("<I", 0xFFFFFFFF)
    long = (
        b"RF64" + huge + b"WAVE" + b"ds64" + struct.pack("<I", len(sizes)) + sizes + named
        + plain[12:data] + b"data" + huge + samples + named
    )  # fmt: skip
    found = read_sound_file(long)
    assert b"Jane" not in found.content
    assert found.content == plain


def test_peaks_show_where_it_is_loud() -> None:
    pairs = np.frombuffer(make_peaks(tone(2.0), 2_000), np.int8).reshape(-1, 2)
    assert len(pairs) == 200
    assert not pairs[:99].any()
    assert (pairs[101:, 1] >= 60).all()
    assert (pairs[101:, 0] <= -60).all()


def test_a_long_sound_has_no_more_than_six_thousand_peaks() -> None:
    assert len(make_peaks(tone(70.0, rate=2_000), 70_000)) == 2 * 6_000


def read(path: Path, **options: Any) -> tuple[list[NewTask], list[Issue]]:  # noqa: ANN401
    found = list(read_tasks(path, ReadOptions(**options)))
    tasks = [one for one in found if isinstance(one, NewTask)]
    return tasks, [one for one in found if isinstance(one, Issue)]


def test_a_column_names_sounds_below_the_file(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(tone())
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"sound": "one.wav", "text": "hello"}\n{"sound": "two.wav"}\n')
    (task,), (issue,) = read(rows, audio_column="sound", media_root=tmp_path)
    assert task.media is not None
    assert task.media.content_type == "audio/wav"
    assert task.data == {"text": "hello", "file_name": "one.wav"}
    assert "two.wav" in issue.message


def test_a_folder_and_an_archive_of_sounds_are_tasks(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.wav").write_bytes(tone(0.5))
    (folder / "notes.txt").write_text("not a sound")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.wav", tone(0.5))
    for path in (folder, tmp_path / "all.zip"):
        (task,), _ = read(path)
        assert task.media is not None
        assert task.media.details == {"duration_ms": 500, "rate": 8_000, "channels": 1}


def test_a_sound_in_an_archive_may_be_as_long_as_one_in_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.wav", tone(0.5))
    tasks, issues = read(tmp_path / "all.zip", max_image_bytes=1_000, max_sound_bytes=10_000)
    assert (len(tasks), issues) == (1, [])
    tasks, issues = read(tmp_path / "all.zip", max_image_bytes=1_000, max_sound_bytes=5_000)
    assert tasks == []
    assert "larger than 5000 bytes" in issues[0].message


def test_a_known_answer_beyond_the_end_of_the_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.wav").write_bytes(tone())
    config = with_defaults("segments", {"labels": ["speech"]})
    asked = (Question("who", "segments", "Who?", config),)
    rows = tmp_path / "rows.jsonl"
    for end, good in ((1_000, 1), (1_001, 0)):
        answer = f'{{"segments": [{{"start": 0, "end": {end}, "label": "speech"}}]}}'
        rows.write_text(f'{{"sound": "one.wav", "known": {answer}}}\n')
        tasks, issues = read(
            rows, audio_column="sound", media_root=tmp_path, questions=asked,
            gold_columns={"known": "who"},
        )  # fmt: skip
        assert (len(tasks), len(issues)) == (good, 1 - good)
