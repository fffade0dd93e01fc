"""Every kind that Label Studio has a control for goes to a model server and comes back the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.compute.assistants.contract import AssistantError, Item
from fairhand.compute.backends.label_config import (
    LabelConfig,
    Shown,
    label_config,
    shown_data,
    shown_of,
)
from fairhand.compute.backends.label_studio_values import read_results, write_results
from fairhand.labels import registry
from fairhand.labels.kind import AnswerContext
from fairhand.model.project import Question

LABELS: dict[str, Any] = {"labels": [{"value": "PER", "title": "Person"}, {"value": "org"}]}
WIDTH, HEIGHT, LONG_MS = 80, 40, 9_000
TEXT = "Zoë 👩🏽‍🌾 joined 𝔸cme in Dodoma."
DATA: dict[str, Any] = {
    "text": TEXT,
    "replies": [{"id": "x", "text": "yes"}, {"id": "y", "text": "no"}],
    "documents": [{"id": "d1", "text": "one"}, {"id": "d2", "text": "two"}],
}
CONTEXT = AnswerContext(WIDTH, HEIGHT, DATA, LONG_MS)
SORTS = {"boxes": "image", "polygons": "image", "keypoints": "image", "segments": "audio",
         "transcript": "audio"}  # fmt: skip


def asked(kind: str, name: str = "it", **config: Any) -> Question:  # noqa: ANN401
    return Question(name, kind, "?", registry.with_defaults(kind, config))


def configured(*questions: Question) -> LabelConfig:
    sort = next((SORTS[one.kind] for one in questions if one.kind in SORTS), "text")
    return label_config(questions, Shown(sort, sort))


def read(question: Question, *results: Any) -> Any:  # noqa: ANN401
    found = read_results(configured(question), results, CONTEXT)
    return None if found is None else found[question.name]


label = st.sampled_from(["PER", "org"])
x, y = (st.integers(0, side * 100 - 200).map(lambda n: n / 100) for side in (WIDTH, HEIGHT))
size = {"size": [HEIGHT, WIDTH]}


@st.composite
def boxes(draw: Callable[..., Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        left, top = draw(x), draw(y)
        one = {"label": draw(label), "box": [left, top, left + 1.5, top + 2]}
        found += [one] if one not in found else []
    return {**size, "boxes": found}


@st.composite
def polygons(draw: Callable[..., Any]) -> dict[str, Any]:
    left, top = draw(x), draw(y)
    corners = [[left, top], [left + 2, top], [left + 1, top + 2]]
    return {**size, "polygons": [{"label": draw(label), "points": corners}]}


@st.composite
def keypoints(draw: Callable[..., Any]) -> dict[str, Any]:
    first = {"label": "PER", "state": "visible", "at": [draw(x), draw(y)]}
    return {**size, "points": [first, {"label": "org", "state": "absent"}]}


@st.composite
def spans(draw: Callable[..., Any]) -> dict[str, Any]:
    start = draw(st.sampled_from([at for at, char in enumerate(TEXT) if not char.isspace()]))
    one = {"start": start, "end": draw(st.integers(start + 1, len(TEXT))), "label": draw(label)}
    other = {"start": 0, "end": 3, "label": "PER"}
    linked = [{"from": 0, "to": 1, "label": "at"}]
    return {"spans": [one]} if one == other else {"spans": [one, other], "relations": linked}


@st.composite
def stretches(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    cuts = sorted(
        draw(st.lists(st.integers(0, LONG_MS // 20), min_size=2, max_size=6, unique=True))
    )
    return [{"start": a * 20, "end": b * 20} for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


ROUND_TRIPS: dict[str, tuple[Question, st.SearchStrategy[Any]]] = {
    "choice": (asked("choice", **LABELS, multiple=True), st.just(["PER", "org"])),
    "boxes": (asked("boxes", **LABELS), boxes()),
    "polygons": (asked("polygons", **LABELS), polygons()),
    "keypoints": (asked("keypoints", **LABELS), keypoints()),
    "spans": (asked("spans", **LABELS, snap=False, relations=[{"value": "at"}]), spans()),
    "segments": (
        asked("segments", **LABELS),
        stretches().map(lambda all_: {"segments": [{**one, "label": "org"} for one in all_]}),
    ),
    "transcript": (asked("transcript"), st.just({"text": "habari ya asubuhi"})),
    "timed transcript": (
        asked("transcript", timed=True),
        stretches().map(lambda all_: {"segments": [{**one, "text": "habari"} for one in all_]}),
    ),
    "text": (asked("text"), st.just("a\nb")),
    "rating": (
        asked("rating", criteria=[{"name": "kind"}, {"name": "true"}]),
        st.integers(1, 5).map(lambda steps: {"ratings": {"kind": steps, "true": 6 - steps}}),
    ),
    "pairwise": (
        asked("pairwise", strength=1, reason="none"),
        st.sampled_from("xy").map(lambda one: {"verdict": "better", "better": one}),
    ),
    "ranking": (asked("ranking"), st.permutations("xy").map(lambda o: {"ranks": [[a] for a in o]})),
    "relevance": (
        asked("relevance"),
        st.integers(0, 1).map(lambda grade: {"grades": {"d1": grade, "d2": 0}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROUND_TRIPS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_an_answer_written_as_results_reads_as_itself(kind: str, data: st.DataObject) -> None:
    question, answers = ROUND_TRIPS[kind]
    answer = registry.normalise_answer(question.kind, question.config, data.draw(answers))
    assert not registry.validate_answer(question.kind, question.config, answer, CONTEXT)
    config = configured(question)
    assert not config.left
    written = write_results(config, {"it": answer}, DATA)
    assert read_results(config, written, CONTEXT) == {"it": answer}
    names = {one.get("name") for one in ElementTree.fromstring(config.xml)}
    assert all(one["from_name"] in names for one in written if one["type"] != "relation")
    assert all(set(one["to_name"].split(",")) <= names for one in written if "to_name" in one)


def test_every_kind_has_a_control_or_a_reason_why_not() -> None:
    tried = {question.kind for question, _ in ROUND_TRIPS.values()} | {"mask"}
    examples = {one.name: one.examples for one in registry.registered()}
    for kind in set(registry.kinds()) - tried:
        example = examples[kind]().valid[0]
        (reason,) = label_config(
            [Question("it", kind, "?", dict(example.config))], Shown("text", "text")
        ).left.values()
        assert "no control" in reason
    left = configured(asked("boxes", **LABELS), asked("spans", "words", **LABELS)).left
    assert left == {"words": "it marks the column 'text', which the backend is not shown"}
    left = configured(asked("spans", **LABELS), asked("boxes", "where", **LABELS)).left
    assert set(left) == {"it"}
    sounds = label_config([asked("boxes", **LABELS)], Shown("audio", "audio")).left
    assert sounds == {"it": "it is about pictures, and these tasks show sounds"}
    (why,) = configured(asked("pairwise", reason="required")).left.values()
    assert "people must also say why" in why
    replied = asked("rating", each="reply")
    assert set(configured(replied).left) == {"it"}


def test_the_controls_are_those_that_known_models_look_for() -> None:
    config = label_config([asked("boxes", **LABELS)], Shown("image", "image"))
    (box,) = ElementTree.fromstring(config.xml).findall("RectangleLabels")
    assert [one.get("value") for one in box] == ["PER", "org"]
    assert (box.get("toName"), box.get("name")) == ("image", "it")
    root = ElementTree.fromstring(configured(asked("spans", **LABELS)).xml)
    assert [root.find(tag) is not None for tag in ("Labels", "Text")] == [True, True]
    root = ElementTree.fromstring(configured(asked("transcript", timed=True)).xml)
    assert [root.find(tag) is not None for tag in ("TextArea", "Labels", "Audio")] == [True] * 3


def test_what_a_comparison_shows_is_put_where_its_controls_look() -> None:
    item = Item(1, {"conversation": [{"role": "user", "text": "Why?"}], "replies": ["a", "b"]})
    shown = shown_of(item)
    config = label_config([asked("pairwise"), asked("ranking", "order")], shown)
    data = shown_data(item, config)
    assert (data["text"], data["reply_1"], data["reply_2"]) == ("Why?", "a", "b")
    assert data["items"][1] == {"id": "b", "title": "b", "body": "b"}
    bare = shown_data(Item(2, {"text": "alone"}), config)
    assert (bare["reply_1"], bare["items"]) == ("", [])
    left = {"type": "pairwise", "from_name": "it", "value": {"selected": "left"}}
    assert read_results(config, [left], AnswerContext(data={"text": "alone"})) is None


def _drawn(kind: str = "rectanglelabels", **value: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": kind, "from_name": "it", "value": {kind: ["person"], **value}}


UPRIGHT: dict[str, Any] = {"x": 25, "y": 25, "width": 50, "height": 50}


def test_labels_are_meant_whatever_their_case_and_turned_boxes_stand_upright() -> None:
    question = asked("boxes", **LABELS)
    found = read(question, _drawn(**UPRIGHT), _drawn(**UPRIGHT))["boxes"]
    assert found == [{"label": "PER", "box": [20, 10, 60, 30]}]
    turned = read(question, _drawn(x=50, y=25, width=25, height=25, rotation=90))["boxes"]
    assert turned == [{"label": "PER", "box": [30, 10, 40, 30]}]
    corners = read(asked("polygons", **LABELS), _drawn(**UPRIGHT))["polygons"][0]["points"]
    assert sorted(map(tuple, corners)) == [(20, 10), (20, 30), (60, 10), (60, 30)]


def test_words_find_their_times() -> None:
    timed = asked("transcript", timed=True)
    said = {"type": "textarea", "from_name": "it", "id": "a", "value": {"text": ["jambo"]}}
    assert read(timed, said)["segments"] == [{"start": 0, "end": LONG_MS, "text": "jambo"}]
    stretch = {"type": "labels", "from_name": "it-times", "id": "a",
               "value": {"start": 1, "end": 9.04, "labels": ["speech"]}}  # fmt: skip
    assert read(timed, stretch, said)["segments"] == [
        {"start": 1_000, "end": LONG_MS, "text": "jambo"}
    ]
    late = {**stretch, "value": {"start": 1, "end": 20, "labels": ["speech"]}}
    with pytest.raises(AssistantError, match=r"Result 2.*9000 ms"):
        read(timed, late, said)
    assert read(timed, {**said, "value": {"text": [" "]}}) is None
    assert read(asked("text"), {**said, "value": {"text": []}}) is None


def test_which_is_better_is_taken_as_a_little_where_people_say_how_much() -> None:
    said = {"type": "pairwise", "from_name": "it", "value": {"selected": "right"}}
    assert read(asked("pairwise"), said) == {"verdict": "better", "better": "y", "strength": 1}


def _marked(start: Any, end: Any, *labels: str) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "labels", "from_name": "it", "value": {"start": start, "end": end,
                                                           "labels": list(labels)}}  # fmt: skip


def test_offsets_without_a_quote_are_code_points_as_models_count_them() -> None:
    words = "𝔸cme"
    start = TEXT.index(words)
    one = {"start": start, "end": start + len(words), "label": "org"}
    question = asked("spans", **LABELS, snap=False)
    assert read(question, _marked(start, start + len(words), "ORG"))["spans"] == [one]
    units = len(TEXT[:start].encode("utf-16-le")) // 2
    by_page = _marked(units, units + len(words) + 1, "ORG")
    by_page["value"]["text"] = words
    assert read(question, by_page)["spans"] == [one]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "words"),
    [
        ("boxes", _drawn(**UPRIGHT), _drawn(**{**UPRIGHT, "x": float("nan")}), "x"),
        ("boxes", _drawn(**UPRIGHT), {**_drawn(**UPRIGHT), "original_width": 99,
                                      "original_height": 40}, "99"),
        ("boxes", _drawn(**UPRIGHT), _drawn(**UPRIGHT, rectanglelabels=["cow"]), "cow"),
        ("boxes", _drawn(**UPRIGHT), _drawn(**{**UPRIGHT, "width": 90}), "beyond the picture"),
        ("boxes", _drawn(**UPRIGHT), _drawn(**{**UPRIGHT, "width": 0}), "box"),
        ("keypoints", _drawn("keypointlabels", x=1, y=1), _drawn("keypointlabels", x="1"), "x"),
        ("spans", _marked(0, 3, "PER"), _marked(0, 999, "PER"), "999"),
        ("spans", _marked(0, 3, "PER"), _marked(0.5, 3, "PER"), "begins at"),
        ("spans", _marked(0, 3, "PER"), _marked(0, 3, "cow"), "cow"),
        ("segments", _marked(0, 3, "PER"), _marked(4, 12.5, "PER"), "9000 ms"),
        ("segments", _marked(0, 3, "PER"), _marked(4, float("inf"), "PER"), "end"),
    ],
)  # fmt: skip
def test_the_result_that_is_wrong_is_named(kind: str, good: Any, bad: Any, words: str) -> None:  # noqa: ANN401
    question = asked(kind, **LABELS)
    assert read(question, good) is not None
    with pytest.raises(AssistantError, match=words) as wrong:
        read(question, good, bad)
    assert wrong.value.hop == "value"
    assert "esult 2" in wrong.value.message


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("rating", {"type": "rating", "value": {"rating": 9}}),
        ("rating", {"type": "rating", "value": {}}),
        ("pairwise", {"type": "pairwise", "value": {"selected": "both"}}),
        ("ranking", {"type": "ranker", "value": {"ranker": {"it": ["x", "z"]}}}),
        ("ranking", {"type": "ranker", "value": {"ranker": []}}),
        ("relevance", {"type": "ranker", "value": {"ranker": {"9": ["d1"]}}}),
        ("relevance", {"type": "ranker", "value": {"ranker": {"1": "d1"}}}),
        ("relevance", {"type": "ranker", "value": {"ranker": {"1": ["d7"]}}}),
        ("text", {"type": "textarea", "value": {"text": [7]}}),
        ("text", {"type": "textarea", "value": None}),
        ("transcript", {"type": "textarea", "value": {"text": {}}}),
    ],
)
def test_what_is_no_answer_is_refused(kind: str, result: dict[str, Any]) -> None:
    with pytest.raises(AssistantError) as wrong:
        read(asked(kind), {"from_name": "it", **result})
    assert wrong.value.hop in ("value", "shape")


def test_a_result_finds_the_only_question_that_it_can_answer() -> None:
    about = asked("boxes", **LABELS)
    assert read(about, {**_drawn(**UPRIGHT), "from_name": "label"}) is not None
    assert read(about, {"type": "choices", "from_name": "a", "value": {"choices": ["b"]}}) is None
    twice = configured(about, asked("boxes", "again", **LABELS))
    with pytest.raises(AssistantError, match="the questions are it, again"):
        read_results(twice, [{**_drawn(**UPRIGHT), "from_name": "label"}], CONTEXT)
