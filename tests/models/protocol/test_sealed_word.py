"""Sealed words: known again by whoever gave them, for one subject, and nothing else is one."""

from __future__ import annotations

import pytest

from models.protocol import browser_token


def test_a_word_is_known_again_and_keeps_its_name() -> None:
    text = browser_token.make_browser_token("key", "door")
    word = browser_token.read_browser_token("key", "door", text)
    assert len(word) == 32 and browser_token.make_browser_token(
        "key", "door", word
    ) == text != browser_token.make_browser_token("key", "door")


@pytest.mark.parametrize(("key", "subject"), [("other", "door"), ("key", "gate"), ("key", "")])
def test_it_holds_under_its_key_for_its_subject_alone(key: str, subject: str) -> None:
    assert browser_token.read_browser_token(key, subject, browser_token.make_browser_token("key", "door")) == ""


def test_what_was_changed_or_made_up_is_none() -> None:
    word, _dot, seal = browser_token.make_browser_token("key", "door").partition(".")
    for text in ("", ".", word, f"{word}.", f"{word}.{'0' * 32}", f"{'0' * 32}.{seal}", f"{word}.{seal} ", "é.é"):
        assert browser_token.read_browser_token("key", "door", text) == ""
