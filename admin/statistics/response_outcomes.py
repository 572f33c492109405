"""All that came in: the responses of agencies in months by outcome, whichever way they came.

Whatever a recorder wrote stands under one agency with one outcome, so the outcomes add up to what came in. What is
noted beside them overlaps: an answer may be partial, joined over devices and on a slip that no ledger holds.

Where a headline is told, so is what did not count, and why: that tells nobody's opinion. Of the counted answers that
stand apart from it (by the poster, to another questionnaire) the number is told where that of each part may be; where
it is not, neither is a sum with it. Marks of counted answers are not told below 5. Noughts are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics import slips_missing_in_ledger
from admin.statistics.disclosure import visibility
from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Figure
from admin.statistics.slips_missing_in_ledger import DoubtfulSlipCounts
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import is_whole_province
from admin.statistics.tallies.cache import FEW_AGENCIES
from admin.statistics.tallies.questionnaire_items import RESPONSES
from admin.statistics.tallies.recount import IGNORED, JOINED, PARTIAL
from models.tables.agency import Agency
from models.tables.tally import TallyBrief
from models.vocabulary import Channel, CountOutcome

_COUNTED, _NOT_COUNTED = CountOutcome.COUNTED.value, CountOutcome.NOT_COUNTED.value
#: Answers that named another agency or desk than their device stands at; the second by the rules of the first version.
_ELSEWHERE = (f"{_NOT_COUNTED}:foreign_agency", f"{_NOT_COUNTED}:wrong_agency")
_WRONG_CHANNEL = f"{_NOT_COUNTED}:wrong_channel"
#: A questionnaire, and whether its answers came by the open poster: what a headline pools is the rest.
Way = tuple[str, bool]


@dataclass(frozen=True)
class ResponseOutcomes:
    """How many responses came in, all ways and questionnaires together: by outcome (its reason behind a colon); of the
    counted ones by `Way`, and how many of these two persons excluded; how many are partial, joined over devices, or
    have fields that were passed over (by the names of the fields)."""

    outcomes: Mapping[str, int]
    counted: Mapping[Way, int]
    excluded: Mapping[Way, int]
    partial: int
    joined: int
    ignored: Mapping[str, int]


@dataclass(frozen=True)
class OutcomeNotes:
    """What a page says of them beside its figure: answers that named another place (`elsewhere`) or a way their device
    does not stand for (`wrong_channel`), neither counted; joined over devices; with fields passed over; and those on
    slips that no ledger holds or that none confirms. None is "fewer than 5"."""

    elsewhere: int | None
    wrong_channel: int | None
    joined: int | None
    ignored: int | None
    unrecorded: int | None
    unconfirmed: int | None


def count_response_outcomes(session: Session, keys: Collection[str], months: Collection[str]) -> ResponseOutcomes:
    """What came in for these agencies in these local months. One statement, kept until they are counted anew."""
    question = ("came in", frozenset(keys), frozenset(months))
    return cache.get_or_compute(
        session, question, cache.tally_stamp(session, keys, months), lambda: _read(session, keys, months)
    )


def _read(session: Session, keys: Collection[str], months: Collection[str]) -> ResponseOutcomes:
    t, whole = TallyBrief, is_whole_province(session, keys)
    columns: list[Any] = [t.instrument, t.channel, t.excluded, t.item, t.value, *([] if whole else [t.agency_key])]
    statement = (
        select(*columns, func.sum(t.n))
        .where(t.month.in_(months), t.item.in_((RESPONSES, PARTIAL, IGNORED, JOINED)))
        .group_by(*columns)
    )
    if len(keys) <= FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    elif whole:
        statement = statement.where(t.agency_key.in_(select(Agency.key)))
    outcomes, counted, excluded, others = Counter[str](), Counter[Way](), Counter[Way](), Counter[str]()
    ignored = Counter[str]()
    for instrument, channel, out, item, value, *agency, n in session.execute(statement):
        if agency and agency[0] not in keys:
            continue
        if item != RESPONSES:
            (ignored if item == IGNORED else others)[value if item == IGNORED else item] += int(n)
            continue
        outcomes[value] += int(n)
        if value == _COUNTED:
            way = (instrument, channel == Channel.POSTER.value)
            counted[way] += int(n)
            excluded[way] += int(n) if out else 0
    return ResponseOutcomes(outcomes, counted, excluded, others[PARTIAL], others[JOINED], ignored)


def count_without_agency(session: Session, months: Collection[str]) -> int:
    """How many responses of these months stand under no agency that is known: their device's desk is not, or a recorder
    of the centre's named an agency that is not. None of them is counted."""
    t = TallyBrief
    statement = select(func.sum(t.n)).where(
        t.month.in_(months), t.item == RESPONSES, t.agency_key.not_in(select(Agency.key))
    )
    return int(session.scalar(statement) or 0)


