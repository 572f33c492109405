"""Desk settings: factor questions, typing, follow-up codes, opening hours; set by page and command.

Every change leaves a line in the audit log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reference import opening_hours
from models.reference.opening_hours import BadHours
from models.tables.agency import Desk
from models.tables.staff_account import AuditRow

DAYS = range(1, 8)
#: The two spans of a day in the form: morning and afternoon.
SPANS = ("a", "b")
_TIME = re.compile(r"(\d{1,2})\s*[:.hg]?\s*(\d{2})?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class DeskSettings:
    """Everything about a desk that may be set. `opening_hours` is a document of `models.reference.opening_hours`,
    empty: the province's."""

    factors: bool
    typing: bool
    follow_up: bool
    hours: dict[str, Any]


def read_desk_settings(desk: Desk) -> DeskSettings:
    """How the desk is set."""
    return DeskSettings(desk.factors, desk.typing, desk.follow_up, dict(desk.hours))


def change_desk_settings(session: Session, desk: Desk, new_settings: DeskSettings, who: str, now_ms: int) -> bool:
    """Set the desk; returns whether anything changed. `now_ms`: milliseconds since 1970 (UTC). Raises `BadHours`."""
    opening_hours.parse(new_settings.hours)
    before = read_desk_settings(desk)
    every = ("factors", "typing", "follow_up", "hours")
    names = [name for name in every if getattr(before, name) != getattr(new_settings, name)]
    for name in names:
        setattr(desk, name, getattr(new_settings, name))
    if names:
        changes = [f"{name}={_format_setting(getattr(new_settings, name))}" for name in names]
        subject = " ".join([desk.code, *changes])
        session.add(AuditRow(at_ms=now_ms, who=who[:120], action="desk_set", subject=subject[:200]))
    session.flush()
    return bool(names)


def _format_setting(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "own" if value else "province"


def list_desks(session: Session, agency_keys: Collection[str] | None = None) -> list[Desk]:
    """Desks by agency and code; of these agencies, or all."""
    rows = select(Desk).order_by(Desk.agency_key, Desk.code)
    return list(session.scalars(rows if agency_keys is None else rows.where(Desk.agency_key.in_(agency_keys))))


def hours_to_form(document: Mapping[str, Any]) -> dict[str, str]:
    """The week of a document as the form shows it: `1a0` is when Monday's morning begins, `1a1` when it ends, `1b0` …
    A day's third span has no field; see `fits_hours_form`."""
    week = opening_hours.parse(document).week
    return {
        f"{day}{span}{end}": spans[place][end] if place < len(spans := week.get(day, ())) else ""
        for day in DAYS
        for place, span in enumerate(SPANS)
        for end in (0, 1)
    }


def fits_hours_form(document: Mapping[str, Any]) -> bool:
    """Whether the form can show all of a document's hours: two spans a day, no days off of its own."""
    parsed = opening_hours.parse(document)
    return not parsed.closed and all(len(spans) <= len(SPANS) for spans in parsed.week.values())


def parse_week_form(form: Mapping[str, str]) -> tuple[dict[str, list[list[str]]], set[int]]:
    """The week that was filled in, and the days (1 to 7) that cannot be read: a time that is none, an end without a
    beginning, a span that ends before it begins or begins before the one above ends."""
    week: dict[str, list[list[str]]] = {}
    wrong: set[int] = set()
    for day in DAYS:
        spans = []
        for span in SPANS:
            pair = [normalise_time(form.get(f"{day}{span}{end}", "")) for end in (0, 1)]
            if pair == ["", ""]:
                continue
            spans.append([text or "?" for text in pair])
        if spans:
            try:
                opening_hours.parse({"week": {str(day): spans}})
                week[str(day)] = spans
            except BadHours:
                wrong.add(day)
    return week, wrong


def normalise_time(text: str) -> str:
    """A time as people type it (7:30, 7h30, 7.30, 730, 7) as `07:30`; what cannot be read stays as it is."""
    plain = text.strip()
    if plain.isdecimal() and len(plain) > 2:
        plain = f"{plain[:-2]}:{plain[-2:]}"
    match = _TIME.match(plain)
    return f"{int(match[1]):02d}:{match[2] or '00'}" if match else plain
