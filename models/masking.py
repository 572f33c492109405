"""Masks what could name a person in a citizen's own words, before the words are stored anywhere.

Runs of nine digits and more (ID cards, telephones, accounts), also with spaces, dots or dashes between, and e-mail
addresses become •••. Dates and amounts stay readable as far as they are shorter.
"""

from __future__ import annotations

import re
import unicodedata

MASK = "•••"
_NUMBER = re.compile(r"\+?\d(?:[\s.\-/()]{0,3}\d){8,}")
_MAIL = re.compile(r"[\w.+\-]+\s?@\s?[\w\-]+(?:\.[\w\-]+)+")


def masked(text: str) -> str:
    """`text` in NFC with long numbers and e-mail addresses masked."""
    plain = unicodedata.normalize("NFC", text)
    return _NUMBER.sub(MASK, _MAIL.sub(MASK, plain))
