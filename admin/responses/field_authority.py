"""The table of authority: what an entry is believed in, by its field and its recorder.

A signature proves who wrote a line, not that the line is true. Each field of an entry takes effect only as far as the
row for its recorder allows; else the answer is not counted, for a reason, or the field alone is passed over and noted.
A field without a row is the answer itself, or nothing that decides anything. `docs/authority.md` says it in words.

Rules have numbers. What was read under a number keeps it: judged again, or from the first entry on, the same comes out.
Knows no store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from admin.ledgers.signing_keys import IMPORT
from models.clock import clamp_claimed_time
from models.protocol.entry_chain import Entry
from models.protocol.rating import Rating
from models.vocabulary import Channel, Stage

#: An answer of a desk's device that names another agency or desk than its certificate does.
FOREIGN_AGENCY = "foreign_agency"
#: An answer that names a way its recorder does not stand for.
WRONG_CHANNEL = "wrong_channel"


class Recorder(StrEnum):
    """Who wrote an entry: a device at a desk, or one of the centre's own for phones and for imported papers."""

    DESK = "desk"
    PHONE = "phone"
    IMPORT = "import"


class EntryField(StrEnum):
    """What an entry may say beyond the answer itself."""

    AGENCY = "agency"
    DESK = "desk"
    CHANNEL = "channel"
    PROCEDURE = "procedure"
    STAGE = "stage"
    DECIDER = "decider"
    MONTH = "month"
    TIME = "t"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class RecorderContext:
    """Who says it, and what the centre itself knows about that. `agency`, `desk`: those of the epoch of a desk's
    device (`agency` empty: its desk is unknown; None: a recorder of the centre's own). `procedures`: those of the named
    codes that exist. `decider`: that of the slip which was answered. `low`, `high` bound the true time, `receipt` is
    the time of the receipt that an anchor copies, 0 if none was given (all ms since 1970, UTC)."""

    recorder: Recorder
    agency: str | None = None
    desk: str | None = None
    procedures: Collection[str] = ()
    decider: str | None = None
    low: int = 0
    high: int = 0
    receipt: int = 0


@dataclass(frozen=True, slots=True)
class AuthorityRule:
    """One row: what `may` be said, and else the `reason` for which the answer is not counted; None: the field alone is
    passed over. `instead` is what holds in its place (None: what was said)."""

    may: Callable[[Any, RecorderContext], bool]
    reason: str | None = None
    instead: Callable[[Any, RecorderContext], Any] | None = None


Table = Mapping[tuple[EntryField, Recorder], AuthorityRule]


def recorder_of_device(device: str) -> Recorder:
    """Which recorder a device is, by its name."""
    if device == IMPORT:
        return Recorder.IMPORT
    return Recorder.PHONE if device.startswith("c-") else Recorder.DESK


def _nothing(_value: Any, _by: RecorderContext) -> None:
    return None


def _never(_value: Any, _by: RecorderContext) -> bool:
    return False


def _own_agency(value: Any, by: RecorderContext) -> bool:
    return bool(value == by.agency)


def _agency_of(_value: Any, by: RecorderContext) -> str | None:
    return by.agency


def _own_desk(value: Any, by: RecorderContext) -> bool:
    return value is None or value == by.desk


def _desk_of(_value: Any, by: RecorderContext) -> str | None:
    return by.desk


def _in_its_window(value: Any, by: RecorderContext) -> bool:
    return bool(by.low <= value <= by.high)


def _into_its_window(value: Any, by: RecorderContext) -> int:
    return clamp_claimed_time(value, by.low, by.high).ms


def _known_procedure(value: Any, by: RecorderContext) -> bool:
    return value in by.procedures


def _known_stage(value: Any, _by: RecorderContext) -> bool:
    return value in {stage.value for stage in Stage}


def _decider_of_the_slip(value: Any, by: RecorderContext) -> bool:
    return bool(value == by.decider)


def _our_receipt(_value: Any, by: RecorderContext) -> bool:
    return by.receipt > 0


def _one_of(*channels: Channel) -> AuthorityRule:
    return AuthorityRule(lambda value, _by: value in channels, WRONG_CHANNEL)


_WINDOW = AuthorityRule(_in_its_window, instead=_into_its_window)
_KNOWN_PROCEDURE = AuthorityRule(_known_procedure, instead=_nothing)
_KNOWN_STAGE = AuthorityRule(_known_stage, instead=_nothing)
_PASSED_OVER = AuthorityRule(_never, instead=_nothing)

