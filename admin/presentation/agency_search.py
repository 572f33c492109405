"""Search for an agency by name: marks and capitals need not be typed."""

from __future__ import annotations

import unicodedata

from admin.statistics.queries import AgencyRow

#: So much of what was typed is looked for.
LONGEST = 80


def named(row: AgencyRow, asked: str) -> bool:
    """Whether `asked` is part of a name of the agency, or of its key; nothing asked finds every one."""
    return not asked or any(bare(asked) in bare(name) for name in (*row.name.values(), row.key))


def bare(text: str) -> str:
    """A text without marks and capitals: Đông Á → dong a."""
    parts = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in parts if not unicodedata.combining(character))
