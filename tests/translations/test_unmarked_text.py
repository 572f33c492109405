"""Text as it is compared with what was typed without marks."""

from __future__ import annotations

import unicodedata

import pytest

from translations.collation import unmarked


@pytest.mark.parametrize(
    ("text", "bare"),
    [("Đông Á", "dong a"), ("ỨNG HÒA", "ung hoa"), ("Sở Nội vụ 2", "so noi vu 2"), ("đđ", "dd"), ("", "")],
)
def test_marks_and_capitals_do_not_count(text: str, bare: str) -> None:
    assert unmarked(text) == unmarked(unicodedata.normalize("NFD", text)) == bare
