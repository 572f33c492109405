"""Salvaged lines: what can be read of a store that was set aside, on its way home.

Each line of the old ledger proves itself (its hash stands beside it, the next line names it), so every whole one is
taken from wherever it stands, and an unreadable page costs the lines on it and no others. The lines travel as a file
carried by hand (`kiosk.sync.carried_files` writes the same), signed with the device's key, in stretches without a gap:
the centre takes what follows on what it has. What was tapped and not sealed yet goes into the present store, under its
own id, and is sealed there. Whatever is done twice counts once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from kiosk.desk import device_key, identity_copy, ledger, reference, set_aside_stores, state, waiting_sidecars
from kiosk.desk.device_key import KeyUnusable
from kiosk.desk.identity_copy import IdentityCopy
from kiosk.settings import Settings
from models import keys
from models.clock import Moment
from models.ids import is_id
from models.keys import SigningKey
from models.protocol import entry_chain, sealed_file, wire
from models.protocol.entry_chain import BadEntry, Certificate, Entry
from models.protocol.sidecar import Sidecar
from models.storage import damaged_pages, whole_file
from models.storage.damaged_pages import RecoveredRow
from models.tables.desk_store import Draft
from models.vocabulary import ResponseState

#: Room in a batch for its entries, so that envelope and sidecars fit too (bytes).
_ROOM = 1 << 20
#: The columns of a draft, in the order in which they came to be.
_DRAFT = (
    "id", "score", "answers", "topics", "lang", "undos", "screens", "t", "mono", "touched", "boot", "comment", "follow",
    "stage", "procedure", "off_hours", "drill", "tie", "closed",
)  # fmt: skip
_DRAFT_AT_FIRST = 11
_JSON = frozenset({"answers", "topics", "screens", "closed"})


@dataclass
class ReadableContents:
    """What a store that was set aside still says: whole lines by seq with their hash, openings (and how many are
    `unsendable`, for no line can say them), drafts, up to where the centre signed (0 where no receipt can be read), and
    what the desk knew."""

    known: IdentityCopy
    certificate: Certificate | None
    lines: dict[int, Entry] = field(default_factory=dict)
    sidecars: list[tuple[int, Sidecar]] = field(default_factory=list)
    unsendable: int = 0
    drafts: list[dict[str, Any]] = field(default_factory=list)
    acked: int = 0
    pruned: int = 0

    @property
    def unreadable(self) -> int:
        """How many lines are missing below the last one that can be read."""
        return max(self.lines, default=0) - self.pruned - sum(seq > self.pruned for seq in self.lines)

    def runs(self) -> list[list[Entry]]:
        """The lines as stretches in which each names the one before, in order."""
        stretches: list[list[Entry]] = []
        for _seq, entry in sorted(self.lines.items()):
            last = stretches[-1][-1] if stretches else None
            if last is not None and entry.seq == last.seq + 1 and entry.prev == entry_chain.entry_hash(last.raw):
                stretches[-1].append(entry)
            else:
                stretches.append([entry])
        return stretches


@dataclass(frozen=True)
class SalvageResult:
    """What was done with one store: lines and ratings read, lines `unreadable`, those the centre had signed for
    (`had`), drafts taken over, the file for the centre (None: nothing could be put into one, `why` says it), and the
    file with the `left` lines that the centre may not take from it because one before them is missing. `unsendable`
    openings go into neither: they stay in that store."""

    name: str
    device: str | None
    epoch: int | None
    lines: int
    ratings: int
    unreadable: int
    had: int
    drafts: int
    file: str | None
    why: str
    left: int
    left_file: str | None
    unsendable: int


def read_damaged_store(path: Path) -> ReadableContents:
    """What the store at `path` still says. Raises OSError when the disk does not give the file."""
    rows = list(damaged_pages.recover_rows(path))
    old_copy = _known(path, rows)
    identity = old_copy.identity
    store = ReadableContents(old_copy, _certificate(identity))
    sealed: set[str] = set()
    for entry in _entries(rows):
        sealed.add(entry.id)
        if store.certificate is None or (entry.dev, entry.ep) == (store.certificate.dev, store.certificate.ep):
            store.lines.setdefault(entry.seq, entry)
    for row in rows:
        match row:
            # since kiosk_0005 the day of a receipt and whether the centre lost it again stand behind the rest
            case (_, int(epoch), int(seq), str(h), int(), int(), bytes(raw), str(signature), *since) if (
                len(since) in (0, 4) and not any(since[1:2])
                and _acked(store, epoch, seq, h, keys.verify(identity.get("centre_key", ""), signature, raw))
            ):  # fmt: skip
                store.acked = max(store.acked, seq)
            case ("pruned_seq", str(value)) if value.isdecimal():
                store.pruned = max(store.pruned, int(value))
            case (str(id), str(kind), str(salt), str(value), int(), int(seq), int()) if _opens(store, id, seq):
                can_travel = waiting_sidecars.select_sendable([Sidecar(id, kind, salt, value)])
                store.sidecars += [(seq, one) for one in can_travel]
                store.unsendable += not can_travel
            case (str(id), *_) if is_id(id) and id not in sealed and (draft := _draft(row)):
                sealed.add(id)
                store.drafts.append(draft)
    return store


def write_salvage_file(
    store: ReadableContents, path: Path, settings: Settings, now: Moment, box: str, to: Path, drafts: int
) -> SalvageResult:
    """Write what was found to a file for the centre whose key for such files is `box` (empty where it is not known):
    `to`, or one in that folder. Raises OSError when it cannot be written; then nothing is."""
    certificate, why, file = store.certificate, "", None
    runs = store.runs()
    key: SigningKey | None = None
    try:
        key = device_key.load_device_key(settings.key_file)
    except KeyUnusable as error:
        why = error.code
    if not runs:
        why = "nothing_readable"
    elif certificate is None:
        why = "no_certificate"
    elif key is not None and key.public != certificate.vk:
        why = "key_other"
    elif not box:
        why = "no_box"
    if not why and certificate is not None and key is not None:
        batches = list(_batches(store, runs, certificate, key, settings, now))
        raw = sealed_file.seal_file(box, certificate.dev, certificate.ep, now.t, batches)
        file = to / f"hai-long-{certificate.dev}-{path.stem}{sealed_file.SUFFIX}" if to.is_dir() else to
        whole_file.write_file(file, raw)
    left = [entry for run in _left(store, runs) for entry in run] if file else [e for run in runs for e in run]
    left_file = path.with_name(f"{path.name}.lines") if left else None
    if left_file is not None:
        sides = [side.dump() for seq, side in store.sidecars if seq in {entry.seq for entry in left}]
        whole_file.write_file(left_file, b"\n".join([*(entry.raw for entry in left), *sides, b""]), 0o600)
    some = next(iter(store.lines.values()), None)
    done = SalvageResult(
        path.name, some.dev if some else certificate.dev if certificate else None,
        some.ep if some else certificate.ep if certificate else None, len(store.lines),
        sum(entry.typ == "rating" for entry in store.lines.values()), store.unreadable,
        sum(seq <= store.acked for seq in store.lines), drafts, str(file) if file else None, why, len(left),
        str(left_file) if left_file else None, store.unsendable,
    )  # fmt: skip
    whole_file.write_file(
        set_aside_stores.salvage_report_path(path),
        json.dumps({**done.__dict__, "t": now.t}, ensure_ascii=False).encode(),
    )
    return done


def adopt_drafts(session: Session, store: ReadableContents) -> int:
    """Take what was tapped and not sealed into the present store, closed as it stands; returns how many were new."""
    new_count = 0
    desk = _reference(store.known) or reference.read_reference(session)
    for values in store.drafts:
        is_here = session.get(Draft, values["id"]) is not None
        if desk is None or is_here or ledger.find_seq(session, values["id"]):
            continue
        closed = values.get("closed") or {
            "state": (ResponseState.PARTIAL if values["score"] else ResponseState.WITHDRAWN).value,
            "agency": desk.agency_key,
            "desk": desk.desk_code,
            "instrument": desk.instrument.id,
            "version": desk.instrument.version,
        }
        session.add(Draft(**{**values, "closed": closed}))
        new_count += 1
    session.flush()
    return new_count


def find_carried_file_key(session: Session, store: ReadableContents) -> str:
    """The centre's key (hex) for files carried by hand, as it was told last; empty where it never was."""
    present, before = reference.read_reference(session), _reference(store.known)
    return next((desk.centre_box for desk in (present, before) if desk is not None and desk.centre_box), "")


