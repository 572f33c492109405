"""The headline of a page with figures: the index, how sure it is, where it moves, how it is made.

Built from figures that already went through the rules for small numbers; what the page says in drawings stands in
sentences too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from admin.presentation import charts, method_note, period_words, phrases, uncounted_note
from admin.presentation.method_note import MethodNote
from admin.presentation.period_choice import PeriodChoice
from admin.presentation.uncounted_note import UncountedLine
from admin.statistics import queries
from admin.statistics.measures.periods import months_until
from admin.statistics.queries import Change, Figure, IndexFacts, IndexWithoutExcluded, SeriesBreak
from translations import gettext as _

MONTHS = 13
#: Stands for a period of which the data hold only a part: it is not compared.
_NOT_HELD = Figure(None, None, None, None, None, "none")
#: Words of a sentence, each with whether they are set in bold.
Said = list[tuple[bool, str]]


@dataclass(frozen=True)
class FigureQuery:
    """What a page is asked for: agencies, period, instrument, goal (per cent), and up to when figures are complete."""

    keys: frozenset[str]
    chosen: PeriodChoice
    instrument: str
    target: Decimal | None
    as_of_ms: int


@dataclass(frozen=True)
class Headline:
    """The head of a page. `said` are the sentences under the ruler, `second` those about what was left out or looks
    odd, `beside` what happened to responses that are not in the index, `broken` the words for each break of the trend.
    `earlier` is the figure it is compared with and `moved` how far it went since."""

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
    said: Said
    second: IndexWithoutExcluded
    second_said: list[Said]
    beside: list[UncountedLine]
    broken: list[str]
    earlier: Figure
    moved: Change | None
    foot: MethodNote


def build_figure_query(
    session: Session, keys: Collection[str], chosen: PeriodChoice, target: str | None, as_of_ms: int
) -> FigureQuery:
    """Choose the instrument over all months the page shows; the short one where nobody answered any."""
    months = {*months_until(chosen.months[-1], MONTHS), *chosen.months}
    instrument = queries.choose_shown_instrument(session, keys, months)
    return FigureQuery(frozenset(keys), chosen, instrument, Decimal(target) if target else None, as_of_ms)


def build_headline(
    query: FigureQuery, facts: IndexFacts, *, province: Figure | None = None, rank_words: Said | None = None
) -> Headline:
    """The headline of a page from the `facts` it asked for; on the page of one agency with the `province`'s figure and
    how the agency stands in words."""
    session, chosen, figure, second = facts.session, query.chosen, facts.headline, facts.without_excluded
    months = queries.read_trend(session, query.keys, chosen.months[-1], MONTHS, query.instrument)
    broken = queries.find_series_breaks(session, query.keys, chosen.months[-1], MONTHS, query.instrument)
    earlier = _earlier(session, query, dict(months))
    moved = queries.compare_figures(figure, earlier)
    ruler = None
    if figure.index is not None:
        ruler = charts.make_ruler(
            figure.index, figure.interval, before=earlier.index, target=query.target,
            reference=None if province is None else province.index,
        )  # fmt: skip
    target = phrases.describe_target(query.target) if query.target is not None else ""
    return Headline(
        figure=figure,
        rate=facts.response_rate.value,
        months=months,
        ruler=ruler,
        trend=_trend(months, broken, query.target),
        summary=_summary(figure, query.target),
        trend_summary=_trend_summary(months),
        before_words=period_words.describe_short_period(chosen.earlier, chosen.period),
        before_figure=f"{period_words.describe_period(chosen.earlier)}: {phrases.describe_index(earlier)}%",
        reference_words=_("province %(index)s", index=phrases.describe_index(province)) if province is not None else "",
        target_words=_("target %(target)s", target=target) if target else "",
        target_percent=_("target %(target)s%%", target=target) if target else "",
        figure_last=phrases.describe_index(months[-1][1]),
        said=[*(rank_words or []), *_said(figure, moved, query, _between(broken, chosen)),
              *_begun(session, query, figure, earlier)],
        second=second,
        second_said=[*_waiting(session, query), *uncounted_note.describe_second_figure(second, figure)],
        beside=uncounted_note.describe_uncounted(facts.uncounted, facts.outcome_notes),
        broken=_broken_words(broken),
        earlier=earlier,
        moved=moved,
        foot=build_headline_foot(session, query),
    )


def _waiting(session: Session, query: FigureQuery) -> list[Said]:
    if not queries.is_suppression_waiting(session, query.instrument, query.chosen.months):
        return []
    return [[(False, _(
        "Answers came in late. What may be shown apart (channels, stages, procedures, factors) is being worked out "
        "anew; please look again in a few minutes. The figure itself holds them already."
    ))]]  # fmt: skip


def _begun(session: Session, query: FigureQuery, figure: Figure, earlier: Figure) -> Said:
    """That the data begin within the period, or too late to compare it with the earlier one; nothing where they do not.
    """
    first = queries.find_first_data_day(session, query.keys)
    if first is None or figure.index is None:
        return []
    if not queries.data_cover_period(session, query.keys, query.chosen.period):
        return [(False, " " + _("The data begin on %(day)s and hold only a part of this period.",
                                day=phrases.describe_day(first)))]  # fmt: skip
    if earlier is _NOT_HELD:
        return [
            (
                False,
                " "
                + _(
                    "The data begin on %(day)s, so there is no comparison with %(before)s.",
                    day=phrases.describe_day(first),
                    before=period_words.describe_period(query.chosen.earlier),
                ),
            )
        ]
    return []


def build_headline_foot(session: Session, query: FigureQuery) -> MethodNote:
    """The last line of the page."""
    return method_note.build_method_note(session, query.keys, query.chosen.period, query.instrument, query.as_of_ms)


def _trend(
    months: Sequence[tuple[str, Figure]], broken: Sequence[SeriesBreak], target: Decimal | None
) -> charts.Trend | None:
    starts = {one.month for one in broken}
    trend_months = [
        charts.TrendMonth(month, f.index, f.interval, f.shown in ("n_only", "under_5"), month in starts)
        for month, f in months
    ]
    return charts.make_trend(trend_months, target=target)


def _broken_words(broken: Sequence[SeriesBreak]) -> list[str]:
    """What changed at each break; changes of one month in one line."""
    lines: dict[str, list[str]] = {}
    for one in broken:
        change_words = {
            "instrument": _("another questionnaire (%(before)s → %(after)s)", before=one.before, after=one.after),
            "version": _("the questionnaire was changed (%(before)s → %(after)s)", before=one.before, after=one.after),
            "method": _("the index is computed in another way (%(before)s → %(after)s)",
                        before=one.before, after=one.after),
        }  # fmt: skip
        lines.setdefault(one.month, []).append(change_words[one.kind])
    return [
        _("From %(month)s: %(what)s.", month=period_words.describe_period(month), what=", ".join(changes))
        for month, changes in lines.items()
    ]


def _between(broken: Sequence[SeriesBreak], chosen: PeriodChoice) -> bool:
    """Whether a break lies between the period and the one it is compared with."""
    first = queries.months_of(chosen.earlier)[0]
    return any(first < one.month <= chosen.months[-1] for one in broken)


def _earlier(session: Session, query: FigureQuery, months: dict[str, Figure]) -> Figure:
    earlier = query.chosen.earlier
    figure = months.get(earlier)
    if figure is None:
        figure = queries.read_figure(session, query.keys, queries.months_of(earlier), query.instrument)
    comparable = figure.index is None or queries.data_cover_period(session, query.keys, earlier)
    return figure if comparable else _NOT_HELD


def _said(figure: Figure, moved: Change | None, query: FigureQuery, broken: bool) -> Said:
    sentences: Said = []
    before = period_words.describe_short_period(query.chosen.earlier, query.chosen.period)
    target = phrases.compare_with_target(figure, query.target)
    if moved is not None:
        sentences.append((True, phrases.describe_change(moved, before)))
        sentences.append((False, f" ({phrases.describe_change_certainty(moved)})"))
        sentences.append((False, f", {target}." if target else "."))
        if broken:
            changed = _("What is asked or how it is computed changed in between: compare with care.")
            sentences.append((False, f" {changed}"))
    elif target:
        sentences.append((False, f"{target[:1].upper()}{target[1:]}."))
    return sentences


def _summary(figure: Figure, target: Decimal | None) -> str:
    if figure.index is None:
        return phrases.explain_hidden_index(figure)
    words = _(
        "Index %(index)s%%, interval %(interval)s, %(n)s answers",
        index=phrases.describe_index(figure),
        interval=phrases.describe_interval(figure),
        n=phrases.describe_count(figure),
    )
    goal = phrases.compare_with_target(figure, target)
    return f"{words}; {goal}" if goal else words


def _trend_summary(months: Sequence[tuple[str, Figure]]) -> str:
    published = [(month, figure) for month, figure in months if figure.index is not None]
    if not published:
        return _("No month has 30 answers yet, so there is no line to draw.")
    lowest = min(published, key=lambda pair: pair[1].index or 0)
    highest = max(published, key=lambda pair: pair[1].index or 0)
    last = published[-1]
    return _(
        "Index by month: lowest %(low)s in %(low_month)s, highest %(high)s in %(high_month)s, "
        "last %(last)s in %(last_month)s",
        low=phrases.describe_index(lowest[1]),
        low_month=period_words.describe_period(lowest[0]),
        high=phrases.describe_index(highest[1]),
        high_month=period_words.describe_period(highest[0]),
        last=phrases.describe_index(last[1]),
        last_month=period_words.describe_period(last[0]),
    )