#: The rules in force. Of several reasons the first in this order is the one shown.
TABLE: dict[tuple[EntryField, Recorder], AuthorityRule] = {
    (EntryField.AGENCY, Recorder.DESK): AuthorityRule(_own_agency, FOREIGN_AGENCY, _agency_of),
    (EntryField.DESK, Recorder.DESK): AuthorityRule(_own_desk, FOREIGN_AGENCY, _desk_of),
    (EntryField.CHANNEL, Recorder.DESK): _one_of(Channel.KIOSK),
    (EntryField.CHANNEL, Recorder.PHONE): _one_of(Channel.QR, Channel.CODE, Channel.POSTER),
    (EntryField.CHANNEL, Recorder.IMPORT): _one_of(Channel.PAPER),
    (EntryField.PROCEDURE, Recorder.DESK): _KNOWN_PROCEDURE,
    (EntryField.PROCEDURE, Recorder.PHONE): _KNOWN_PROCEDURE,
    (EntryField.PROCEDURE, Recorder.IMPORT): _KNOWN_PROCEDURE,
    (EntryField.STAGE, Recorder.DESK): _KNOWN_STAGE,
    (EntryField.STAGE, Recorder.PHONE): _KNOWN_STAGE,
    (EntryField.STAGE, Recorder.IMPORT): _KNOWN_STAGE,
    (EntryField.DECIDER, Recorder.DESK): _PASSED_OVER,
    (EntryField.DECIDER, Recorder.PHONE): AuthorityRule(_decider_of_the_slip, instead=_nothing),
    # No reference data name deciders, and no paper form does.
    (EntryField.DECIDER, Recorder.IMPORT): _PASSED_OVER,
    # An answer that is given now has a day; a paper form may not, and its file says the month.
    (EntryField.MONTH, Recorder.DESK): _PASSED_OVER,
    (EntryField.MONTH, Recorder.PHONE): _PASSED_OVER,
    (EntryField.TIME, Recorder.DESK): _WINDOW,
    (EntryField.TIME, Recorder.PHONE): _WINDOW,
    (EntryField.TIME, Recorder.IMPORT): _WINDOW,
    (EntryField.ANCHOR, Recorder.DESK): AuthorityRule(_our_receipt),
}

#: The rules of the first version: an answer of another agency was not counted, all else was believed.
_FIRST: Table = {
    (EntryField.AGENCY, Recorder.DESK): AuthorityRule(_own_agency, "wrong_agency"),
    (EntryField.MONTH, Recorder.DESK): _PASSED_OVER,
    (EntryField.TIME, Recorder.DESK): _WINDOW,
    (EntryField.TIME, Recorder.PHONE): _WINDOW,
    (EntryField.TIME, Recorder.IMPORT): _WINDOW,
}

FIRST, NEWEST = 1, 2
#: Number → rules.
RULES: Mapping[int, Table] = {FIRST: _FIRST, NEWEST: TABLE}


def find_rules_number(seq: int, first_rules_seq: int) -> int:
    """Under which rules the entry at `seq` of a ledger is read whose first ones, up to `first_rules_seq`, were read
    under the first."""
    return FIRST if seq <= first_rules_seq else NEWEST


#: Beside the payload of an answer.
_OF_THE_ENTRY = (EntryField.TIME, EntryField.ANCHOR)
#: What holds also for an answer that says nothing about it.
_PLACE = (EntryField.AGENCY, EntryField.DESK)


@dataclass(frozen=True, slots=True)
class AuthorizedAnswer:
    """What an answer says as far as its recorder may say it; `reason`: why it is not counted, or None; `ignored`: the
    fields that were passed over, by name."""

    rating: Rating
    reason: str | None
    ignored: tuple[str, ...]


def apply_authority(answer: Rating, by: RecorderContext, rules: Table) -> AuthorizedAnswer:
    """What is left of an answer under `rules`."""
    changes: dict[str, Any] = {}
    reason: str | None = None
    ignored: list[str] = []
    for (field, recorder), rule in rules.items():
        if recorder is not by.recorder or field in _OF_THE_ENTRY:
            continue
        value = getattr(answer, field)
        fine = value is None and field not in _PLACE or rule.may(value, by)
        if not fine and rule.reason is None:
            ignored.append(field.value)
        elif not fine:
            reason = reason or rule.reason
        if rule.instead is not None and (field in _PLACE or not fine):
            changes[field.value] = rule.instead(value, by)
    return AuthorizedAnswer(replace(answer, **changes) if changes else answer, reason, tuple(ignored))


def apply_field_authority(field: EntryField, value: Any, by: RecorderContext, rules: Table) -> Any:
    """What one field is taken for under `rules`: what was said, where no row is against it."""
    rule = rules.get((field, by.recorder))
    if rule is None or rule.may(value, by):
        return value
    return rule.instead(value, by) if rule.instead is not None else value


def drop_unknown_stage(p: Mapping[str, Any], by: RecorderContext, rules: Table) -> tuple[Mapping[str, Any], list[str]]:
    """The payload of an answer without a stage that nobody knows, and whether that was passed over."""
    stage = p.get("stage")
    if type(stage) is not str or apply_field_authority(EntryField.STAGE, stage, by, rules) is not None:
        return p, []
    return {name: value for name, value in p.items() if name != "stage"}, [EntryField.STAGE.value]


def anchor_time_ms(entry: Entry, by: RecorderContext, rules: Table) -> int:
    """The time that an anchor proves (ms since 1970, UTC): whatever is written after it is younger. 0: none."""
    t, seq = entry.p.get("t"), entry.p.get("seq")
    rule = rules.get((EntryField.ANCHOR, by.recorder))
    if rule is not None:
        return by.receipt if rule.may(t, by) else 0
    return t if type(t) is int and type(seq) is int and seq < entry.seq else 0
