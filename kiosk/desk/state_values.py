"""Values of the desk's state: their types, and the texts that the store keeps them as.

A number without which nothing can go on is refused when it rotted (`BadState`); anything else that rotted reads as if
it had never been written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from models.vocabulary import Stage

T = TypeVar("T")


class BadState(ValueError):
    """A number without which neither a start nor a tap can go on, or a part of the identity, cannot be read."""


class CentreTreatment(StrEnum):
    """How the centre treats this device, as it said last; a word that is not known here reads as `STOPPED`."""

    NEW = "new"
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    FORKED = "forked"
    REVOKED = "revoked"
    LOST = "lost"
    CLOSED = "closed"
    STOPPED = "stopped"

    @classmethod
    def read(cls, text: str) -> CentreTreatment:
        """The word in a reply of the centre, or in the store."""
        return cls(text) if text in [*cls] else cls.STOPPED


@dataclass(frozen=True, slots=True)
class PinSession:
    """A session behind the PIN: the start and the local day it was opened in, the SHA-256 of its cookie, and when it
    was opened and last touched (running clock, ms)."""

    boot: int
    day: str
    hash: str
    opened: int
    touched: int


@dataclass(frozen=True, slots=True)
class PromisedCode:
    """What a follow-up code is drawn from: the start of the desk, chance, the response's id; when it was given and when
    the answer was sent last (running clock, ms; -1: as old as the code)."""

    boot: int
    chance: str
    id: str
    mono: int
    sent: int = -1


@dataclass(frozen=True, slots=True)
class SlipPrint:
    """The newest print of a slip: the run of the program that began it, what is known of it, why no more, and when it
    began (ms since 1970, UTC)."""

    epoch: int
    serial: int
    number: int
    run: str
    known: str
    why: str
    t: int


class WrongTries(NamedTuple):
    """Wrong PINs of one known browser: how many, and when the last was (running clock, ms, within a start)."""

    tries: int
    mono: int
    boot: int


class MissingEntries(NamedTuple):
    """The first and last entry of an epoch that the centre asked for and this machine had erased."""

    epoch: int
    first: int
    last: int


def parse_whole_number(text: str) -> int:
    """A number. Raises `BadState`."""
    try:
        return int(text)
    except ValueError as error:
        raise BadState(f"{text[:20]!r} is no number") from error


def parse_number_or_none(text: str) -> int | None:
    """A number; None when it rotted: no start and no tap may end with a clock."""
    try:
        return int(text)
    except ValueError:
        return None


def _object(text: str) -> dict[str, Any] | None:
    """A JSON object; None for the empty text, which says that there is none, and for one that rotted."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def record_parser(kind: Callable[..., T]) -> Callable[[str], T | None]:
    """What makes a record of `kind` of a JSON object; None when there is none, or when it rotted."""

    def read(text: str) -> T | None:
        try:
            return None if (value := _object(text)) is None else kind(**value)
        except TypeError:  # other names than it has
            return None

    return read


def parse_wrong_tries(text: str) -> dict[str, WrongTries]:
    """Wrong PINs by the word of a known browser."""
    rows = (_object(text) or {}).items()
    return {word: WrongTries(*row) for word, row in rows if isinstance(row, list) and len(row) == 3}


def parse_missing_entries(text: str) -> MissingEntries | None:
    """Entries that are missing (`epoch:first:last`); None when none are."""
    numbers = [parse_number_or_none(part) for part in text.split(":")]
    whole = [number for number in numbers if number is not None]
    return MissingEntries(*whole) if len(whole) == len(numbers) == 3 else None


def parse_plain_text(text: str) -> str:
    """The text itself."""
    return text


def parse_count(text: str) -> int:
    """A number; 0 when it rotted."""
    return parse_number_or_none(text) or 0


def parse_stage(text: str) -> Stage | None:
    """A stage; None for a word that is none."""
    return Stage(text) if text in [*Stage] else None


def format_value(value: object) -> str:
    """The text that the store keeps for a value of the state."""
    match value:
        case None:
            return ""
        case MissingEntries():
            return ":".join(map(str, value))
        case PinSession() | PromisedCode() | SlipPrint():
            return json.dumps(asdict(value), sort_keys=True)
        case Mapping():
            return json.dumps(dict(value))
        case _:
            return str(value)
