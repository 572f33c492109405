"""Figures of one scope, whole and taken apart: by month, factor, channel and procedure.

Reads tallies that the edge made fresh beforehand. Everything that leaves here went through `small`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import reading, small
from admin.figures.index import Answers, Figure, Measure, show, top2
from admin.figures.methods.top2 import OVERALL_ITEM, factor
from admin.figures.periods import months_until
from admin.figures.questionnaires import FACTORS, Questionnaire, questionnaire
from models.agency import Procedure
from models.localtext import LocalText
from models.tallies import TallyMonth
from models.vocabulary import Channel

NOTHING = Answers({}, {})


@dataclass(frozen=True)
class ProcedureRow:
    """A procedure with its figure. `enough`: it has 30 answers or more, also where its figure is withheld."""

    code: str
    name: LocalText
    figure: Figure
    enough: bool


def figure(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    item: str = OVERALL_ITEM,
    channels: Collection[str] | None = None,
) -> Figure:
    """The figure of an instrument: its headline (`overall`), a factor (`A`…`E`), or the share of one of its items.

    `channels` None pools all but the poster.
    """
    asked, pooled = questionnaire(session, instrument), reading.POOLED if channels is None else channels
    needed = reading.headline_items(asked) if item == OVERALL_ITEM else None
    found = reading.answers(session, keys, months, asked, items=needed, channels=pooled)
    if item == OVERALL_ITEM:
        return show(headline(found, asked))
    rows = dict(factor_figures(found, asked))
    if item in rows:
        return rows[item]
    hidden = rows[OVERALL_ITEM].shown in ("under_5", "n_only")
    return show(top2(found.item(item)), state="withheld" if hidden else None)


def headline(answers: Answers, asked: Questionnaire) -> Measure:
    """The instrument's own method applied to answers."""
    return asked.method.compute(answers, asked.factors)


def trend(
    session: Session, keys: Collection[str], last_month: str, count: int = 13, instrument: str = "short"
) -> list[tuple[str, Figure]]:
    """The headline of each of `count` months up to `last_month` (`2026-10`), oldest first; one statement."""
    asked, months = questionnaire(session, instrument), months_until(last_month, count)
    found = reading.answers_by(
        session, (TallyMonth.month,), keys, months, asked, items=reading.headline_items(asked)
    )
    return [(month, show(headline(found.get((month,), NOTHING), asked))) for month in months]


def factor_rows(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> list[tuple[str, Figure]]:
    """The headline as `overall`, then the factors `A` to `E`, each with its counts."""
    asked = questionnaire(session, instrument)
    return factor_figures(reading.answers(session, keys, months, asked), asked)


def factor_figures(
    answers: Answers, asked: Questionnaire, *, unsuppressed: bool = False
) -> list[tuple[str, Figure]]:
    """The same from answers already read. Below 30 answers in the whole nothing is shown of its factors."""
    whole = show(headline(answers, asked), unsuppressed=unsuppressed)
    measures = [factor(answers, asked.factors, name) for name in FACTORS]
    if whole.shown in ("under_5", "n_only"):
        states: list[small.Shown] = ["withheld" if measure.n else "none" for measure in measures]
    elif asked.method.uses_factors:
        states = small.shown_terms([measure.n for measure in measures])
    else:
        states = [small.shown(measure.n) for measure in measures]
    shown = [
        (name, show(measure, state=state, unsuppressed=unsuppressed))
        for name, measure, state in zip(FACTORS, measures, states, strict=True)
    ]
    return [(OVERALL_ITEM, whole), *shown]


def by_channel(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> list[tuple[str, Figure]]:
    """The headline of each channel that has answers, the poster last.

    Typed codes stand with the QR codes, which lead from the same slip to the same page, unless there are 30 of them.
    """
    asked = questionnaire(session, instrument)
    found = reading.answers_by(
        session, (TallyMonth.channel,), keys, months, asked, items=reading.headline_items(asked), channels=None
    )
    channels = {channel: answers for (channel,), answers in found.items()}
    qr, code = Channel.QR.value, Channel.CODE.value
    if qr in channels and code in channels and headline(channels[code], asked).n < small.ENOUGH:
        channels[qr] = reading.merged([channels[qr], channels.pop(code)])
    measures = {
        channel.value: measure
        for channel in Channel
        if channel.value in channels and (measure := headline(channels[channel.value], asked)).n
    }
    poster = measures.pop(Channel.POSTER.value, None)
    rows = list(_parts(measures).items())
    return rows + ([(Channel.POSTER.value, show(poster))] if poster else [])


def by_procedure(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> list[ProcedureRow]:
    """The headline of each procedure that has answers, those with most answers first.

    Answers without a known procedure are in no row, but protect the others as one.
    """
    asked = questionnaire(session, instrument)
    found = reading.answers_by(
        session, (TallyMonth.procedure_code,), keys, months, asked, items=reading.headline_items(asked)
    )
    measures = {code: measure for (code,), answers in found.items() if (measure := headline(answers, asked)).n}
    named = select(Procedure.code, Procedure.name_vi, Procedure.name_en).where(Procedure.code.in_(measures))
    names = {code: LocalText({"vi": vi, "en": en}) for code, vi, en in session.execute(named)}
    ordered = sorted(measures, key=lambda code: (-measures[code].n, code))
    shown = _parts({code: measures[code] for code in ordered})
    # what is shown of a row must not be told by its place: rows without a number stand last, by code
    rows = [
        ProcedureRow(code, names.get(code, LocalText({"vi": code})), shown[code], measures[code].n >= small.ENOUGH)
        for code in ordered
        if code
    ]
    return sorted(rows, key=lambda row: (-row.figure.n, "") if row.figure.n else (0, row.code))


def _parts(measures: Mapping[str, Measure]) -> dict[str, Figure]:
    """Parts of a whole that is shown beside them."""
    states = small.shown_parts([min(measure.n, measure.base) for measure in measures.values()])
    return {
        id: show(measure, state=state) for (id, measure), state in zip(measures.items(), states, strict=True)
    }
