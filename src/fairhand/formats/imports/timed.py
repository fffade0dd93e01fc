"""Words and marks along a sound: WebVTT and TextGrids beside their sounds, manifests of sounds.

What is said is proposed for a transcript, who or what is heard for segments. A file of times is
the task of the sound that lies beside it and bears its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeAlias

from fairhand.core.errors import Issue, MalformedError
from fairhand.formats.imports.cues import Cue, parse_cues
from fairhand.formats.imports.found import Found, Told, as_rows, asks, question_of
from fairhand.formats.imports.grids import Tier, parse_grid
from fairhand.formats.lines import lines, unzipped
from fairhand.formats.options import ReadOptions, Row, Source, opened, source_name
from fairhand.labels.answers import Asked
from fairhand.labels.kind import json_type, shown

AUDIO: Final = "audio"
_SOUNDS: Final = (".wav", ".flac", ".ogg", ".mp3")
_MOST_BYTES: Final = 32 * 1024 * 1024
_PERSONAL: Final = ("client_id", "age", "gender", "accents", "accent")
_VOTES: Final = ("up_votes", "down_votes")

Mark: TypeAlias = dict[str, Any]
Answers: TypeAlias = tuple[dict[str, Any], list[str]]
Parse: TypeAlias = Callable[[str, str, ReadOptions], tuple[Answers, list[Issue]]]


def read_vtt(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read a `.vtt` file, or all of a folder, each with its sound."""
    return _beside_sounds(source, options, ".vtt", _from_cues)


