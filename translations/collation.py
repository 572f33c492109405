"""The collation of Vietnamese names: an, ăn, ân; d before đ; tones decide last.

Tones decide only between names that are alike otherwise. Databases disagree about this order (SQLite has none,
PostgreSQL's depends on how it was built), so lists of names are sorted here, in Python, the same everywhere.
"""

from __future__ import annotations

import functools
import unicodedata

VIETNAMESE_IS_DATA = "the letters of names, in their order"

#: Letters in their order; ă, â, ê, ô, ơ, ư and đ are letters of their own.
_LETTERS = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
#: Tones in their order: huyền, hỏi, ngã, sắc, nặng; no tone comes first.
_TONES = {mark: place for place, mark in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}
_SHAPES = "\u0306\u0302\u031b"  # breve, circumflex, horn

VietnameseKey = tuple[tuple[tuple[int, int], ...], tuple[int, ...], str]


@functools.lru_cache(maxsize=4096)
def vietnamese_key(text: str) -> VietnameseKey:
    """What to sort `text` by: `sorted(names, key=vietnamese_key)`. Numbers inside a name sort by their value."""
    letters: list[tuple[int, int]] = []
    tones: list[int] = []
    number = ""
    for character in [*_letters(text.casefold()), ("", 0)]:
        base, tone = character
        if base.isascii() and base.isdigit():
            number += base
            continue
        if number:
            letters.append((1, int(number)))
            tones.append(0)
            number = ""
        if base:
            letters.append((2, _LETTERS[base]) if base in _LETTERS else (0 if base < "a" else 3, ord(base)))
            tones.append(tone)
    return tuple(letters), tuple(tones), unicodedata.normalize("NFC", text)


def _letters(text: str) -> list[tuple[str, int]]:
    """Every letter of a lower-case text with its tone taken off."""
    letters: list[tuple[str, int]] = []
    for character in unicodedata.normalize("NFD", text):
        if character in _TONES and letters:
            letters[-1] = (letters[-1][0], _TONES[character])
        elif unicodedata.combining(character) and letters:
            if character in _SHAPES:
                letters[-1] = (unicodedata.normalize("NFC", letters[-1][0] + character), letters[-1][1])
        else:
            letters.append((character, 0))
    return letters


def unmarked(text: str) -> str:
    """A text without marks and capitals, as it is compared with what was typed without them: Đông Á → dong a."""
    parts = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in parts if not unicodedata.combining(character))