def _known(path: Path, rows: Sequence[RecoveredRow]) -> IdentityCopy:
    copy = identity_copy.read_identity_copy(path.with_name(f"{path.name}.copy"))
    identity = dict(copy.identity) if copy else {}
    document = copy.document if copy else ""
    for row in rows:
        match row:
            case (str(name), str(value)) if name in state.IDENTITY:
                identity.setdefault(name, value)
            case (None, str(), bytes(found), int()) if not document and set_aside_stores.is_reference_row(row):
                document = found.decode()
    return IdentityCopy(document, "", identity)


def _reference(old_copy: IdentityCopy) -> reference.Reference | None:
    try:
        return reference.parse_reference(old_copy.document.encode()) if old_copy.document else None
    except reference.BadReference:
        return None


def _certificate(identity: dict[str, str]) -> Certificate | None:
    """The certificate, if the centre that was pinned signed it."""
    try:
        certificate = entry_chain.parse_certificate(identity["certificate"].encode())
    except (KeyError, BadEntry):
        return None
    signed = keys.verify(identity.get("centre_key", ""), identity.get("certificate_signature", ""), certificate.raw)
    return certificate if signed else None


def _entries(rows: Sequence[RecoveredRow]) -> Iterator[Entry]:
    """The lines whose bytes are those that were written: the hash beside them says so."""
    for row in rows:
        match row:
            case (str(device), int(epoch), int(seq), bytes(raw), str(h), *_) if entry_chain.entry_hash(raw) == h:
                try:
                    entry = entry_chain.parse(raw)
                except BadEntry:
                    continue
                if (entry.dev, entry.ep, entry.seq) == (device, epoch, seq):
                    yield entry