def read_textgrid(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read a `.TextGrid` file, or all of a folder, each with its sound."""
    return _beside_sounds(source, options, ".textgrid", _from_grid)


def nemo(values: dict[str, Any], options: ReadOptions) -> Iterator[Found]:
    """Read `{audio_filepath, duration, text}`; `pred_text` is proposed where there is no text."""
    path, text = values.get("audio_filepath"), values.get("text", values.get("pred_text"))
    if not isinstance(path, str) or not path:
        raise MalformedError(f"must have a path in 'audio_filepath', not {shown(path)}")
    if text is not None and not isinstance(text, str):
        raise MalformedError(f"must have text in 'text', not {json_type(text)}")
    if values.get("offset") not in (None, 0):
        raise MalformedError("is a stretch of a longer sound, which is not cut out here")
    read = {"audio_filepath", "text", "pred_text", "duration", "offset"}
    data = {name: value for name, value in values.items() if name not in read}
    answers = {} if text is None else {"transcript": _said(text)}
    yield Found({**data, AUDIO: path}, answers, media=AUDIO)


def read_common_voice(source: Source, options: ReadOptions) -> Iterator[Row | Issue]:
    """Read a table of clips, `NAME.tsv`, or `validated.tsv` of a folder; sounds lie in `clips`.

    Nothing of who speaks is read. The share of up-votes is the score of the sentence.
    """
    told = Told()
    if isinstance(source, Path) and source.is_dir():
        source = _table(source)
    root = source.parent if isinstance(source, Path) else None
    inside = "clips/" if root is not None and (root / "clips").is_dir() else ""
    name = source_name(source, options)
    with opened(source) as file:
        rows = lines(file, options.max_row_bytes, name)
        header = _cells(next(rows, None))
        if header is None or not {"path", "sentence"} <= set(header):
            raise MalformedError(f"{name} has no header with 'path' and 'sentence'")
        for line in rows:
            place = f"{name} line {line.number}"
            cells = _cells(line)
            if cells is None or len(cells) != len(header):
                many = "no text" if cells is None else f"{len(cells)} fields"
                yield Issue(place, f"has {many}; the header has {len(header)} fields")
                continue
            found = _clip(dict(zip(header, cells, strict=True)), inside)
            yield from as_rows(found, place, options, told)


def _clip(values: dict[str, str], inside: str) -> Found:
    path, sentence = values.pop("path"), values.pop("sentence")
    score = _share(*(values.pop(name, "") for name in _VOTES))
    personal = [values.pop(name, "") for name in _PERSONAL]
    notes = ("says who speaks, which is not read",) if any(personal) else ()
    data: dict[str, Any] = {name: value for name, value in values.items() if value}
    ending = "" if PurePosixPath(path).suffix else ".mp3"
    data[AUDIO] = f"{inside}{path}{ending}"
    return Found(data, {"transcript": _said(sentence)}, notes, score, AUDIO)


def _share(up: str, down: str) -> float | None:
    if not (up.isdecimal() and down.isdecimal() and len(up + down) < 20):
        return None
    votes = int(up) + int(down)
    return int(up) / votes if votes else None


def _table(root: Path) -> Path:
    names = [root / f"{name}.tsv" for name in ("validated", "train", "other")]
    found = [path for path in (*names, *sorted(root.glob("*.tsv"))) if path.is_file()]
    if not found:
        raise MalformedError(f"{root.name} has no table of clips")
    return found[0]


def _cells(line: Any) -> list[str] | None:  # noqa: ANN401  # a Line, or None at the end
    try:
        return None if line is None or line.content is None else line.content.decode().split("\t")
    except UnicodeDecodeError:
        return None


def _beside_sounds(
    source: Source, options: ReadOptions, ending: str, parse: Parse
) -> Iterator[Row | Issue]:
    told = Told()
    for path, name, root in _files(source, options, ending):
        try:
            sound = _sound_of(root, name)
            (answers, notes), issues = parse(_text(path, name), name, options)
        except MalformedError as error:
            yield Issue(name, error.message)
            continue
        yield from issues
        found = Found({AUDIO: sound}, answers, tuple(notes), media=AUDIO)
        yield from as_rows(found, name, options, told)


def _files(
    source: Source, options: ReadOptions, ending: str
) -> Iterator[tuple[Source, str, Path | None]]:
    """Yield each file, its name below the folder, and the folder."""
    if not (isinstance(source, Path) and source.is_dir()):
        yield source, source_name(source, options), options.media_root
        return
    for path in sorted(source.rglob("*")):
        if path.name.casefold().endswith(ending) and path.is_file() and not path.is_symlink():
            yield path, path.relative_to(source).as_posix(), source


def _sound_of(root: Path | None, name: str) -> str:
    stem = PurePosixPath(name).with_suffix("")
    for ending in _SOUNDS:
        if root is not None and (root / f"{stem}{ending}").is_file():
            return f"{stem}{ending}"
    wanted = ", ".join(f"{stem.name}{ending}" for ending in _SOUNDS)
    raise MalformedError(f"has no sound beside it; looked for {wanted}")


def _text(source: Source, name: str) -> str:
    with opened(source) as file:
        try:
            raw = unzipped(file).read(_MOST_BYTES + 1)
        except (EOFError, OSError) as error:
            raise MalformedError(f"cannot be read: {error}") from None
    if len(raw) > _MOST_BYTES:
        raise MalformedError(f"is larger than {_MOST_BYTES} bytes")
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(coding)
    except UnicodeDecodeError:
        raise MalformedError("is neither UTF-8 nor UTF-16") from None


def _from_cues(text: str, name: str, options: ReadOptions) -> tuple[Answers, list[Issue]]:
    read = list(parse_cues(text, name))
    cues = [one for one in read if isinstance(one, Cue)]
    issues = [one for one in read if isinstance(one, Issue)]
    words = [{"start": one.start, "end": one.end, "text": one.text} for one in cues]
    heard = [(one.start, one.end, (one.voice, one.text)) for one in cues]
    return _answers(words, heard, options), issues


def _from_grid(text: str, name: str, options: ReadOptions) -> tuple[Answers, list[Issue]]:
    tiers = parse_grid(text)
    points = sum(tier.points for tier in tiers)
    issues = (
        [Issue(name, f"has {points} points, which are no stretches", "warning")] if points else []
    )
    words = [
        {"start": one.start, "end": one.end, "text": one.text}
        for one in _spoken(tiers, options).intervals
        if one.text.strip()
    ]
    heard = [
        (one.start, one.end, (one.text, tier.name))
        for tier in tiers
        for one in tier.intervals
        if one.text.strip()
    ]
    return _answers(words, heard, options), issues


def _spoken(tiers: list[Tier], options: ReadOptions) -> Tier:
    """Find the tier with the words: the one that bears the question's name, or the first."""
    asked = question_of(options, "transcript")
    named = [tier for tier in tiers if asked is not None and tier.name == asked.name]
    return next(iter([*named, *(tier for tier in tiers if not tier.points)]), Tier("", ()))


def _answers(
    words: list[Mark],
    heard: Iterable[tuple[int, int, tuple[str | None, str]]],
    options: ReadOptions,
) -> Answers:
    answers: dict[str, Any] = {}
    notes: list[str] = []
    if asks(options, "transcript"):
        answers["transcript"] = _transcript(words, question_of(options, "transcript"))
    segments = question_of(options, "segments")
    if segments is not None:
        marks, unknown = _marks(heard, segments)
        notes += [f"marks {one[:60]!r}, which is no label: it is left out" for one in unknown]
        answers["segments"] = {"segments": marks} if marks else {"segments": [], "nothing": True}
        if unknown and not marks:
            del answers["segments"]
    return answers, notes


def _transcript(words: list[Mark], asked: Asked | None) -> dict[str, Any]:
    if not words:
        return {"text": "", "nothing": True}
    if asked is not None and not asked.config.get("timed", False):
        return {"text": "\n".join(one["text"] for one in words)}
    return {"segments": words}


def _marks(
    heard: Iterable[tuple[int, int, tuple[str | None, str]]], asked: Asked
) -> tuple[list[Mark], list[str]]:
    known = {str(one["value"]) for one in asked.config.get("labels", ())}
    marks, unknown = [], []
    for start, end, names in heard:
        label = next((name for name in names if name in known), None)
        if label is None:
            unknown.append(names[0] or names[1])
        else:
            marks.append({"start": start, "end": end, "label": label})
    return marks, unknown


def _said(text: str) -> dict[str, Any]:
    return {"text": text} if text.strip() else {"text": "", "nothing": True}
