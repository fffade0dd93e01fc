"""What the task page says is collected from its scripts, and said in seven more languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairhand.core.words import (
    DESK,
    DRAFTED,
    INTERFACE,
    count_drafted,
    desk_words,
    direction_of,
    load_messages,
)
from fairhand.web.shared.assets import Assets
from fairhand.web.shared.catalogues import keep_catalogue
from fairhand.web.shared.script_words import SCRIPTS, collect_words, page_words, words_in

CORE = ("desk", "face", "feed", "outbox", "proposal", "stage", "offline", "guide", "sheet")
"""Scripts that every task page runs, whatever is asked, and what lies beside it."""


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_words_are_found_where_a_script_says_them() -> None:
    source = """
      t('Submit');
      this.t('{n} left', { n: 3 });
      t(n === 'one' ? '1 task' : '{n} tasks', { n });
      set('not a word'); at('nor this');
      return ['It\\'s kept', n]; // t
    """
    assert words_in(source) == ["Submit", "{n} left", "1 task", "{n} tasks", "It's kept"]


@pytest.mark.parametrize("language", DESK)
def test_what_every_task_page_says_is_said_in_every_language(language: str) -> None:
    said = load_messages(language, "desk")
    wanted = {
        words for name in CORE for words in words_in((SCRIPTS / f"{name}.js").read_text("utf-8"))
    }
    assert wanted - set(said) == set()


@pytest.mark.parametrize("language", DESK)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    wrong = [
        source
        for source, (said, *_) in load_messages(language, "desk").items()
        if placeholders(source) != placeholders(said)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", DESK)
def test_a_catalogue_does_not_grow_old(language: str) -> None:
    """`fairhand words --write` takes out what nothing says any more, and adds what is new."""
    kept, said = set(load_messages(language, "desk")), set(collect_words())
    assert len(kept - said) < len(kept) / 10
    assert len(said - kept) < len(said) / 4


def test_what_a_machine_drafted_is_shown_and_counted() -> None:
    assert count_drafted("ar") > 100
    assert desk_words("ar-EG")("Submit") != "Submit"
    assert desk_words("de")("Submit") == "Absenden"
    assert desk_words("tlh")("Submit") == "Submit", "not there: English"
    assert [direction_of(code) for code in ("ar", "hi")] == ["rtl", "ltr"]
    assert set(DESK) < set(INTERFACE)


def test_a_page_brings_the_words_of_its_own_scripts_only() -> None:
    assets = Assets.load()
    words = page_words(assets, "fr", ("desk/task.js",))
    assert words["Submit"] == "Envoyer"
    assert "Choose a key to give its action another. Kept on this device." not in words
    assert page_words(assets, "en", ("desk/task.js",)) == {}


def test_a_catalogue_is_kept_with_what_is_said(tmp_path: Path) -> None:
    first = keep_catalogue("sw", ["Send", "Gone soon"], {"Send": "Tuma"}, folder=tmp_path)
    assert (first.messages, first.missing, first.drafted) == (2, 1, 1)
    path = tmp_path / "sw" / "LC_MESSAGES" / "desk.po"
    written = path.read_text("utf-8")
    assert f"#, {DRAFTED}\nmsgid" in written
    path.write_text(written.replace(f"#, {DRAFTED}\n", ""), "utf-8")
    second = keep_catalogue("sw", ["Send", "New"], {"Send": "Peleka"}, folder=tmp_path)
    assert (second.drafted, second.added, second.gone) == (0, 1, 1)
    assert 'msgstr "Tuma"' in path.read_text("utf-8"), "what somebody checked stays"
