"""The desk's state: what this machine knows of itself, typed, with one reader and one writer.

Which device it is, under which certificate, how far the centre has signed, its clocks, who is on duty. The store keeps
it as names with a text each (`models.tables.desk_store.DeskState`); no other module knows these texts. Each is read and
written inside the transaction of whoever needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from kiosk.desk import state_values
from kiosk.desk.state_values import (
    BadState,
    CentreTreatment,
    MissingEntries,
    PinSession,
    PromisedCode,
    SlipPrint,
    WrongTries,
)
from models.protocol import entry_chain
from models.storage.row_reading import Reader, read_rows
from models.vocabulary import Stage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this machine is to the centre."""

    device: str
    epoch: int
    certificate: bytes
    certificate_signature: str
    centre_key: str
    centre_url: str
    public_url: str

    @property
    def genesis(self) -> str:
        """What the first entry of the epoch names as its predecessor."""
        return entry_chain.parse_certificate(self.certificate).genesis


def _kept(read: Callable[[str], object], default: Any, stored: str = "") -> Any:
    """A field that the store keeps under its own name, or as `stored`; `read_state` makes its value out of the text."""
    return field(default_factory=lambda: default, metadata={"read": read, "stored": stored})


@dataclass(frozen=True, slots=True)
class State:
    """What this desk knows of itself. Times are milliseconds: since 1970 where a wall clock shows them, else of the
    running clock."""

    #: who this machine is to the centre: all of them once it is paired
    device: str | None = _kept(state_values.parse_plain_text, None)
    epoch: int | None = _kept(state_values.parse_number_or_none, None)
    certificate: str | None = _kept(state_values.parse_plain_text, None)
    certificate_signature: str | None = _kept(state_values.parse_plain_text, None)
    centre_key: str | None = _kept(state_values.parse_plain_text, None)
    centre_url: str | None = _kept(state_values.parse_plain_text, None)
    public_url: str | None = _kept(state_values.parse_plain_text, None)
    #: what is wrong with the key file: a code of `kiosk.desk.device_key.KeyUnusable`, or empty
    key_fault: str = _kept(state_values.parse_plain_text, "")
    #: the number of the present start, and where the running clock stood at it
    boot: int = _kept(state_values.parse_whole_number, 0)
    boot_mono: int | None = _kept(state_values.parse_number_or_none, None)
    #: how far the centre signed, what was erased here, which receipt stands in the ledger
    acked_seq: int = _kept(state_values.parse_whole_number, 0)
    pruned_seq: int = _kept(state_values.parse_whole_number, 0)
    anchored_receipt: int = _kept(state_values.parse_whole_number, 0)
    #: what the centre said last; two histories it saw; refusals in a row that nobody signed
    centre_word: CentreTreatment | None = _kept(CentreTreatment.read, None, "state")
    conflicts: int = _kept(state_values.parse_count, 0)
    malformed: int = _kept(state_values.parse_count, 0)
    lacking: MissingEntries | None = _kept(state_values.parse_missing_entries, None)
    #: when the centre signed last (its clock), and when it answered last (this machine's clock)
    last_sync_ms: int | None = _kept(state_values.parse_number_or_none, None)
    last_reply_ms: int = _kept(state_values.parse_whole_number, 0)
    #: when the centre last said that it lacks what it had signed for, and when a person had confirmed its clock by then
    gap_ms: int | None = _kept(state_values.parse_number_or_none, None)
    gap_confirmed_ms: int | None = _kept(state_values.parse_number_or_none, None)
    #: who sends: `process` or `thread`; the last heartbeat: running clock and start
    sync_shape: str | None = _kept(state_values.parse_plain_text, None)
    heartbeat_mono: int = _kept(state_values.parse_count, 0, "hb_mono")
    heartbeat_boot: int | None = _kept(state_values.parse_number_or_none, None, "hb_boot")
    #: what is wrong with the ledger, and when it was last read through (ms since 1970; `status_text.READ`: undated)
    ledger_fault: str = _kept(state_values.parse_plain_text, "", "sound")
    ledger_read_ms: int = _kept(state_values.parse_count, 0, "sound_ms")
    #: wall clock minus running clock when last looked at, and the start of that; how far the wall clock is ahead
    clock_base: int | None = _kept(state_values.parse_number_or_none, None)
    clock_boot: int | None = _kept(state_values.parse_number_or_none, None)
    clock_offset_ms: int | None = _kept(state_values.parse_number_or_none, None)
    #: the newest time that is known to be past (UTC)
    clock_newest_ms: int | None = _kept(state_values.parse_number_or_none, None)
    #: the centre's clock in its last reply, and where this desk's running clock and its starts stood then
    centre_ms: int | None = _kept(state_values.parse_number_or_none, None)
    centre_mono: int | None = _kept(state_values.parse_number_or_none, None)
    centre_boot: int | None = _kept(state_values.parse_number_or_none, None)
    centre_ran_ms: int | None = _kept(state_values.parse_number_or_none, None)
    #: when a person last confirmed the centre's clock, as its newest receipt says (the centre's ms; 0: never)
    centre_confirmed_ms: int = _kept(state_values.parse_count, 0)
    #: how long the desk ran in all starts before the present one
    ran_ms: int = _kept(state_values.parse_count, 0)
    #: the store that was set aside when this one took over (empty: there was none), and when
    set_aside_name: str = _kept(state_values.parse_plain_text, "", "set_aside")
    set_aside_ms: int = _kept(state_values.parse_count, 0)
    #: what the desk serves: a procedure's code, a stage, the local day (`2026-10-14`) they were set on
    serving_procedure: str = _kept(state_values.parse_plain_text, "")
    serving_stage: Stage | None = _kept(state_values.parse_stage, None)
    serving_day: str = _kept(state_values.parse_plain_text, "")
    #: the keyed references to the dossier that was named for the next rating, and when (UTC)
    serving_dossier: str = _kept(state_values.parse_plain_text, "")
    serving_dossier_ms: int = _kept(state_values.parse_count, 0)
    #: practice: the start it was switched on in, and until when (running clock; wall clock, for people)
    practice_boot: int | None = _kept(state_values.parse_number_or_none, None, "drill_boot")
    practice_until_mono: int = _kept(state_values.parse_count, 0, "drill_mono")
    practice_until_ms: int = _kept(state_values.parse_count, 0, "drill_until_ms")
    #: the PIN's hash; wrong tries of all unknown clients: how many, when (mono, start); of known browsers
    pin_hash: str = _kept(state_values.parse_plain_text, "")
    pin_tries: int = _kept(state_values.parse_count, 0)
    pin_mono: int = _kept(state_values.parse_count, 0)
    pin_boot: int = _kept(state_values.parse_count, 0)
    pin_known: Mapping[str, WrongTries] = _kept(state_values.parse_wrong_tries, {})
    #: who is on duty
    duty_staff: PinSession | None = _kept(state_values.record_parser(PinSession), None)
    duty_officer: PinSession | None = _kept(state_values.record_parser(PinSession), None)
    #: the follow-up code that the present page of thanks shows; the newest print of a slip
    promised_code: PromisedCode | None = _kept(state_values.record_parser(PromisedCode), None, "farewell")
    slip_print: SlipPrint | None = _kept(state_values.record_parser(SlipPrint), None)

    @property
    def identity(self) -> Identity | None:
        """Who this machine is, or None while it is not paired. Raises `BadState` when a part of it is gone."""
        if self.device is None:
            return None
        signed, signature = self.certificate, self.certificate_signature
        centre, url, public = self.centre_key, self.centre_url, self.public_url
        if None in (self.epoch, signed, signature, centre, url, public):
            raise BadState("a part of the identity is missing")
        assert self.epoch is not None and signed is not None and signature is not None
        assert centre is not None and url is not None and public is not None
        return Identity(self.device, self.epoch, signed.encode(), signature, centre, url, public)