def _acked(store: ReadableContents, epoch: int, seq: int, h: str, signed: bool) -> bool:
    own = store.certificate is not None and store.certificate.ep == epoch
    line = store.lines.get(seq)
    return own and signed and (line is None or entry_chain.entry_hash(line.raw) == h)


def _opens(store: ReadableContents, id: str, seq: int) -> bool:
    line = store.lines.get(seq)
    return line is not None and line.id == id


def _draft(row: RecoveredRow) -> dict[str, Any] | None:
    """The values of a row that is a draft; None for any other."""
    if not _DRAFT_AT_FIRST <= len(row) <= len(_DRAFT):
        return None
    values: dict[str, Any] = dict(zip(_DRAFT, row, strict=False))
    try:
        for name in _JSON & values.keys():
            values[name] = json.loads(values[name]) if values[name] is not None else None
        numbers = [values[name] for name in ("t", "mono", "touched", "boot", "undos")]
        usual = isinstance(values["answers"], list) and isinstance(values["topics"], list)
        whole = usual and isinstance(values["screens"], dict) and isinstance(values["lang"], str)
        if not whole or not all(isinstance(number, int) for number in numbers):
            return None
    except (ValueError, TypeError):
        return None
    for name in ("off_hours", "drill"):
        values[name] = bool(values.get(name))
    return values if values["score"] is None or values["score"] in range(1, 6) else None


def _left(store: ReadableContents, runs: Sequence[list[Entry]]) -> list[list[Entry]]:
    """The stretches that the centre may not be able to take: a line before them is missing that it has not signed."""
    following, reached = [], max(store.acked, store.pruned)
    for run in runs:
        if run[0].seq > reached + 1:
            following.append(run)
        else:
            reached = max(reached, run[-1].seq)
    return following


def _batches(
    store: ReadableContents, runs: Sequence[list[Entry]], certificate: Certificate, key: SigningKey, settings: Settings,
    now: Moment,
) -> Iterator[bytes]:  # fmt: skip
    head = runs[-1][-1]
    backlog = sum(entry.typ == "rating" and entry.seq > store.acked for run in runs for entry in run)
    proof: tuple[bytes, str] | None = certificate.raw, store.known.identity["certificate_signature"]
    for run in runs:
        for part in _parts(run):
            body = wire.build_batch(
                key, dev=certificate.dev, ep=certificate.ep, from_=part[0].seq, to=part[-1].seq,
                h=entry_chain.entry_hash(part[-1].raw), head_seq=head.seq, head=entry_chain.entry_hash(head.raw),
                backlog=backlog, t=now.t, mono=now.mono, boot=wire.clamp_number(head.boot),
                app=settings.version[: wire.MAX_NAME], disk_mb=wire.clamp_number(settings.free_mb),
                rq=f"{part[0].seq:032x}", lines=[entry.raw for entry in part],
                sidecars=[side for seq, side in store.sidecars if part[0].seq <= seq <= part[-1].seq],
                certificate=proof,
            )  # fmt: skip
            proof = None
            yield wire.compress(body)


def _parts(run: Sequence[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    room = _ROOM
    for entry in run:
        if part and (len(part) == wire.MAX_ENTRIES or len(entry.raw) > room):
            yield part
            part, room = [], _ROOM
        part.append(entry)
        room -= len(entry.raw) + 1
    if part:
        yield part
