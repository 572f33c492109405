"""Search for an agency by name: marks and capitals need not be typed."""

from __future__ import annotations

from admin.statistics.queries import AgencyRow
from translations.collation import unmarked

#: So much of what was typed is looked for.
LONGEST = 80


def agency_matches(row: AgencyRow, search_text: str) -> bool:
    """Whether `search_text` is part of a name of the agency, or of its key; nothing asked finds every one."""
    return not search_text or any(unmarked(search_text) in unmarked(name) for name in (*row.name.values(), row.key))
