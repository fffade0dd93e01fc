"""What tells who somebody is gives way to what sort of thing it was."""

from __future__ import annotations

import socket

import pytest

from fairhand.compute.anonymise import text
from fairhand.compute.anonymise.run import anonymise
from fairhand.core.errors import MalformedError, UnavailableError

needs_names = pytest.mark.skipif(not text.is_installed(), reason="needs fairhand[people]")


def hidden(words: str) -> str:
    return anonymise(words.encode(), "text/plain", {"text": "placeholders"}, 1).content.decode()


@needs_names
@pytest.mark.parametrize(
    ("words", "kept_out", "placeholder"),
    [
        ("Write to amina.otieno@example.co.ke today.", "otieno", "<EMAIL>"),
        ("Call me on +254 712 345 678 please.", "345 678", "<PHONE>"),
        ("Piga simu 0712 345678 kesho.", "345678", "<PHONE>"),
        ("My ID number is 23456789, thank you.", "23456789", "<"),
        ("My tax number is A001234567B.", "1234567", "<ID>"),
        ("The card is 4111 1111 1111 1111.", "1111", "<CARD>"),
        ("Pay to GB82 WEST 1234 5698 7654 32 now.", "5698", "<IBAN>"),
        ("The car was KDA 123B.", "123B", "<PLATE>"),
        ("The server is at 192.168.14.7 there.", "168", "<"),
        ("My name is Wanjiru and I sing.", "Wanjiru", "<PERSON>"),
        ("Yesterday Sarah Johnson came to see us.", "Johnson", "<PERSON>"),
        ("We live at 14 Ngong Hills Road, Apt. 4 there.", "Ngong", "<PLACE>"),
        ("She was born on 12 May 1987 at home.", "1987", "<DATE>"),
        ("Look at https://example.org/me/77 for it.", "example", "<ADDRESS>"),
    ],
)
def test_it_gives_way_to_a_placeholder(words: str, kept_out: str, placeholder: str) -> None:
    assert kept_out not in hidden(words)
    assert placeholder in hidden(words)


@needs_names
def test_ordinary_words_stay_as_they_were() -> None:
    words = "The rain was heavy and the maize grew well, so we sang all the way home."

    assert hidden(words) == words


@needs_names
def test_a_name_found_once_is_hidden_wherever_it_stands() -> None:
    made = hidden("My name is Wanjiru. wanjiru is small, Wanjiru said so, by Wanjiru.")

    assert "Wanjiru" not in made


@needs_names
def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text._recognisers.cache_clear()

    assert "<EMAIL>" in hidden("Write to esi@example.com or call 020 7946 0958.")


@needs_names
def test_what_was_done_counts_kinds_and_never_says_what_stood_there() -> None:
    made = anonymise(b"Write to zawadi@example.com.", "text/plain", {"text": "placeholders"}, 1)

    assert made.done[0]["counts"] == {"EMAIL": 1}
    assert "zawadi" not in str(made.done) + str(made.warnings)


@needs_names
@pytest.mark.parametrize("words", ["", " ", "\n\n", "🙂🙂", "a" * 3_000, "1" * 3_000])
def test_odd_texts_are_no_trouble(words: str) -> None:
    assert isinstance(hidden(words), str)


def test_without_the_model_a_text_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "find_spec", lambda name: None)

    with pytest.raises(UnavailableError, match=r"fairhand\[people\]"):
        hidden("Anything")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(MalformedError):
        anonymise(b"\xff\xfe\x00", "text/plain", {"text": "placeholders"}, 1)
