"""Labelling configurations and results become our questions and answers, and come back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.core.errors import MalformedError
from fairhand.labels import rle
from fairhand.labels.answers import normalise_value, validate_value
from fairhand.labels.brush_rle import decode_brush, encode_brush
from fairhand.labels.kind import AnswerContext
from fairhand.model.label_studio.config import read_config
from fairhand.model.label_studio.offsets import stretch, to_points, to_units
from fairhand.model.label_studio.read_values import read_results
from fairhand.model.label_studio.write_config import current_config, write_config
from fairhand.model.label_studio.write_values import write_results
from tests.studio import CONFIG, RESULT, REVIEW, VALUE

SDK = Path(sys.prefix) / "label-studio" / "bin" / "python"
PICTURE = """<View><Image name="img" value="$image"/>
<RectangleLabels name="box" toName="img"><Label value="cell"/><Label value="dust"/>
</RectangleLabels>
<PolygonLabels name="poly" toName="img"><Label value="cell"/></PolygonLabels>
<BrushLabels name="brush" toName="img"><Label value="cell"/><Label value="gap"/></BrushLabels>
<KeyPointLabels name="kp" toName="img"><Label value="eye"/><Label value="tail"/></KeyPointLabels>
</View>"""
SOUND = """<View><Audio name="a" value="$audio"/>
<Labels name="who" toName="a"><Label value="Ann"/><Label value="Ben"/></Labels>
<TextArea name="said" toName="a" perRegion="true"/></View>"""
APART = """<View><Image name="img" value="$image"/>
<Labels name="what" toName="img"><Label value="cat"/><Label value="dog"/></Labels>
<Rectangle name="where" toName="img"/></View>"""
BOX = {"rectanglelabels": ["cell"], "x": 1, "y": 1, "width": 9, "height": 9}
PAIR = """<View><Text name="l" value="$one"/><Text name="r" value="$two"/>
<Pairwise name="better" toName="l,r"/></View>"""
RANKED = """<View><List name="list" value="$items"/><Ranker name="order" toName="list"/></View>"""


def test_a_configuration_becomes_questions_and_what_does_not_fit_is_named() -> None:
    found = read_config(CONFIG)
    assert [(one.name, one.kind, one.required) for one in found.questions] == [
        ("my_mood", "choice", True),
        ("who", "spans", False),
        ("topic", "choice", False),
        ("stars", "rating", False),
        ("why", "text", False),
    ]
    mood = found.question("my_mood")
    assert mood.title == "How does it sound?"
    assert [one["value"] for one in mood.config["labels"]] == ["good", "poor"]
    assert mood.config["labels"][0]["key"] == "g"
    assert found.question("who").config["relations"][0]["value"] == "lives in"
    assert [issue.message for issue in found.issues] == [
        "'nights' is of a kind that no question here can hold"
    ]


def test_results_become_answers_and_what_has_no_question_is_said() -> None:
    found = read_config(CONFIG)
    value, reasons = read_results(found, RESULT, AnswerContext(data={"text": REVIEW}))
    assert value == VALUE
    assert reasons == ["has a result of 'nights', which is not a question here"]


def test_answers_become_results_that_are_read_as_the_same_answers() -> None:
    found = read_config(CONFIG)
    data = {"text": REVIEW}
    results, left = write_results(found, VALUE, data)
    assert left == []
    assert read_results(found, results, AnswerContext(data=data)) == (VALUE, [])
    assert results[1]["value"] == RESULT[1]["value"]  # UTF-16 units, as their page counts


def test_a_question_shown_only_sometimes_keeps_its_condition() -> None:
    when = 'visibleWhen="choice-selected" whenTagName="ok" whenChoiceValue="no"'
    xml = (
        '<View><Text name="t" value="$t"/><Choices name="ok" toName="t"><Choice value="yes"/>'
        f'<Choice value="no"/></Choices><View {when}><TextArea name="why" toName="t"/></View>'
        "</View>"
    )
    assert read_config(xml).question("why").only_if == {"question": "ok", "is": ["no"]}


@pytest.mark.parametrize(
    ("control", "why"),
    [
        ('<Choices name="c" toName="t" perRegion="true"><Choice value="a"/></Choices>', "region"),
        ('<Choices name="c" toName="t" value="$c"/>', "from the data of each task"),
        ('<Choices name="c" toName="nothing"><Choice value="a"/></Choices>', "is not shown"),
        ('<Choices name="c" toName="t"/>', "cannot be asked"),
        ('<RectangleLabels name="c" toName="t"><Label value="a"/></RectangleLabels>', "pictures"),
        ('<TimeSeriesLabels name="c" toName="t"/>', "no question here can hold"),
        ('<Rating name="c" toName="t" maxRating="100"/>', "2 to 11 steps"),
    ],
)
def test_a_control_that_fits_no_question_is_named(control: str, why: str) -> None:
    found = read_config(f'<View><Text name="t" value="$t"/>{control}</View>')
    assert found.questions == ()
    assert why in found.issues[0].message


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<View>",
        '<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><View/>',
        "<View/>" * 2,
        "<View>" + "<a/>" * 30_000 + "</View>",
        "x" * 1_000_001,
    ],
    ids=lambda xml: xml[:20],
)
def test_what_is_no_configuration_is_refused(xml: str) -> None:
    with pytest.raises(MalformedError, match="labelling configuration"):
        read_config(xml)


def test_labels_and_rectangles_apart_are_one_question() -> None:
    found = read_config(APART)
    assert [(one.name, one.kind) for one in found.questions] == [("where", "boxes")]
    value = {"where": {"size": [50, 200], "boxes": [{"label": "dog", "box": [10, 5, 60, 25]}]}}
    results, _ = write_results(found, value, {})
    assert [(one["id"], one["from_name"], one["type"]) for one in results] == [
        ("where-0", "where", "rectangle"),
        ("where-0", "what", "labels"),
    ]
    context = AnswerContext(image_width=200, image_height=50)
    assert read_results(found, results, context) == (value, [])


def test_pairs_and_ranks_are_about_replies() -> None:
    context = AnswerContext(data={"replies": ["One.", "Two."]})
    pair = read_config(PAIR)
    results, _ = write_results(
        pair, {"better": {"verdict": "better", "better": "b"}}, context.data or {}
    )
    assert results[0]["value"] == {"selected": "right"}
    assert read_results(pair, results, context)[0]["better"]["better"] == "b"
    ranked = read_config(RANKED)
    value = {"order": {"ranks": [["b"], ["a"]]}}
    results, _ = write_results(ranked, value, context.data or {})
    assert read_results(ranked, results, context) == (value, [])


@pytest.mark.parametrize("xml", [CONFIG, PICTURE, SOUND, APART, PAIR, RANKED])
def test_questions_written_as_a_configuration_are_read_as_the_same_questions(xml: str) -> None:
    questions = read_config(xml).questions
    written = write_config(questions)
    again = read_config(written.xml)
    assert [(one.name, one.kind, one.required) for one in again.questions] == [
        (one.name, one.kind, one.required) for one in questions
    ]
    labels = [[label["value"] for label in one.config.get("labels", ())] for one in again.questions]
    assert labels == [[la["value"] for la in one.config.get("labels", ())] for one in questions]


def test_a_configuration_stays_as_it_came_while_its_questions_are_asked() -> None:
    questions = read_config(CONFIG).questions
    assert current_config(CONFIG, questions).xml == CONFIG
    assert current_config(CONFIG, questions[1:]).xml != CONFIG


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({**BOX, "rotation": 5}, "turned"),
        ({**BOX, "x": 95}, "beyond"),
        ({**BOX, "x": None}, "not a number"),
        ({**BOX, "x": 10**9}, "too large"),
        ({**BOX, "rectanglelabels": ["cow"]}, "not a label"),
        ({**BOX, "rectanglelabels": ["cell", "dust"]}, "2 labels"),
        ([], "not an object"),
    ],
)
def test_a_region_that_does_not_fit_says_why(value: Any, why: str) -> None:  # noqa: ANN401
    found = read_config(PICTURE)
    part = {"from_name": "box", "to_name": "img", "type": "rectanglelabels", "value": value}
    context = AnswerContext(image_width=40, image_height=30)
    answer, (reason,) = read_results(found, [part], context)
    assert answer == {}
    assert why in reason


LABEL = st.sampled_from(["cell", "dust"])


@st.composite
def pictures(draw: st.DrawFn) -> tuple[dict[str, Any], AnswerContext]:
    """A picture's size and drawings on it that are valid answers."""
    height, width = draw(st.integers(4, 40)), draw(st.integers(4, 40))
    across = st.integers(0, width * 100).map(lambda n: n / 100)
    down = st.integers(0, height * 100).map(lambda n: n / 100)
    corners = draw(st.lists(st.tuples(across, down), min_size=2, max_size=2))
    (x0, x1), (y0, y1) = (sorted(one) for one in zip(*corners, strict=True))
    box = {"label": draw(LABEL), "box": [x0, y0, x1, y1]}
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask: NDArray[np.bool_] = np.array(bits, np.bool_).reshape(height, width)
    points = [{"label": "eye", "state": "visible", "at": [draw(across), draw(down)]},
              {"label": "tail", "state": "absent"}]  # fmt: skip
    size = [height, width]
    value: dict[str, Any] = {"kp": {"size": size, "points": points}}
    if x1 > x0 and y1 > y0:
        value["box"] = {"size": size, "boxes": [box]}
        triangle = [[x0, y0], [x1, y0], [x1, y1]]
        value["poly"] = {"size": size, "polygons": [{"label": "cell", "points": triangle}]}
    if mask.any():
        regions = [{"label": "gap", "counts": rle.encode(mask)}]
        value["brush"] = {"size": size, "regions": regions}
    return value, AnswerContext(image_width=width, image_height=height)


