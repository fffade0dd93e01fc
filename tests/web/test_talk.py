"""What models wrote is shown safely, without saying which model wrote it."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from fairhand.web.shared.talk import reply_html, shown_data, talk_view
from tests.data import data_dir

DATA = {
    "conversation": [{"role": "prompter", "text": "Why is *rain* wet?", "author": "Farid"}],
    "replies": [
        {"id": "m1", "text": "**Water** is wet.", "model": "tall-model-7"},
        {"id": "m2", "conversation": [{"role": "assistant", "text": "It is not."}]},
    ],
    "documents": [{"id": "d", "text": "wet", "score": 0.9}, {"id": "e", "text": "dry"}],
    "secret": "m1 is ours",
}
ALL = ("conversation", "replies", "documents")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![see](https://spy.example/p.png)",
        "[click](javascript:alert(1))",
        '<a href="https://x.example" onclick="go()">x</a>',
        "<style>body{display:none}</style>",
        "![x](data:image/svg+xml;base64,AAAA)",
        "<iframe src=//x.example></iframe>",
    ],
)
def test_nothing_a_model_writes_runs_or_asks_another_host(text: str) -> None:
    html = reply_html(text)
    assert not re.search(r"<(?!/?(?:p|em|a|strong|br)\b)", html), html
    assert "<img" not in html
    assert not re.search(r'href="(?:javascript|data)', html)
    assert not re.search(r"<[^>]+ on\w+=", html)


def test_links_open_elsewhere_and_do_not_say_where_from() -> None:
    html = reply_html("[more](https://x.example/a)")
    assert 'target="_blank"' in html
    assert "noreferrer" in html


def test_headings_of_a_reply_never_skip_a_level() -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)>", reply_html("### a\n\n# b\n\n##### c"))]
    assert levels == [3, 3, 4]


def test_formatting_that_people_judge_is_kept() -> None:
    html = reply_html("1. one\n2. two\n\n|a|b|\n|-|-|\n|1|2|\n\n`code` ~~no~~\n\n```\nx < 1\n```")
    for part in ("<ol>", "<table>", "<code>code</code>", "<s>no</s>", "x &lt; 1"):
        assert part in html


def test_a_person_always_sees_replies_in_the_same_order_and_people_differ() -> None:
    def order(person_id: int) -> list[str]:
        talk = talk_view(DATA, ALL, person_id, 7)["talk"]
        return [reply["id"] for reply in talk["replies"]]

    assert all(order(person) == order(person) for person in range(1, 9))
    assert {tuple(order(person)) for person in range(1, 20)} == {("m1", "m2"), ("m2", "m1")}


def test_what_would_say_who_wrote_a_reply_stays_with_the_owner() -> None:
    shown = shown_data(DATA, ALL)
    assert "tall-model-7" not in str(shown)
    assert "Farid" not in str(shown)
    assert "0.9" not in str(shown)
    assert "secret" not in shown
    assert [reply["id"] for reply in shown["replies"]] == ["m1", "m2"]


def test_a_task_without_conversation_has_no_talk() -> None:
    assert talk_view({"text": "x"}, ("text",), 1, 1) == {"talk": None}
    assert talk_view(DATA, ("text",), 1, 1) == {"talk": None}


def test_documents_are_dealt_too() -> None:
    orders = {tuple(talk_view(DATA, ALL, person, 3)["dealt"]) for person in range(1, 20)}
    assert orders == {("d", "e"), ("e", "d")}


def test_real_replies_of_models_are_drawn_safely_and_whole() -> None:
    """Every reply of a public preference set keeps its words and gains nothing that acts."""
    path = data_dir("pref_hh_rlhf") / "harmless_base_test_part.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        pairs = [json.loads(line) for line, _ in zip(file, range(150), strict=False)]
    for pair in pairs:
        for text in (pair["chosen"], pair["rejected"]):
            *_, last = re.split(r"\n\nAssistant: ?", text)
            html = reply_html(last)
            assert not re.search(r"<(?:img|script|style|iframe|form|input)\b", html)
            words = re.findall(r"[A-Za-z]{4,}", last)
            shown = re.sub(r"<[^>]+>", " ", html)
            assert [word for word in words if word not in shown] == []
