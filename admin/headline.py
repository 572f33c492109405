"""The head of a page with figures: the index with how sure it is, where it moves, and how it is made.

Built from figures that already went through the rules for small numbers; what the page says in drawings stands in
sentences too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from admin import charts, made_of, sentences
from admin.figures import queries
from admin.figures.periods import months_until
from admin.figures.queries import Figure
from admin.figures.questionnaires import SHORT
from admin.made_of import Foot
from admin.periods import Chosen
from translations import gettext as _

MONTHS = 13


@dataclass(frozen=True)
class Asked:
    """What a page is asked for: agencies, period, instrument, goal (per cent), and up to when figures are complete."""

    keys: frozenset[str]
    chosen: Chosen
    instrument: str
    target: Decimal | None
    as_of_ms: int


@dataclass(frozen=True)
class Headline:
    """The head of a page. `said` are the sentences under the ruler, each with whether it is set in bold."""

    figure: Figure
    rate: Fraction | None
    months: list[tuple[str, Figure]]
    ruler: charts.Ruler | None
    trend: charts.Trend | None
    summary: str
    trend_summary: str
    before_words: str
    before_figure: str
    reference_words: str
    target_words: str
    target_percent: str
    figure_last: str
    said: list[tuple[bool, str]]
    foot: Foot


def ask(session: Session, keys: Collection[str], chosen: Chosen, target: str | None, as_of_ms: int) -> Asked:
    """Choose the instrument over all months the page shows; the short one where nobody answered any."""
    months = {*months_until(chosen.months[-1], MONTHS), *chosen.months}
    instrument = queries.choose_instrument(session, keys, months)
    if instrument != SHORT and queries.figure(session, keys, months, instrument).shown == "none":
        instrument = SHORT
    return Asked(frozenset(keys), chosen, instrument, Decimal(target) if target else None, as_of_ms)


def build(
    session: Session, asked: Asked, figure: Figure, *, province: Figure | None = None, verdict: str | None = None
) -> Headline:
    """The headline of a page whose figure was read already; `province` and `verdict` on the page of one agency."""
    chosen = asked.chosen
    months = queries.trend(session, asked.keys, chosen.months[-1], MONTHS, asked.instrument)
    earlier = _earlier(session, asked, dict(months))
    rate = queries.response_rate(session, asked.keys, chosen.months, asked.instrument).value
    drawn = charts.trend(
        [charts.Month(month, f.index, f.interval, f.shown in ("n_only", "under_5")) for month, f in months],
        target=asked.target,
    )
    ruler = None
    if figure.index is not None:
        ruler = charts.ruler(
            figure.index, figure.interval, before=earlier.index, target=asked.target,
            reference=None if province is None else province.index,
        )  # fmt: skip
    target = sentences.whole(asked.target) if asked.target is not None else ""
    return Headline(
        figure=figure,
        rate=rate,
        months=months,
        ruler=ruler,
        trend=drawn,
        summary=_summary(figure, asked.target),
        trend_summary=_trend_summary(months),
        before_words=sentences.short_period(chosen.earlier, chosen.period),
        before_figure=f"{sentences.period(chosen.earlier)}: {sentences.index(earlier)}%",
        reference_words=_("province %(index)s", index=sentences.index(province)) if province is not None else "",
        target_words=_("target %(target)s", target=target) if target else "",
        target_percent=_("target %(target)s%%", target=target) if target else "",
        figure_last=sentences.index(months[-1][1]),
        said=_said(figure, earlier, asked, verdict),
        foot=foot(session, asked),
    )


def foot(session: Session, asked: Asked) -> Foot:
    """The last line of the page."""
    return made_of.foot(session, asked.keys, asked.chosen.period, asked.instrument, asked.as_of_ms)


def _earlier(session: Session, asked: Asked, months: dict[str, Figure]) -> Figure:
    earlier = asked.chosen.earlier
    if earlier in months:
        return months[earlier]
    return queries.figure(session, asked.keys, queries.months_of(earlier), asked.instrument)


def _said(figure: Figure, earlier: Figure, asked: Asked, verdict: str | None) -> list[tuple[bool, str]]:
    said: list[tuple[bool, str]] = []
    if verdict:
        words = sentences.verdict(verdict)
        said += [(True, words[:1].upper() + words[1:]), (False, ". ")]
    moved = queries.compare(figure, earlier)
    before = sentences.short_period(asked.chosen.earlier, asked.chosen.period)
    target = sentences.against_target(figure, asked.target)
    if moved is not None:
        said.append((True, sentences.change(moved, before)))
        said.append((False, f" ({sentences.error(moved)})"))
        said.append((False, f", {target}." if target else "."))
    elif target:
        said.append((False, f"{target[:1].upper()}{target[1:]}."))
    return said


def _summary(figure: Figure, target: Decimal | None) -> str:
    if figure.index is None:
        return sentences.why(figure)
    words = _("Index %(index)s%%, interval %(interval)s, %(n)s answers",
              index=sentences.index(figure), interval=sentences.interval(figure), n=sentences.count(figure))
    goal = sentences.against_target(figure, target)
    return f"{words}; {goal}" if goal else words


def _trend_summary(months: Sequence[tuple[str, Figure]]) -> str:
    shown = [(month, figure) for month, figure in months if figure.index is not None]
    if not shown:
        return _("No month has 30 answers yet, so there is no line to draw.")
    lowest = min(shown, key=lambda pair: pair[1].index or 0)
    highest = max(shown, key=lambda pair: pair[1].index or 0)
    last = shown[-1]
    return _(
        "Index by month: lowest %(low)s in %(low_month)s, highest %(high)s in %(high_month)s, "
        "last %(last)s in %(last_month)s",
        low=sentences.index(lowest[1]), low_month=sentences.period(lowest[0]), high=sentences.index(highest[1]),
        high_month=sentences.period(highest[0]), last=sentences.index(last[1]), last_month=sentences.period(last[0]),
    )  # fmt: skip
