"""The answers that later rules would have taken otherwise; a reading that changes nothing.

What was judged under earlier rules keeps its outcome; so whoever answers for figures can see how many there are, of
which device, and why. Knows no web.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Row, and_, select, tuple_
from sqlalchemy.orm import Session

from admin.responses import authority_facts, field_authority, projection
from models.protocol import entry_chain
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.vocabulary import CountOutcome

AT_ONCE = 1000


@dataclass(frozen=True, order=True, slots=True)
class ChangedOutcomes:
    """What the newest rules would have made of answers of one device that stand under `agency`: they would not have
    been counted (`refused`), or one field would have been passed over; `why` is the reason, or the field."""

    agency: str
    device: str
    refused: bool
    why: str

    def as_json(self, n: int) -> dict[str, Any]:
        """The same with how many there are, as a JSON object."""
        return {**asdict(self), "n": n}


def count_changed_outcomes(session: Session) -> dict[ChangedOutcomes, int]:
    """How many answers that could count the newest rules would have taken otherwise, in order; an answer with two
    fields that would have been passed over stands in two rows."""
    reference, counts = projection.load_reference_data(session), Counter[ChangedOutcomes]()
    epochs = {(epoch.device_id, epoch.epoch): epoch for epoch in session.scalars(select(Epoch))}
    devices = {device.id: device for device in session.scalars(select(Device))}
    for page in _pages(session):
        entries = [entry_chain.parse_trusted_entry(row.bytes) for row in page]
        codes = authority_facts.find_known_procedures(session, entries)
        for row, entry in zip(page, entries, strict=True):
            by = projection.make_recorder_context(epochs[row.device_id, row.epoch], devices[row.device_id], reference)
            by = replace(by, low=row.low_ms, high=row.high_ms, procedures=codes, decider=row.decider_key)
            new = projection.response_from_entry(entry, reference, by, field_authority.NEWEST)
            if new["reason"] is not None:
                counts[ChangedOutcomes(row.agency_key, row.device_id, True, new["reason"])] += 1
            for name in (new["ignored"] or ()) if new["reason"] is None else ():
                counts[ChangedOutcomes(row.agency_key, row.device_id, False, name)] += 1
    return dict(sorted(counts.items()))


def _pages(session: Session) -> Iterator[list[Row[*tuple[Any, ...]]]]:
    """The answers that could count and were judged under earlier rules, with their entries, ledger by ledger."""
    place = (Response.device_id, Response.epoch, Response.seq)
    entry = and_(StoredEntry.device == place[0], StoredEntry.epoch == place[1], StoredEntry.seq == place[2])
    rows = (
        select(*place, Response.agency_key, Response.decider_key, Response.low_ms, Response.high_ms, StoredEntry.bytes)
        .join(StoredEntry, entry)
        .where(Response.rule < field_authority.NEWEST, Response.outcome != CountOutcome.NOT_COUNTED.value)
        .order_by(*place)
        .limit(AT_ONCE)
    )
    page = list(session.execute(rows))
    while page:
        yield page
        last = page[-1]
        page = list(session.execute(rows.where(tuple_(*place) > (last.device_id, last.epoch, last.seq))))
