"""Reference data of this desk: agency, desk, questionnaire, procedures; one document, one version.

They are what the centre told this desk about itself. The desk works from the last document it received; without any it
shows "chưa cài đặt" and takes no taps.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import translations
from kiosk.desk import clock_reading, state
from models.clock import Moment
from models.reference import instrument, opening_hours
from models.reference.instrument import Instrument
from models.reference.localized_text import LocalText
from models.reference.opening_hours import OpeningHours
from models.storage.row_reading import Reader, read_value
from translations.loader import ReceivedCatalogue

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Without a signed reply for so long the dot on the screen turns hollow (milliseconds).
ONLINE_MS = 300_000


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure as slips name it: `number` stands in the token."""

    code: str
    number: int
    name: LocalText


@dataclass(frozen=True, slots=True)
class Prompt:
    """A recording: the SHA-256 under which its file lies in the instance's `media/`, its size in bytes, its kind."""

    sha: str
    size: int
    mime: str


@dataclass(frozen=True)
class Reference:
    """Everything the desk's pages and slips need to know. `factors`: the factor questions are asked too; `typing`:
    people may type on this tablet; `follow_up`: follow-up codes are given out,
    which they are only where the province says that somebody answers; `prompts`: recordings by text id and
    language; `catalogues`: the words of languages the province added, as `translations.receive_languages` takes them;
    `centre_box`: the key (hex) that files carried by hand are sealed to, empty before it came; `typed_keys`: the key
    (64 hex) of typed codes by the epoch of this device's ledger; `dossier_keys`: that of dossier references by local
    month (`2026-11`); `dossier_patterns`: the province's formats of dossier codes, empty for the usual ones; `online`:
    the centre answered lately."""

    agency_key: str
    agency_name: LocalText
    desk_code: str
    desk_name: LocalText
    centre_line: LocalText
    device_label: str
    languages: tuple[tuple[str, str], ...]
    instrument: Instrument
    procedures: tuple[Procedure, ...]
    idle_seconds: int
    phone: str
    sha: str
    online: bool = False
    factors: bool = False
    typing: bool = False
    follow_up: bool = False
    hours: OpeningHours = OpeningHours({}, frozenset())
    prompts: Mapping[tuple[str, str], Prompt] = field(default_factory=dict)
    catalogues: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    centre_box: str = ""
    typed_keys: Mapping[int, str] = field(default_factory=dict)
    dossier_keys: Mapping[str, str] = field(default_factory=dict)
    dossier_patterns: tuple[str, ...] = ()

    def procedure(self, code: str) -> Procedure | None:
        """The procedure with this code, or None."""
        return next((procedure for procedure in self.procedures if procedure.code == code), None)


class BadReference(ValueError):
    """The document is not usable; the one in use stays."""


def parse_reference(document: bytes) -> Reference:
    """The reference data of a document. Raises `BadReference`."""
    try:
        value: dict[str, Any] = json.loads(document)
        return Reference(
            agency_key=value["agency"]["key"],
            agency_name=LocalText(value["agency"]["name"]),
            desk_code=value["desk"]["code"],
            desk_name=LocalText(value["desk"]["name"]),
            centre_line=LocalText(value["desk"]["line"]),
            device_label=value["device_label"],
            languages=tuple((code, name) for code, name in value["languages"]),
            instrument=instrument.parse(value["instrument"]),
            procedures=tuple(
                Procedure(row["code"], row["number"], LocalText(row["name"])) for row in value["procedures"]
            ),
            idle_seconds=int(value["idle_seconds"]),
            phone=value["phone"],
            sha=hashlib.sha256(document).hexdigest(),
            factors=bool(value["desk"].get("factors")),
            typing=bool(value["desk"].get("typing")),
            follow_up=bool(value["desk"].get("follow_up") and value.get("replies")),
            hours=opening_hours.parse(value.get("hours", {})),
            prompts={
                (row["id"], row["lang"]): Prompt(row["sha"], row["size"], row["mime"])
                for row in value.get("prompts", ())
            },
            catalogues=_checked(value.get("catalogues", {})),
            centre_box=str(value.get("centre_box", "")),
            typed_keys={int(epoch): _key(key) for epoch, key in value.get("typed_keys", {}).items()},
            dossier_keys={str(month): _key(key) for month, key in value.get("dossier_keys", {}).items()},
            dossier_patterns=tuple(re.compile(pattern).pattern for pattern in value.get("dossier_patterns", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        raise BadReference(f"reference data cannot be read: {error!r}") from error


def _key(text: str) -> str:
    """A secret of 32 bytes as hex. Raises ValueError."""
    if len(bytes.fromhex(text)) != 32:
        raise ValueError("not 32 bytes")
    return text


def _checked(catalogues: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """The languages of a document, each with a plural rule and words that can be used. Raises ValueError and others."""
    for words in catalogues.values():
        ReceivedCatalogue(words["messages"], words["plural"])
        words["name"].strip()
    return catalogues


#: The document in use, parsed, by its SHA-256.
_parsed: dict[str, Reference] = {}


def read_reference(session: Reader, now: Moment | None = None) -> Reference | None:
    """The reference data in use, or None before the first. With `now` it also says whether the centre answered lately
    (in running time: no step of the wall clock changes that)."""
    sha = read_value(session, "SELECT sha FROM reference WHERE slot = 1")
    if sha is None:
        return None
    reference = _parsed.get(sha)
    if reference is None:  # a big document is read once, not with every tap
        reference = parse_reference(read_value(session, "SELECT document FROM reference WHERE slot = 1"))
        translations.receive_languages(reference.catalogues)
        _parsed.clear()
        _parsed[sha] = reference
    if now is None:
        return reference
    unanswered = clock_reading.ms_since_reply(state.read_state(session), now)
    online = unanswered is not None and unanswered < ONLINE_MS
    return Reference(**{**reference.__dict__, "online": online})


def store_reference(session: Session, document: bytes, received_ms: int) -> None:
    """Take a new document into use. Raises `BadReference` and then changes nothing."""
    from models.tables.desk_store import Reference as StoredReference  # whoever only reads needs no tables

    reference = parse_reference(document)
    row = session.get(StoredReference, 1)
    if row is None:
        session.add(StoredReference(slot=1, sha=reference.sha, document=document, received_ms=received_ms))
    else:
        row.sha, row.document, row.received_ms = reference.sha, document, received_ms
    session.flush()
