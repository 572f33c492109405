"""The index document: an agency's index in a period as JSON, as `hailong admin index` prints it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from admin.statistics import (
    breakdowns,
    channel_gap,
    figure_method,
    response_outcomes,
    rollups,
    slip_usage,
    slips_missing_in_ledger,
    without_excluded,
)
from admin.statistics import (
    stages as stage_figures,
)
from admin.statistics.breakdowns import compute_headline
from admin.statistics.data_completeness import read_data_completeness
from admin.statistics.measures.index import Answers, Figure
from admin.statistics.measures.periods import months_of
from admin.statistics.methods.top2 import OVERALL_ITEM
from admin.statistics.response_rates import Dossiers, compute_response_rate, count_dossiers
from admin.statistics.tallies import reader
from admin.statistics.tallies.agency_tree import read_parents, read_scope_keys
from admin.statistics.tallies.questionnaire_items import (
    RESPONSES,
    Questionnaire,
    choose_instrument,
    find_answered_versions,
    read_questionnaire,
)
from admin.statistics.tallies.recount import ALL_TOP2, PARTIAL, PATTERN
from models.clock import HCM
from models.tables.tally import TallyMonth
from models.vocabulary import SCORES, CountOutcome
from translations.formats import rounded


def build_index_document(
    session: Session,
    agency_key: str,
    period: str,
    instrument: str | None = None,
    method: str | None = None,
    unsuppressed: bool = False,
) -> dict[str, Any]:
    """The document of the public contract; decimals are strings with two places, what is suppressed is null.

    `n` and `index` are the headline, all channels but the poster; `others` what stands apart from it. `excluded.n`
    is how many answers two persons excluded, its index the one without them. `received` is all that came in, whichever
    way and to whichever questionnaire (`came_in`). `suppressed` says whether the headline is held back; `as_of` up to
    when something of these agencies arrived. `channels` and `stages` stand beside it; `gap` is desk minus phone.
    By the instrument's own method alone: `weighted` weighs stages by their dossiers, `bounds` hold whatever those think
    who did not answer. Whoever asks for `unsuppressed` writes the audit row. Raises `UnknownAgency`, `BadPeriod` and
    `UnknownMethod`.
    """
    months, keys = months_of(period), read_scope_keys(session, agency_key)
    own = read_questionnaire(session, instrument or choose_instrument(session, keys, months))
    asked = figure_method.questionnaire_by_method(own, method)
    found = reader.read_answers_by(
        session, (TallyMonth.channel, TallyMonth.excluded), keys, months, asked, channels=None,
        items=(*asked.items, RESPONSES, ALL_TOP2, PATTERN, PARTIAL),
    )  # fmt: skip
    pooled = {group: answers for group, answers in found.items() if group[0] in reader.POOLED}
    answers = reader.merge_answers(list(pooled.values()))
    scope = breakdowns.FigureScope(session, own.id, keys, months)
    ours = scope.figure(compute_headline(answers, own))
    rows = figure_method.method_figures(answers, asked, own, ours, scope, unsuppressed=unsuppressed)
    whole = rows[0][1]
    counted = count_dossiers(session, keys, months)
    apart = {channel: _channels(found, (channel,)) for channel, _ in found}
    rate = compute_response_rate(session, keys, months, asked.id, counted, apart, unsuppressed=unsuppressed)
    slips = slip_usage.count_slips(session, keys, months, asked.id, counted, unsuppressed=unsuppressed)
    hidden = whole.shown in ("under_5", "withheld")
    without = _without(pooled, asked, whole, scope, unsuppressed)
    top = read_parents(session)[agency_key] is None
    return {
        "agency": agency_key,
        "period": period,
        "instrument": asked.id,
        "instrument_versions": [
            str(version) for version in figure_method.read_answered_versions(session, keys, months, asked)
        ],
        "method": asked.method.id,
        "method_version": str(asked.method.version),
        **figure_numbers(whole),
        "distribution": score_distribution(whole),
        "factors": [{"id": id, **figure_numbers(figure)} for id, figure in rows if id != OVERALL_ITEM],
        "response_rate": {
            "value": None if whole.n is None else format_two_places(rate.value),
            "denominator": rate.denominator,
        },
        **slip_usage.make_slip_entries(slips, format_two_places),
        "by_outcome": None if hidden else count_by_outcome(answers) | {"partial": sum(answers.item(PARTIAL))},
        "received": None if hidden else _received(session, scope, without, top=top, unsuppressed=unsuppressed),
        "excluded": excluded_entry(without),
        "suppressed": whole.shown not in ("full", "none"),
        "as_of": _as_of(read_data_completeness(session, keys).ms),
        "others": _others(session, keys, months, asked, found, unsuppressed),
        **_beside(session, keys, months, asked, own, apart, unsuppressed),
        "bounds": _bounds(session, keys, months, asked, own, whole, counted, apart),
    }


def _as_of(ms: int | None) -> str | None:
    """Up to when something arrived, in Vietnam's time (`2026-11-21T06:00:00+07:00`)."""
    return None if ms is None else datetime.fromtimestamp(ms // 1000, HCM).isoformat()


def format_two_places(value: Fraction | Decimal | None) -> str | None:
    """A number as the contract writes it: two decimals, rounded half up from the exact value."""
    return None if value is None else str(rounded(value, 2))


def format_interval_ends(interval: tuple[Decimal, Decimal] | tuple[Fraction, Fraction] | None) -> list[str] | None:
    """Both ends of an interval with two decimals."""
    return None if interval is None else [str(rounded(end, 2)) for end in interval]


def interval_text(figure: Figure) -> list[str] | None:
    """Both ends of a figure's interval with two decimals."""
    return format_interval_ends(figure.interval)


def figure_numbers(figure: Figure) -> dict[str, Any]:
    """How many answers, the index and its interval."""
    return {"n": figure.n, "index": format_two_places(figure.index), "interval": interval_text(figure)}


def score_distribution(figure: Figure) -> dict[str, int] | None:
    """Score → how many chose it; for an instrument without overall question, over all its items."""
    if figure.counts is None:
        return None
    return {str(score): count for score, count in zip(SCORES, figure.counts, strict=True)}


def count_by_outcome(answers: Answers) -> dict[str, Any]:
    """How many responses were counted, superseded, contested and not counted, and the reasons of the last."""
    found: dict[str, Any] = {outcome.value: 0 for outcome in CountOutcome}
    reasons: dict[str, int] = {}
    for value, n in sorted(answers.outcomes.items()):
        outcome, _, reason = value.partition(":")
        found[outcome] += n
        if reason:
            reasons[reason] = n
    return found | {"reasons": reasons}


def excluded_entry(found: without_excluded.SecondFigure) -> dict[str, Any]:
    """The second figure: how many answers it leaves out, and the index without them."""
    return {
        "n": found.excluded,
        "index": format_two_places(found.figure.index) if found.figure else None,
        "interval": interval_text(found.figure) if found.figure else None,
        "open_flags": found.open_flags,
    }


def _received(
    session: Session,
    scope: breakdowns.FigureScope,
    without: without_excluded.SecondFigure,
    *,
    top: bool,
    unsuppressed: bool,
) -> dict[str, Any]:
    """All that came in beside a headline that is told; `top`: no agency is above this one, so what stands under none is
    told here."""
    found = response_outcomes.count_response_outcomes(session, scope.keys, scope.months)
    return response_outcomes.make_outcome_entry(
        found,
        slips_missing_in_ledger.count_doubtful_slips(session, scope.keys, scope.months),
        scope.instrument,
        others=response_outcomes.may_publish_total(session, scope.keys, scope.months, found, scope.instrument),
        excluded=without.excluded is not None,
        elsewhere=response_outcomes.count_without_agency(session, scope.months) if top else None,
        unsuppressed=unsuppressed,
    )


def _without(
    pooled: Mapping[reader.Group, Answers], asked: Questionnaire, whole: Figure, scope: breakdowns.FigureScope,
    unsuppressed: bool,
) -> without_excluded.SecondFigure:
    parts = {
        flag: reader.merge_answers([answers for (_, excluded), answers in pooled.items() if bool(excluded) is flag])
        for flag in (False, True)
    }
    return without_excluded.compute_without_excluded(parts, asked, whole, 0, scope, unsuppressed=unsuppressed)


def _beside(
    session: Session,
    keys: Collection[str],
    months: Sequence[str],
    asked: Questionnaire,
    own: Questionnaire,
    apart: Mapping[str, Answers],
    unsuppressed: bool,
) -> dict[str, Any]:
    """The headline taken apart. What may be shown is decided for the instrument's own method."""
    shown = breakdowns.figures_by_channel(session, keys, months, own.id)
    channels = {
        id: compute_headline(
            reader.merge_answers([apart[one] for one in _merged_ids(id, dict(shown)) if one in apart]), asked
        )
        for id, _ in shown
    }
    stages = of_stages = stage_figures.measure_stages(session, keys, months, own)
    if asked.method != own.method:
        stages = stage_figures.measure_stages(session, keys, months, asked)
    by_stage = stage_figures.figures_by_stage(session, keys, months, own.id, of_stages)
    gap = channel_gap.read_desk_gap(session, keys, months, own.id, shown)
    weighted = None
    if asked.method == own.method:
        weighted = stage_figures.compute_stage_weighted(session, keys, months, own.id, of_stages)
    return {
        "channels": [
            {
                "id": id,
                **figure_numbers(figure_method.hide_like_figure(channels[id], figure, unsuppressed=unsuppressed)),
            }
            for id, figure in shown
        ],
        "stages": [
            {"id": id, **figure_numbers(figure_method.hide_like_figure(stages[id], figure, unsuppressed=unsuppressed))}
            for id, figure in by_stage
            if id in stages
        ],
        "gap": {
            "difference": format_two_places(gap.difference),
            "interval": format_interval_ends(gap.interval),
            "pairs": gap.pairs,
            "paired": None
            if gap.paired is None
            else {
                "desk": format_two_places(gap.paired.desk),
                "later": format_two_places(gap.paired.later),
                "difference": format_two_places(gap.paired.difference),
                "interval": format_interval_ends(gap.paired.interval),
            },
        },
        "weighted": None
        if weighted is None
        else {
            "index": format_two_places(weighted.index),
            "interval": format_interval_ends(weighted.interval),
            "stages": list(weighted.stages),
            "left_out": list(weighted.left_out),
            "dossiers": weighted.dossiers,
        },
    }


def _bounds(
    session: Session, keys: Collection[str], months: Sequence[str], asked: Questionnaire, own: Questionnaire,
    whole: Figure, counted: Dossiers | None, apart: Mapping[str, Answers],
) -> list[str] | None:  # fmt: skip
    if asked.method != own.method or counted is None:
        return None
    found = rollups.compute_bounds(session, keys, months, own.id, whole, counted, apart)
    return None if found is None else format_interval_ends((found.low, found.high))


def _merged_ids(id: str, shown: Mapping[str, Figure]) -> tuple[str, ...]:
    """The channels that stand in one row: typed codes with the QR codes unless they have a row of their own."""
    return ("qr", "code") if id == "qr" and "code" not in shown else (id,)


def _channels(found: Mapping[reader.Group, Answers], ids: Collection[str]) -> Answers:
    return reader.merge_answers([answers for group, answers in found.items() if group[0] in ids])


def _others(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    asked: Questionnaire,
    found: Mapping[reader.Group, Answers],
    unsuppressed: bool,
) -> list[dict[str, Any]]:
    """What the headline leaves apart: the poster, and every channel of the other instruments."""
    apart = {channel for channel, _ in found if channel not in reader.POOLED}
    rows = [(asked, channel, _channels(found, (channel,))) for channel in apart]
    there = {id for found in find_answered_versions(session, keys, months).values() for id, _version in found}
    for name in there - {asked.id}:
        other = read_questionnaire(session, name)
        groups = reader.read_answers_by(session, (TallyMonth.channel,), keys, months, other, channels=None)
        rows += [(other, channel, answers) for (channel,), answers in groups.items()]
    entries = []
    for other, channel, answers in rows:
        scope = breakdowns.FigureScope(session, other.id, keys, months)
        figure = scope.figure(compute_headline(answers, other), (channel,), unsuppressed=unsuppressed)
        if figure.shown not in ("none", "withheld"):
            numbers = {"n": figure.n, "index": format_two_places(figure.index)}
            entries.append({"instrument": other.id, "channel": channel, **numbers})
    return sorted(entries, key=lambda entry: (entry["instrument"], entry["channel"]))
