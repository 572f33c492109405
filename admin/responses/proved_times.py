"""Proved times: since when what a ledger says can be true, by the receipts that it holds.

Knows no store.
"""

from __future__ import annotations

from dataclasses import dataclass

from admin.responses import field_authority
from admin.responses.field_authority import RecorderContext
from models.protocol.entry_chain import Entry
from models.tables.device import Epoch


@dataclass(slots=True)
class ProvedTimes:
    """What is proved up to one place of a ledger: it began at `issued_ms`, and its newest receipt is of `anchor_ms` and
    stands at `anchor_seq` (0: none). In ms since 1970 (UTC)."""

    issued_ms: int
    anchor_ms: int = 0
    anchor_seq: int = 0

    def low(self, covered_ms: int, number: int) -> int:
        """Since when an entry can be true that came at `covered_ms`: not before the newest receipt before it."""
        return self.issued_ms if _set_back(self.anchor_ms, covered_ms, number) else self.anchor_ms or self.issued_ms

    def take(self, entry: Entry, by: RecorderContext, number: int) -> None:
        """Take an anchor to heart that `by` says under the rules `number`."""
        covered = by.high
        t = field_authority.anchor_time_ms(entry, by, field_authority.RULES[number])
        if t and not _set_back(t, covered, number):
            newest = 0 if _set_back(self.anchor_ms, covered, number) else self.anchor_ms
            self.anchor_ms, self.anchor_seq = max(newest, min(t, covered)), entry.seq


def read_proved_times(row: Epoch) -> ProvedTimes:
    """What is proved where the reading of a ledger stopped."""
    return ProvedTimes(row.issued_ms, row.anchor_ms, row.anchor_seq)


def _set_back(anchor_ms: int, covered_ms: int, number: int) -> bool:
    """Whether a receipt is of a time to come for what came at `covered_ms`: the centre's clock ran ahead when it signed
    it and was set back since, so that it proves nothing. The first rules knew no such clock."""
    return number != field_authority.FIRST and anchor_ms > covered_ms
