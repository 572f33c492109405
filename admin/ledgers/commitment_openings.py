"""Openings as they come in, kept where they open something that an entry says.

An opening that fits no commitment of its device's answers and slips proves nothing, nor does one that cannot be what
its kind says; such are dropped here, so that nobody who reads the others has to judge them. Knows no web.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from models.protocol import dossier_code, entry_chain, sidecar, slip_name
from models.protocol.entry_chain import Entry
from models.protocol.sidecar import Sidecar
from models.storage import bulk
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar

#: How many ids are looked up by one statement, and of how many ledgers the entries with an id are read.
_AT_ONCE, _LEDGERS_AN_ID = 500, 4
#: Entries are looked for by their id, of which a device has few, and not among all that it wrote.
_BY_ID = StoredEntry.device.concat("")
#: An opening, and the entry it opens.
Opened = tuple[Sidecar, Entry]
#: Of which entries something can be told beside them that anybody reads.
_TOLD_OF = {"rating": frozenset(sidecar.KINDS), "token": frozenset("r")}
#: What is kept of a tie that names nothing, in characters, and the sign behind it, which no slip's name and no
#: dossier's has. As many were the whole of a tie where any was believed (`admin.responses.field_authority.FIRST`).
_BEGINNING, _CUT = 80, "…"


def store_fitting_openings(
    session: Session, device: str, sidecars: Sequence[Sidecar], entries: Sequence[Entry], now_ms: int
) -> list[Opened]:
    """Keep the openings that fit a commitment of this device's entries, and that can be what their kind says; returns
    those that are new, each with the entry it opens. Others are dropped: they prove nothing.

    An id names the first entry of a ledger that has it: what a later one says opens nothing, however it was cut into
    batches. `entries`: those that came with the openings, stored already, in the order of their ledger."""
    ids = {opening.id for opening in sidecars}
    firsts: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.id in ids and entry.id not in firsts:
            firsts[entry.id] = [entry]
    for id in _used_before(session, entries, firsts.keys()):
        del firsts[id]
    for entry in _firsts(session, device, ids - firsts.keys()):
        firsts.setdefault(entry.id, []).append(entry)
    fitting: dict[tuple[str, str], Opened] = {}
    for opening in sidecars:
        name = (opening.id, opening.kind)
        if opening.id not in firsts or name in fitting or not sidecar.is_well_formed(opening.kind, opening.value):
            continue
        matching_entries = [entry for entry in firsts[opening.id] if _says(entry, opening.kind) == opening.commitment]
        if matching_entries:
            fitting[name] = (replace(opening, value=_kept(opening)), matching_entries[0])
    if not fitting:
        return []
    o = OpenedSidecar
    ours = select(o.id, o.kind).where(o.device_id == device, o.id.in_({id for id, _ in fitting}))
    stored_names = {(id, kind) for id, kind in session.execute(ours)}
    new = [pair for name, pair in fitting.items() if name not in stored_names]
    store_openings(session, device, [opening for opening, _entry in new], now_ms)
    return new


def opening_fits_entry(opening: Sidecar, entry: Entry) -> bool:
    """Whether an opening as it is kept fits what an entry says is told beside it; of one that was cut nothing is left
    but that there was one."""
    commitment = _says(entry, opening.kind)
    return commitment is not None and (opening.value.endswith(_CUT) or bool(commitment == opening.commitment))


def _says(entry: Entry, kind: str) -> Any:
    """The commitment under which something of this kind is told beside an entry, or None."""
    return entry.p.get(kind) if kind in _TOLD_OF.get(entry.typ, ()) else None


def _kept(opening: Sidecar) -> str:
    """What is kept of an opening: all, but of a long tie that names neither slip nor dossier. That it was there is
    all anybody asks of it (it is passed over), and a batch of thousands of them packs into little."""
    value = opening.value
    if opening.kind != "r" or len(value) <= _BEGINNING or slip_name.parse(value) is not None:
        return value
    return value if dossier_code.parse_transaction_name(value) is not None else value[:_BEGINNING] + _CUT


def _used_before(session: Session, entries: Sequence[Entry], ids: Collection[str]) -> set[str]:
    """Those of the ids that earlier entries of the same ledger have than these."""
    if not entries or not ids:
        return set()
    ordered, used_ids = sorted(ids), set[str]()
    e, device, epoch, first = aliased(StoredEntry), entries[0].dev, entries[0].ep, entries[0].seq
    of_ledger = (e.device.concat("") == device, e.epoch == epoch, e.seq < first)
    for at in range(0, len(ordered), _AT_ONCE):
        new = select(StoredEntry.rid).where(
            StoredEntry.device == device, StoredEntry.epoch == epoch, StoredEntry.seq >= first,
            StoredEntry.seq <= entries[-1].seq, StoredEntry.rid.in_(ordered[at : at + _AT_ONCE]),
            exists().where(e.rid == StoredEntry.rid, *of_ledger),
        )  # fmt: skip
        used_ids |= set(session.scalars(new))
    return used_ids


def _firsts(session: Session, device: str, ids: Collection[str]) -> Iterator[Entry]:
    """The first entries with these ids in the device's ledgers: whoever uses an id more often finds no more of them
    read than others do."""
    e, ordered = StoredEntry, sorted(ids)
    for at in range(0, len(ordered), _AT_ONCE):
        some = ordered[at : at + _AT_ONCE]
        places: dict[str, list[tuple[int, int]]] = {}
        first = select(e.rid, e.epoch, func.min(e.seq)).where(e.rid.in_(some), _BY_ID == device)
        for id, epoch, seq in session.execute(first.group_by(e.rid, e.epoch).order_by(e.epoch)):
            places.setdefault(id, []).append((epoch, seq))
        read = [place for some in places.values() for place in some[:_LEDGERS_AN_ID]]
        for from_ in range(0, len(read), _AT_ONCE):
            conditions = (e.device == device, tuple_(e.epoch, e.seq).in_(read[from_ : from_ + _AT_ONCE]))
            for raw in session.scalars(select(e.bytes).where(*conditions).order_by(e.epoch, e.seq)):
                yield entry_chain.parse(raw)


def store_openings(session: Session, device: str, openings: Iterable[Sidecar], now_ms: int) -> None:
    """Store openings of a device's entries, as come at `now_ms` (ms since 1970, UTC)."""
    rows: list[dict[str, Any]] = [
        {"device_id": device, "id": s.id, "kind": s.kind, "salt": s.salt, "value": s.value, "received_ms": now_ms}
        for s in openings
    ]
    bulk.insert(session, OpenedSidecar, rows)
