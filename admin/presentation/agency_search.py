"""Search for an agency by name: marks and capitals need not be typed."""

from __future__ import annotations

from admin.statistics.queries import AgencyRow
from translations.collation import unmarked

#: So much of what was typed is looked for.
LONGEST = 80


def agency_matches(row: AgencyRow, asked: str) -> bool:
    """Whether `asked` is part of a name of the agency, or of its key; nothing asked finds every one."""
    return not asked or any(unmarked(asked) in unmarked(name) for name in (*row.name.values(), row.key))
