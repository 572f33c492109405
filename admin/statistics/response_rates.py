"""Response rates and dossiers: what the one-stop software counted, beside what citizens answered.

A rate is made of answers that belong to a dossier: given at the desk, by QR or by typed code, after a dossier was
handed in, supplemented, refused or returned. Who only came for guidance has no dossier, and a paper form hangs on none:
they are in no rate, and where nobody else answered there is none to be named. The rate is never clipped: above 100 % it
says that more people answered than were served, which is worth a look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics.disclosure import visibility
from admin.statistics.measures import thresholds
from admin.statistics.measures.index import Answers
from admin.statistics.tallies import cache, reader
from admin.statistics.tallies.agency_tree import find_related_keys
from admin.statistics.tallies.questionnaire_items import RESPONSES, read_questionnaire
from admin.statistics.tallies.recount import STAGE
from models.tables.agency import DossierMonth
from models.tables.tally import TallyBrief, TallyMonth
from models.vocabulary import Stage

#: The stage of those who have no dossier.
GUIDANCE = Stage.GUIDANCE.value


@dataclass(frozen=True)
class Dossiers:
    """Dossiers of a period: how many came in, were closed, and were closed on time or early.

    `agencies` and `months` are those with counts.
    """

    received: int
    closed: int
    on_time: int
    agencies: frozenset[str]
    months: tuple[str, ...]

    @property
    def on_time_rate(self) -> Fraction | None:
        """The share closed on time or early, in per cent."""
        return Fraction(100 * self.on_time, self.closed) if self.closed else None


@dataclass(frozen=True)
class ResponseRate:
    """Counted answers that belong to a dossier per dossier, in per cent; None where that does not apply or may not be
    said."""

    value: Fraction | None
    denominator: int | None


def count_dossiers(session: Session, keys: Collection[str], months: Collection[str]) -> Dossiers | None:
    """The dossiers of these agencies in these months; None where none were imported.

    For an agency and month, a row without stage and field stands for all: where there is one it alone is read, else the
    rows without field, else those without stage, else all of them are added. Rows of the stage of guidance are none of
    dossiers.
    """
    dossiers_cache: dict[Any, Dossiers | None] = session.info.setdefault("dossiers", {})  # a page asks several times
    place = (frozenset(keys), frozenset(months))
    if place not in dossiers_cache:
        dossiers_cache[place] = _dossiers(session, keys, months)
    return dossiers_cache[place]


def _dossiers(session: Session, keys: Collection[str], months: Collection[str]) -> Dossiers | None:
    d = DossierMonth
    statement = select(d.agency_key, d.month, d.stage, d.field, d.received, d.closed, d.overdue).where(
        d.month.in_(months), d.stage != GUIDANCE
    )
    if len(keys) <= cache.FEW_AGENCIES:
        statement = statement.where(d.agency_key.in_(keys))
    counts: dict[tuple[str, str], dict[tuple[bool, bool], list[tuple[int, int, int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for agency, month, stage, field, received, closed, overdue in session.execute(statement):
        if agency in keys:
            counts[agency, month][bool(stage), bool(field)].append((received, closed, overdue))
    if not counts:
        return None
    rows = [row for parts in counts.values() for row in _coarsest(parts)]
    received, closed, overdue = (sum(column) for column in zip(*rows, strict=True))
    agencies, covered = frozenset(key for key, _ in counts), {month for _, month in counts}
    return Dossiers(received, closed, closed - overdue, agencies, tuple(sorted(covered)))


def _coarsest(parts: dict[tuple[bool, bool], list[tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    levels = ((False, False), (True, False), (False, True), (True, True))
    return next(parts[level] for level in levels if level in parts)


def compute_response_rate(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    dossiers: Dossiers | None = None,
    channel_answers: Mapping[str, Answers] | None = None,
    *,
    unsuppressed: bool = False,
) -> ResponseRate:
    """The response rate of one instrument. Months and agencies without dossier counts are left out of both sides; an
    agency is covered by counts of its own, of one above it, or of a part of it.

    `dossiers` spares reading the dossiers again, `channel_answers` (channel → all answers) the answers. The value is
    None below 5 answers, which it would give away, and where fewer than 5 answers of the index are not in it (on paper,
    for guidance, or of a month without dossiers): their number would follow from both. So it is where all of them are
    such, and wherever the number of answers of all these agencies and months is not told.
    """
    rates: dict[Any, ResponseRate] = session.info.setdefault("response_rates", {})  # a page asks twice
    question = (frozenset(keys), frozenset(months), instrument, unsuppressed)
    if question not in rates:
        rates[question] = _response_rate(session, keys, months, instrument, dossiers, channel_answers, unsuppressed)
    return rates[question]


def _response_rate(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str, dossiers: Dossiers | None,
    channel_answers: Mapping[str, Answers] | None, unsuppressed: bool,
) -> ResponseRate:  # fmt: skip
    dossiers = dossiers or count_dossiers(session, keys, months)
    if dossiers is None or not dossiers.received:
        return ResponseRate(None, None)
    questionnaire = read_questionnaire(session, instrument)
    covered = find_covered_keys(session, keys, dossiers)
    whole_known = covered == set(keys) and set(dossiers.months) == set(months)
    if channel_answers is None or not whole_known:
        by_channel = reader.read_answers_by(
            session,
            (TallyMonth.channel,),
            covered,
            dossiers.months,
            questionnaire,
            items=(RESPONSES,),
            channels=reader.POOLED,
        )
        channel_answers = {channel: answers for (channel,), answers in by_channel.items()}
    tied = sum(answers.counted for channel, answers in channel_answers.items() if channel in reader.TIED)
    whole = pooled = sum(answers.counted for channel, answers in channel_answers.items() if channel in reader.POOLED)
    if not whole_known:
        whole = reader.read_answers(session, keys, months, questionnaire, items=(RESPONSES,)).counted
    advised = count_guidance_answers(session, covered, dossiers.months, questionnaire.id)
    counted = tied - advised.tied
    if whole and not counted:
        return ResponseRate(None, dossiers.received)
    may_show = visibility.may_publish(session, questionnaire.id, covered, dossiers.months, "channel", ("tied",))
    may_show = may_show and (
        not advised.pooled or _advised_told(session, questionnaire.id, covered, dossiers.months, advised)
    )
    on_paper = pooled - tied - (advised.pooled - advised.tied)
    few = not may_show or thresholds.find_shown_level(counted) == "under_5" or not all(
        thresholds.may_show_difference(n) for n in (whole - counted, whole - tied, on_paper)
    )
    headline = visibility.find_visibility(session, questionnaire.id, keys, months, whole, whole)
    hidden = few or headline in ("under_5", "withheld")
    value = None if hidden and not unsuppressed else Fraction(100 * counted, dossiers.received)
    return ResponseRate(value, dossiers.received)


@dataclass(frozen=True)
class GuidanceAnswers:
    """Counted answers of those who came for guidance: those given in a way that else belongs to a dossier, and all of
    a headline."""

    tied: int
    pooled: int


def count_guidance_answers(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> GuidanceAnswers:
    """The answers for guidance of these agencies in these local months to one questionnaire. One statement, kept until
    they are counted anew."""
    question = ("guidance", frozenset(keys), frozenset(months), instrument)
    guidance_cache: dict[Any, GuidanceAnswers] = session.info.setdefault("guidance", {})  # a page asks twice
    if question not in guidance_cache:
        stamp = cache.tally_stamp(session, keys, months)
        guidance_cache[question] = cache.get_or_compute(
            session, question, stamp, lambda: _guidance(session, keys, months, instrument)
        )
    return guidance_cache[question]


def _guidance(session: Session, keys: Collection[str], months: Collection[str], instrument: str) -> GuidanceAnswers:
    t = TallyBrief
    statement = (
        select(t.agency_key, t.channel, func.sum(t.n))
        .where(
            t.month.in_(months), t.instrument == instrument, t.item == STAGE, t.value == GUIDANCE,
            t.channel.in_(reader.POOLED),
        )
        .group_by(t.agency_key, t.channel)
    )  # fmt: skip
    if len(keys) <= cache.FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    tied = pooled = 0
    for agency, channel, n in session.execute(statement):
        if agency in keys:
            pooled += int(n)
            tied += int(n) if channel in reader.TIED else 0
    return GuidanceAnswers(tied, pooled)


def _advised_told(
    session: Session, instrument: str, keys: Collection[str], months: Collection[str], advised: GuidanceAnswers
) -> bool:
    """Whether the number of answers for guidance may follow from a rate that leaves them out: where that of the stage
    is told, and neither of its two parts is one to be kept."""
    return (
        visibility.may_publish(session, instrument, keys, months, "stage", (GUIDANCE,))
        and thresholds.may_show_difference(advised.tied)
        and thresholds.may_show_difference(advised.pooled - advised.tied)
    )


def find_covered_keys(session: Session, keys: Collection[str], dossiers: Dossiers) -> set[str]:
    """Those of the agencies that dossier counts cover: with counts of their own, of one above, or of a part."""
    if set(keys) <= dossiers.agencies:
        return set(keys)
    return set(keys) & find_related_keys(session, dossiers.agencies)