class StateChanges(TypedDict, total=False):
    """What `write_state` takes: any field of `State`."""

    device: str | None
    epoch: int | None
    certificate: str | None
    certificate_signature: str | None
    centre_key: str | None
    centre_url: str | None
    public_url: str | None
    key_fault: str
    boot: int
    boot_mono: int | None
    acked_seq: int
    pruned_seq: int
    anchored_receipt: int
    centre_word: CentreTreatment | None
    conflicts: int
    malformed: int
    lacking: MissingEntries | None
    last_sync_ms: int | None
    last_reply_ms: int
    gap_ms: int | None
    gap_confirmed_ms: int | None
    sync_shape: str | None
    heartbeat_mono: int
    heartbeat_boot: int | None
    ledger_fault: str
    ledger_read_ms: int
    clock_base: int | None
    clock_boot: int | None
    clock_offset_ms: int | None
    clock_newest_ms: int | None
    centre_ms: int | None
    centre_mono: int | None
    centre_boot: int | None
    centre_ran_ms: int | None
    centre_confirmed_ms: int
    ran_ms: int
    set_aside_name: str
    set_aside_ms: int
    serving_procedure: str
    serving_stage: Stage | None
    serving_day: str
    serving_dossier: str
    serving_dossier_ms: int
    practice_boot: int | None
    practice_until_mono: int
    practice_until_ms: int
    pin_hash: str
    pin_tries: int
    pin_mono: int
    pin_boot: int
    pin_known: Mapping[str, WrongTries]
    duty_staff: PinSession | None
    duty_officer: PinSession | None
    promised_code: PromisedCode | None
    slip_print: SlipPrint | None


