"""Editions of the paper: what was issued keeps the words and the foot it was issued with.

The catalogue may find better words, and a paper must be the same bytes each time it is drawn. So a figures document
names its edition; a document that names none is of the first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: The edition of papers that are issued now.
PRESENT = 4

#: Number of a former edition → language → message → its words, where they differ from those of the edition after it.
_FORMER: dict[str, dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "data" / "former_words.json").read_text(encoding="utf-8")
)["editions"]


def is_first_edition(figures: Mapping[str, Any]) -> bool:
    """Whether a figures document is of the first edition."""
    return bool(figures.get("edition", 1) < 2)


def tells_few(figures: Mapping[str, Any]) -> bool:
    """Whether a paper says "fewer than 5" of a count below five; up to the third edition it said nothing of it."""
    return bool(figures.get("edition", 1) >= 4)


def edition_words(figures: Mapping[str, Any], locale: str) -> Mapping[str, str]:
    """The words of a figures document's edition that differ from the catalogue's, for `translations.use_words`."""
    words: dict[str, str] = {}
    for edition in range(PRESENT - 1, figures.get("edition", 1) - 1, -1):
        words |= _FORMER.get(str(edition), {}).get(locale, {})
    return words