@given(drawn=pictures())
@settings(max_examples=60, deadline=None)
def test_what_is_drawn_comes_back_to_the_hundredth_of_a_pixel(
    drawn: tuple[dict[str, Any], AnswerContext],
) -> None:
    value, context = drawn
    found = read_config(PICTURE)
    assert validate_value(found.questions, value, context) == []
    results, left = write_results(found, value, {})
    assert left == []
    again = json.loads(json.dumps(results))
    assert read_results(found, again, context) == (normalise_value(found.questions, value), [])


@given(
    stretches=st.lists(
        st.tuples(st.integers(0, 500), st.integers(50, 400), st.sampled_from(["Ann", "Ben"])),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_sounds_come_back_to_the_millisecond(stretches: list[tuple[int, int, str]]) -> None:
    at = 0
    segments, lines = [], []
    for gap, length, label in stretches:
        at += gap
        segments.append({"start": at, "end": at + length, "label": label})
        lines.append({"start": at, "end": at + length, "text": f"{label} at {at}"})
        at += length
    value = {"who": {"segments": segments}, "said": {"segments": lines}}
    found = read_config(SOUND)
    context = AnswerContext(duration_ms=at + 1)
    results, _ = write_results(found, value, {})
    assert len({one["id"] for one in results}) == len(segments)  # one region, two controls
    wanted = normalise_value(found.questions, value)
    assert read_results(found, json.loads(json.dumps(results)), context) == (wanted, [])


@given(text=st.text(st.sampled_from("a é👩🏽‍🌾\u0301中"), max_size=20), data=st.data())
def test_offsets_are_the_same_place_in_both_ways_of_counting(
    text: str, data: st.DataObject
) -> None:
    points = data.draw(st.integers(0, len(text)))
    units = to_units(text, points)
    assert units == len(text[:points].encode("utf-16-le")) // 2
    assert to_points(text, units) == points
    end = data.draw(st.integers(points, len(text)))
    said = text[points:end]
    assert stretch(text, units, to_units(text, end), said) == (points, end)
    found = stretch(text, points, end, said)  # counted in code points, as models do
    assert found is not None
    assert text[found[0] : found[1]] == said


def test_half_a_pair_and_places_beyond_the_text_are_none() -> None:
    assert to_points("👩", 1) is None
    assert to_points("👩", 3) is None
    assert to_points("ab", 3) is None
    assert stretch("ab", 0, 9, None) is None


_CODER = """
import json, sys
import numpy as np
from label_studio_sdk.converter.brush import decode_rle, encode_rle
for line in sys.stdin:
    one = json.loads(line)
    size = (one["height"], one["width"], 4)
    theirs = decode_rle(one["ours"]).reshape(size)[:, :, 3]
    mask = np.array(one["mask"], np.uint8).reshape(one["height"], one["width"])
    words = np.repeat(mask.reshape(-1), 4)
    print(json.dumps({"read": (theirs > 0).astype(int).ravel().tolist(),
                      "written": [int(n) for n in encode_rle(words)]}))
"""


def test_brushes_are_read_and_written_as_their_own_coder_does() -> None:
    draw = np.random.default_rng(5)
    masks = [
        np.zeros((3, 5), np.bool_),
        np.ones((40, 30), np.bool_),
        draw.random((17, 23)) < 0.3,
        np.pad(np.ones((100, 90), np.bool_), 70),
    ]
    asked = [
        {
            "height": mask.shape[0],
            "width": mask.shape[1],
            "ours": encode_brush(mask),
            "mask": (mask * 255).ravel().tolist(),
        }
        for mask in masks
    ]
    told = subprocess.run(  # our own script in the SDK's own environment
        [SDK, "-c", _CODER],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for mask, line in zip(masks, told, strict=True):
        one = json.loads(line)
        assert one["read"] == mask.astype(int).ravel().tolist()
        assert (decode_brush(one["written"], *mask.shape) == mask).all()


@given(bits=st.lists(st.booleans(), min_size=1, max_size=300), width=st.integers(1, 20))
def test_brushes_come_back(bits: list[bool], width: int) -> None:
    height = -(-len(bits) // width)
    mask = np.zeros(height * width, np.bool_)
    mask[: len(bits)] = bits
    shaped = mask.reshape(height, width)
    assert (decode_brush(encode_brush(shaped), height, width) == shaped).all()
