"""The profile of an agency as plain data: headline, answers, factors, channels and procedures.

The headline stands beside the province's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from admin.presentation import breakdown_rows, channel_gap_chart, charts, headline, method_note, other_methods, phrases
from admin.presentation.breakdown_rows import FactorRow, FigureRows
from admin.presentation.headline import FigureQuery, Headline, Said
from admin.presentation.labels import group_label_inside
from admin.presentation.other_methods import MethodComparison
from admin.statistics import queries
from admin.statistics.queries import Figure, Rank, Verdict
from translations import formats
from translations import gettext as _

#: So many procedures without an index stand on the page below those with one.
MOST_HIDDEN = 5


@dataclass(frozen=True)
class AnswerShare:
    """One of the five answers: its share of the longest bar (0 to 100), its share of all, and how many."""

    score: int
    words: str
    width: float
    share: Fraction
    count: int


@dataclass(frozen=True)
class FactorComparison:
    """A factor beside the same of the province; `sign` is ▲, ▼ or nothing, `difference` in percentage points."""

    name: Any
    figure: Figure
    whisker: charts.Whisker | None
    tone: str
    sign: str
    difference: str
    words: str
    beyond: bool = False

    @property
    def direction(self) -> str:
        """The sign in words."""
        return {"▲": _("higher than the province"), "▼": _("lower than the province")}.get(self.sign, "")


@dataclass(frozen=True)
class Profile:
    """Everything on the page of an agency."""

    head: Headline
    verdict: Verdict | None
    answers: list[AnswerShare]
    answers_summary: str
    factor_axis: charts.Axis | None
    compared: list[FactorComparison]
    factors: list[FactorRow]
    channels: FigureRows
    stages: FigureRows
    gap: channel_gap_chart.GapChart
    ways: MethodComparison
    procedures: FigureRows
    more_procedures: int
    rank: Rank | None
    group: str


def build_profile(session: Session, agency_key: str, province_key: str, query: FigureQuery) -> Profile:
    """The page of an agency, from tallies that are fresh."""
    months, instrument = query.chosen.months, query.instrument
    facts = queries.IndexFacts(session, query.keys, query.chosen.period, instrument)
    rows, whole = facts.rows, facts.headline
    province = queries.read_factor_figures(session, queries.read_scope_keys(session, province_key), months, instrument)
    agencies = queries.compare_all_agencies(session, province_key, query.chosen.period, instrument)
    own = next((row for row in agencies if row.key == agency_key), None)
    if own is not None:
        verdict = own.verdict
    else:  # no line of its own on the list of agencies
        verdict = queries.compare_with_province(session, province_key, agency_key, query.chosen.period, instrument)[1]
    group = queries.group_of(own.kind) if own else ""
    groups = queries.rank_agencies(session, province_key, query.chosen.period, instrument, agencies)
    rank = queries.find_rank(groups, agency_key)
    has_index = whole.index is not None  # nothing is taken apart of which the whole is not shown
    visible = [row for row in facts.procedures if row.figure.index is not None]
    hidden = [row for row in facts.procedures if row.figure.index is None] if has_index else []
    hidden_sample = hidden[:MOST_HIDDEN] if visible else []
    procedures_shown = [(row.name, row.figure, True) for row in [*visible, *hidden_sample]]
    axis, compared = _compare_factors(session, instrument, rows, province)
    answers = _make_answer_shares(whole)
    return Profile(
        head=headline.build_headline(
            query, facts, province=province[0][1], rank_words=_describe_rank(rank, verdict, group)
        ),
        verdict=verdict,
        answers=answers,
        answers_summary=", ".join(f"{answer.words} {formats.percent(answer.share)}" for answer in answers),
        factor_axis=axis,
        compared=compared,
        factors=breakdown_rows.build_factor_rows(session, instrument, rows)[1],
        channels=breakdown_rows.build_channel_rows(facts.channels if has_index else [], whole),
        stages=breakdown_rows.build_stage_rows(facts.stages if has_index else [], whole),
        gap=channel_gap_chart.build_gap_chart(facts.gap),
        ways=other_methods.build_method_comparison(facts, agency_key, agencies),
        procedures=breakdown_rows.place_on_scale(procedures_shown, whole),
        more_procedures=len(hidden) - len(hidden_sample),
        rank=rank,
        group=group,
    )


def _describe_rank(rank: Rank | None, verdict: Verdict | None, group: str) -> Said:
    """How the agency stands: its rank with the range it may lie in, and the verdict against the province."""
    sentences: Said = []
    if rank is not None:
        place = _(
            "Rank %(place)s of %(of)s %(group)s with enough answers, range of ranks %(best)s–%(worst)s",
            place=rank.place, of=rank.of, group=phrases.localize_text(group_label_inside(group)), best=rank.best,
            worst=rank.worst,
        )  # fmt: skip
        sentences.append((False, f"{place}: " if verdict else f"{place}. "))
    if verdict:
        words = phrases.describe_verdict(verdict)
        sentences += [(True, words if rank else phrases.capitalize_first(words)), (False, ". ")]
    return sentences


def answer_labels() -> list[str]:
    """The five answers in words, 1 to 5."""
    return [_("Very dissatisfied"), _("Dissatisfied"), _("Neutral"), _("Satisfied"), _("Very satisfied")]


def _make_answer_shares(whole: Figure) -> list[AnswerShare]:
    """The five answers, the best first as on a scale read downwards; none where they may not be shown."""
    if whole.counts is None or not sum(whole.counts):
        return []
    n, longest = sum(whole.counts), max(whole.counts)
    words = answer_labels()
    return [
        AnswerShare(score, words[score - 1], 100 * count / longest, Fraction(100 * count, n), count)
        for score, count in reversed(list(enumerate(whole.counts, 1)))
    ]


def _compare_factors(
    session: Session, instrument: str, rows: Sequence[tuple[str, Figure]], province: Sequence[tuple[str, Figure]]
) -> tuple[charts.Axis | None, list[FactorComparison]]:
    newest_instrument = method_note.find_newest_instrument(session, instrument)
    province_figures = dict(province)
    ends: list[Any] = []
    for id, figure in rows[1:]:
        if figure.index is not None:
            places = (figure.index, *(figure.interval or ()), province_figures[id].index)
            ends += [place for place in places if place is not None]
    axis = charts.make_percent_axis(ends, step=5, least=10, most_ticks=2) if ends else None
    compared = [
        _compare_factor(method_note.factor_label(newest_instrument, id), figure, province_figures[id], axis)
        for id, figure in rows[1:]
        if figure.shown != "none"
    ]
    return axis, compared


def _compare_factor(name: Any, figure: Figure, province: Figure, axis: charts.Axis | None) -> FactorComparison:
    if figure.index is None or axis is None:
        return FactorComparison(name, figure, None, "", "", "", "")
    whisker = charts.make_whisker(axis, figure.index, figure.interval, province.index)
    moved = queries.compare_figures(figure, province)
    if moved is None:
        return FactorComparison(name, figure, whisker, "", "", "", "")
    points = formats.rounded(moved.difference, 1)
    sign = "▲" if points > 0 else "▼" if points < 0 else ""
    tone = "lower" if moved.beyond_error and points < 0 else ""
    far, words = phrases.describe_points(moved.difference), phrases.describe_change_certainty(moved)
    return FactorComparison(name, figure, whisker, tone, sign, far, words, moved.beyond_error)
