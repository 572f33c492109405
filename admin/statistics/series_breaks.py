"""Breaks of a trend: months from which other questions are asked or the index is made otherwise.

A line must not run through such a month as if nothing had happened; pages and papers mark it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from admin.statistics import methods
from admin.statistics.measures.periods import months_until
from admin.statistics.tallies.questionnaire_items import Asked, find_answered_versions, list_opened_versions

Kind = Literal["instrument", "version", "method"]


@dataclass(frozen=True)
class SeriesBreak:
    """From `month` on (`2026-08`) figures are made of something else: another instrument, another version of it, or by
    another method; `before` and `after` name them with their version (`short 1`, `top2.overall 1`)."""

    month: str
    kind: Kind
    before: str
    after: str


def find_series_breaks(
    session: Session, keys: Collection[str], last_month: str, count: int = 13, instrument: str = "short"
) -> list[SeriesBreak]:
    """The breaks within `count` months up to `last_month` (`2026-10`) in the trend of an instrument, oldest first.

    A month belongs to `instrument` if it has counted answers to it, else to the first of the others by name that has;
    months without any are passed over. Within an instrument the newest version with answers speaks for a month.
    """
    form_methods = _methods(session)
    breaks: list[SeriesBreak] = []
    before: Asked | None = None
    for now_month, now in _speaking(session, keys, months_until(last_month, count), instrument, form_methods):
        if before is not None and now[0] == before[0] and now[1] <= before[1]:
            continue  # late answers to an older version
        if before is not None:
            kind: Kind = "version" if now[0] == before[0] else "instrument"
            breaks.append(SeriesBreak(now_month, kind, _named(before), _named(now)))
            if form_methods.get(before, "") != form_methods.get(now, ""):
                breaks.append(SeriesBreak(now_month, "method", form_methods.get(before, ""), form_methods.get(now, "")))
        before = now
    return breaks


def _speaking(
    session: Session, keys: Collection[str], months: Sequence[str], instrument: str, form_methods: Collection[Asked]
) -> list[tuple[str, Asked]]:
    """The months that have answers, with the version that speaks for each."""
    versions_by_month = find_answered_versions(session, keys, months)
    others = sorted((key for key in form_methods if key[0] != instrument), key=lambda key: (key[0], -key[1]))
    speaking_versions = []
    for month in months:
        own = [key for key in versions_by_month[month] if key[0] == instrument]
        if own:
            speaking_versions.append((month, max(own)))
        elif other := next((key for key in others if key in versions_by_month[month]), None):
            speaking_versions.append((month, other))
    return speaking_versions


def _methods(session: Session) -> dict[Asked, str]:
    """The headline method of every version that was ever open, with the method's own version."""
    method_names = {}
    for key, version in list_opened_versions(session).items():
        method = methods.method(version.method)
        method_names[key] = f"{method.id} {method.version}"
    return method_names


def _named(key: Asked) -> str:
    return f"{key[0]} {key[1]}"
