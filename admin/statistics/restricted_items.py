"""Restricted items, told to the province alone: trouble met, and payments beyond the rules.

They are N5 and N6 of SIPAS. The answers travel beside the entries and stand in no tally, so that no page of the rated
agency can hold them. Read for the whole province and never for a part of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics.measures import thresholds
from admin.statistics.measures.thresholds import Shown
from models.tables.agency import Agency
from models.tables.response import OpenedSidecar, Response, matches_response
from models.vocabulary import Channel, CountOutcome

#: The kind of the sidecars that hold these answers, and the questions that are read.
KIND = "x"
QUESTIONS = ("N5", "N6")
_STEP = 1000


class NotAProvince(ValueError):
    """Somebody asked for a part of the province. `code` is the stable word for it."""

    code = "not_a_province"


@dataclass(frozen=True)
class RestrictedItem:
    """One question: `n` gave an answer, `some` of them "some" or "many"; `share` of these in per cent. Below 5 answers
    nothing, below 30 only their number; `some` is None as well where it, or what it leaves of `n`, is from 1 to 4."""

    item: str
    n: int | None
    some: int | None
    share: Fraction | None
    shown: Shown


def read_restricted_items(session: Session, province_key: str, months: Collection[str]) -> list[RestrictedItem]:
    """The answers of these months (`2026-10`), by question, given on phones and papers: no desk asks these questions,
    and what its device says of them is passed over. Raises `NotAProvince` for anything but the whole tree."""
    agency = session.get(Agency, province_key)
    if agency is None or agency.kind != "province":
        raise NotAProvince(province_key)
    statement = (
        select(OpenedSidecar.value)
        .join(Response, matches_response(OpenedSidecar.device_id, OpenedSidecar.id))
        .where(OpenedSidecar.kind == KIND, Response.month.in_(months), Response.outcome == CountOutcome.COUNTED.value)
        .where(Response.channel != Channel.KIOSK.value)
        .execution_options(yield_per=_STEP)
    )
    counts: dict[str, Counter[int]] = {question: Counter() for question in QUESTIONS}
    for value in session.scalars(statement):
        for question, answer in _given(value).items():
            if question in counts and type(answer) is int and answer >= 0:
                counts[question][answer] += 1
    return [_told(question, counts[question]) for question in QUESTIONS]


def _given(value: str) -> dict[str, int]:
    """Question → chosen value, from what travelled beside an entry; nothing where it cannot be read. What came before
    its shape was judged at the door (`models.protocol.province_only_answers`) stands in stores, of any depth."""
    try:
        answers = json.loads(value)["answers"]
        return {str(question): answer for question, answer in answers}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _told(question: str, counts: Counter[int]) -> RestrictedItem:
    n = sum(counts.values())
    some = n - counts[0]
    level = thresholds.find_shown_level(n)
    if level != "full" or not (thresholds.may_show_difference(some) and thresholds.may_show_difference(n - some)):
        return RestrictedItem(question, None if level == "under_5" else n, None, None, level)
    return RestrictedItem(question, n, some, Fraction(100 * some, n), level)
