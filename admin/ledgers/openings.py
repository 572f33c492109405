"""Openings as they come in, kept where they open something that an entry says.

An opening that fits no commitment of its device's answers and slips proves nothing, nor does one that cannot be what
its kind says; such are dropped here, so that nobody who reads the others has to judge them. Knows no web.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.protocol import dossier_code, entry_chain, sidecar, slip_key
from models.protocol.entry_chain import Entry
from models.protocol.sidecar import Sidecar
from models.storage import bulk
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar

#: How many ids are looked up by one statement, and how many entries for each of them on average at most.
_AT_ONCE, _ENTRIES_AN_ID = 500, 4
#: Of which entries something can be told beside them that anybody reads.
_TOLD_OF = {"rating": frozenset(sidecar.KINDS), "token": frozenset("r")}
#: What is kept of a tie that names nothing, in characters, and the sign behind it, which no slip's name and no
#: dossier's has. As many were the whole of a tie where any was believed (`admin.responses.authority.FIRST`).
_BEGINNING, _CUT = 80, "…"


def open_sidecars(
    session: Session, device: str, sidecars: Sequence[Sidecar], entries: Sequence[Entry], now_ms: int
) -> int:
    """Keep the openings that fit a commitment of this device's entries, and that can be what their kind says; returns
    how many did. Others are dropped: they prove nothing."""
    asked = {opening.id for opening in sidecars}
    said: dict[str, set[Any]] = {}
    for entry in entries:
        if entry.id in asked:
            said.setdefault(entry.id, set()).update(_said(entry))
    for entry in _named(session, device, asked - said.keys()):
        said.setdefault(entry.id, set()).update(_said(entry))
    fitting: dict[tuple[str, str], Sidecar] = {}
    for opening in sidecars:
        name = (opening.id, opening.kind)
        if opening.id not in said or name in fitting or not sidecar.well_formed(opening.kind, opening.value):
            continue
        if (opening.kind, opening.commitment) in said[opening.id]:
            fitting[name] = replace(opening, value=_kept(opening))
    if not fitting:
        return 0
    o = OpenedSidecar
    ours = select(o.id, o.kind).where(o.device_id == device, o.id.in_({id for id, _ in fitting}))
    here = {(id, kind) for id, kind in session.execute(ours)}
    new = [opening for name, opening in fitting.items() if name not in here]
    keep(session, device, new, now_ms)
    return len(new)


def _said(entry: Entry) -> set[tuple[str, str]]:
    """(kind, commitment) of what an entry says is told beside it."""
    told = ((kind, entry.p.get(kind)) for kind in _TOLD_OF.get(entry.typ, ()))
    return {(kind, hash) for kind, hash in told if type(hash) is str}


def _kept(opening: Sidecar) -> str:
    """What is kept of an opening: all, but of a long tie that names neither slip nor dossier. That it was there is
    all anybody asks of it (it is passed over), and a batch of thousands of them packs into little."""
    value = opening.value
    if opening.kind != "r" or len(value) <= _BEGINNING or slip_key.parse(value) is not None:
        return value
    return value if dossier_code.of_transaction(value) is not None else value[:_BEGINNING] + _CUT


def _named(session: Session, device: str, ids: Collection[str]) -> Iterator[Entry]:
    """The device's entries with these ids, a few for each: an id names one, and whoever uses it more often finds no
    more of them looked at than others do."""
    ordered = sorted(ids)
    for first in range(0, len(ordered), _AT_ONCE):
        some = ordered[first : first + _AT_ONCE]
        rows = select(StoredEntry.bytes).where(StoredEntry.rid.in_(some), StoredEntry.device == device)
        for raw in session.scalars(rows.limit(len(some) * _ENTRIES_AN_ID)):
            yield entry_chain.parse(raw)


def keep(session: Session, device: str, openings: Iterable[Sidecar], now_ms: int) -> None:
    """Store openings of a device's entries, as come at `now_ms` (ms since 1970, UTC)."""
    rows: list[dict[str, Any]] = [
        {"device_id": device, "id": s.id, "kind": s.kind, "salt": s.salt, "value": s.value, "received_ms": now_ms}
        for s in openings
    ]
    bulk.insert(session, OpenedSidecar, rows)