def publishable_outcome_counts(
    session: Session, keys: Collection[str], months: Collection[str], whole: Figure
) -> OutcomeNotes | None:
    """What may be said of it beside a headline `whole`; None where nothing may."""
    if whole.shown in ("under_5", "withheld"):
        return None
    counts, doubted = (
        count_response_outcomes(session, keys, months),
        slips_missing_in_ledger.count_doubtful_slips(session, keys, months),
    )
    return OutcomeNotes(
        _told(sum(counts.outcomes.get(one, 0) for one in _ELSEWHERE)),
        _told(counts.outcomes.get(_WRONG_CHANNEL, 0)),
        _told(counts.joined),
        _told(sum(counts.ignored.values())),
        _told(doubted.unrecorded),
        _told(doubted.unconfirmed),
    )


def may_publish_total(
    session: Session, keys: Collection[str], months: Collection[str], counts: ResponseOutcomes, own_instrument: str
) -> bool:
    """Whether the number of counted answers beside the headline of the questionnaire `own_instrument` may be told:
    where that of each part of it may, so that their sum tells nothing new. Nothing is asked of a part without answers:
    noughts are shown (`admin.statistics.disclosure.suppression`), also before it is worked out what a month hides."""
    return all(
        visibility.may_publish(
            session, instrument, keys, months, *(("channel", (Channel.POSTER.value,)) if poster else ("",))
        )
        for (instrument, poster), n in counts.counted.items()
        if n and (instrument, poster) != (own_instrument, False)
    )


def make_outcome_entry(
    counts: ResponseOutcomes,
    doubted: DoubtfulSlipCounts,
    own_instrument: str,
    *,
    others: bool,
    excluded: bool,
    elsewhere: int | None,
    unsuppressed: bool = False,
) -> dict[str, Any]:
    """The part of the index document about all that came in, where its headline is told. `own_instrument` is the
    document's questionnaire; `others` and `excluded`: whether the number of counted answers beside the headline and of
    excluded ones may be told; `elsewhere` is how many stand under no agency, where that is to be said.
    """

    def told(n: int, may: bool = True) -> int | None:
        return n if unsuppressed or n == 0 or (may and thresholds.may_show_difference(n)) else None

    index, counted = counts.counted.get((own_instrument, False), 0), sum(counts.counted.values())
    other_count = counted - index if others or unsuppressed else None
    out, own_out = sum(counts.excluded.values()), counts.excluded.get((own_instrument, False), 0)
    reasons = {
        reason: n
        for outcome, n in sorted(counts.outcomes.items())
        for name, _, reason in [outcome.partition(":")]
        if name == _NOT_COUNTED
    }
    superseded, contested = (
        counts.outcomes.get(one.value, 0) for one in (CountOutcome.SUPERSEDED, CountOutcome.CONTESTED)
    )
    refused = sum(reasons.values())
    return {
        "n": None if other_count is None else counted + superseded + contested + refused,
        _COUNTED: None if other_count is None else counted,
        CountOutcome.SUPERSEDED.value: superseded,
        CountOutcome.CONTESTED.value: contested,
        _NOT_COUNTED: refused,
        "reasons": reasons,
        "counted_as": {"index": index, "others": other_count},
        "flags": {
            "partial": told(counts.partial),
            "excluded": told(out, excluded and out == own_out),
            "ignored": told(sum(counts.ignored.values())),
            "joined": told(counts.joined),
            "unrecorded_slips": told(doubted.unrecorded),
            "unconfirmed_slips": told(doubted.unconfirmed),
        },
        "no_agency": elsewhere,
    }


def _told(n: int) -> int | None:
    return n if thresholds.may_show_difference(n) else None