#: The stored names of the identity: what the spare copy holds and a damaged store is searched for.
IDENTITY = (
    "device", "epoch", "certificate", "certificate_signature", "centre_key", "centre_url", "public_url",
)  # fmt: skip
#: The stored name of the PIN's hash, for whoever reads the pages of a damaged store.
PIN_HASH = "pin_hash"


@cache
def _readers() -> dict[str, tuple[str, Callable[[str], object]]]:
    """By stored name: the field, and what makes its value."""
    return {one.metadata["stored"] or one.name: (one.name, one.metadata["read"]) for one in fields(State)}


@cache
def _stored_names() -> dict[str, str]:
    return {name: stored for stored, (name, _read) in _readers().items()}


def parse_state(texts: Mapping[str, str]) -> State:
    """The state in a store's names and texts; names of other versions are passed over. Raises `BadState`."""
    readers, values = _readers(), dict[str, Any]()
    for stored, text in texts.items():
        if stored in readers:
            name, read = readers[stored]
            values[name] = read(text)
    return State(**values)


def read_state(session: Reader) -> State:
    """The desk's state as it stands in this transaction. Raises `BadState`."""
    return parse_state(dict(read_rows(session, "SELECT name, value FROM desk_state")))


def write_state(session: Session, **changes: Unpack[StateChanges]) -> None:
    """Change fields of the desk's state."""
    from models.tables.desk_store import DeskState  # whoever only reads needs no tables

    for name, value in changes.items():
        stored, text = _stored_names()[name], state_values.format_value(value)
        row = session.get(DeskState, stored)
        if row is None:
            session.add(DeskState(name=stored, value=text))
        else:
            row.value = text
    session.flush()


def identity_texts(state_row: State) -> dict[str, str]:
    """What is known of the identity, by its stored names; not all of it is there on every machine."""
    values = {name: getattr(state_row, name) for name in IDENTITY}
    return {name: str(value) for name, value in values.items() if value is not None}


def find_damage(rows: Mapping[bytes, bytes]) -> str | None:
    """What is wrong with the texts of a store (a page may be whole and its bytes not), or None: numbers that are none,
    an identity that the centre did not sign."""
    from models import keys

    for stored, (_name, read) in _readers().items():
        if read is state_values.parse_whole_number and not rows.get(stored.encode(), b"0").removeprefix(b"-").isdigit():
            return f"{stored} is no number"
    try:
        texts = {name.decode(): value.decode() for name, value in rows.items()}
        identity = parse_state(texts).identity
        if identity is not None:
            certificate = entry_chain.parse_certificate(identity.certificate)
            same = (certificate.dev, str(certificate.ep)) == (identity.device, texts["epoch"])
            if not same or not keys.verify(identity.centre_key, identity.certificate_signature, certificate.raw):
                return "the certificate is not the centre's"
    except (UnicodeDecodeError, BadState, entry_chain.BadEntry) as error:
        return f"the facts cannot be read: {type(error).__name__}"
    return None
